// Workers that touch a buffer object through views of their own (test/fixtures/view-worker.mjs).

import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { BufferObject } from '../../lib/index.ts'

const patience = 8_000 * Number(process.env.MKWRITE_TEST_TIMEOUT_SCALE ?? 1)

/** Waits for a condition that other threads bring about. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + patience
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited too long for ${what}`)
    await setTimeout(1)
  }
}

export type Deed = 'read' | 'write' | 'readAnew' | 'count' | 'countAndExit'

export interface DeedOptions {
  /** Bytes. */
  offset?: number
  /** What to write; for counting, bytes from one word to the next. */
  value?: number
  /** Memory to use instead of a view. */
  shared?: SharedArrayBuffer
}

export class ViewWorker {
  readonly worker: Worker
  /** What the deed returned; rejects with what it threw, or if the thread ended before. */
  readonly result: Promise<number>
  /** The thread's exit code. */
  readonly ended: Promise<number>
  readonly #control = new Int32Array(new SharedArrayBuffer(8))

  constructor(
    buffer: BufferObject,
    deed: Deed,
    { offset = 0, value = 0, shared }: DeedOptions = {},
  ) {
    const file = new URL('../fixtures/view-worker.mjs', import.meta.url)
    const workerData = { handle: buffer.handle, shared, deed, offset, value }
    this.worker = new Worker(file, {
      workerData: { ...workerData, progress: this.#control.buffer },
    })
    this.ended = new Promise((resolve) => this.worker.once('exit', resolve))
    this.result = new Promise((resolve, reject) => {
      this.worker.once('message', resolve)
      this.worker.once('error', reject)
      this.worker.once('exit', () => reject(new Error('The thread ended before its deed was done')))
    })
    this.result.catch(() => {}) // not every test asks
  }

  /** Rounds that it has counted. */
  get count(): number {
    return Atomics.load(this.#control, 1)
  }

  get done(): boolean {
    return Atomics.load(this.#control, 0) === 2
  }

  /** Waits until it begins, or has begun. */
  async begun(): Promise<void> {
    await until(() => Atomics.load(this.#control, 0) > 0, 'a worker to begin')
  }
}

/** A worker that waits in a fault for the device, which must be paused. */
export async function park(
  buffer: BufferObject,
  deed: Deed,
  options: DeedOptions = {},
): Promise<ViewWorker> {
  const { waits = 0 } = buffer.stats
  const worker = new ViewWorker(buffer, deed, options)
  await until(() => (buffer.stats.waits ?? 0) > waits, 'a worker to wait for the device')
  return worker
}
