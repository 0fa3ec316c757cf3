// Fences: when a submission is done.

import { MkwriteError } from './errors.ts'
import { moments } from './moments.ts'
import { fenceStatus, type NativeDevice } from './native.ts'
import { checkDuration } from './validate.ts'

/** `pending` until the submission is done; `lost` if it never will be. */
export type FenceState = 'pending' | 'signaled' | 'lost'

/** Those that somebody waits for: they, and their devices, stay even if nobody else holds them. */
const awaited = new Set<FenceQueue>()

/** Keeps the promises of one device's fences, and the event loop alive while somebody awaits one. */
export class FenceQueue {
  readonly #native: NativeDevice
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>()
  #keptAlive = false

  constructor(native: NativeDevice) {
    this.#native = native
  }

  /** The device has come further: settles what is done. */
  progress(): void {
    for (const [seqno, { resolve, reject }] of this.#waiting) {
      const status = this.#native.status(seqno)
      if (status === fenceStatus.pending) continue
      this.#waiting.delete(seqno)
      if (status === fenceStatus.signaled) resolve()
      else reject(lostError())
    }
    this.#keepAlive(this.#waiting.size > 0)
  }

  promise(seqno: number): Promise<void> {
    const waiting = this.#waiting.get(seqno)
    if (waiting !== undefined) return waiting.promise
    const made = withResolvers<void>()
    this.#waiting.set(seqno, made)
    // The device may have finished before it was asked to tell.
    this.progress()
    return made.promise
  }

  #keepAlive(keep: boolean): void {
    if (keep === this.#keptAlive) return
    this.#keptAlive = keep
    if (keep) awaited.add(this)
    else awaited.delete(this)
    this.#native.keepAlive(keep)
  }
}

interface PromiseWithResolvers<T> {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (reason: unknown) => void
}

// Promise.withResolvers is not in Node.js 20.
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((...functions) => {
    ;[resolve, reject] = functions
  })
  return { promise, resolve, reject }
}

function lostError(): MkwriteError {
  return new MkwriteError(
    'ERR_MKWRITE_DEVICE_LOST',
    'The device was lost before the submission was done. Create a new device and upload again.',
  )
}

/** Signals when its submission, and with it every earlier one, is done. */
export class Fence {
  readonly #native: NativeDevice
  readonly #queue: FenceQueue
  #signaled: Promise<void> | undefined
  /** Number of the submission on its device; each is one more than the last. */
  readonly seqno: number

  /** Made by `submit`. */
  constructor(native: NativeDevice, queue: FenceQueue, seqno: number) {
    this.#native = native
    this.#queue = queue
    this.seqno = seqno
  }

  /** How it stands now. */
  get state(): FenceState {
    const status = this.#native.status(this.seqno)
    if (status === fenceStatus.signaled) return 'signaled'
    return status === fenceStatus.lost ? 'lost' : 'pending'
  }

  /**
   * Resolves when the submission is done; rejects with `ERR_MKWRITE_DEVICE_LOST`. While somebody
   * has asked for it, the event loop stays alive.
   */
  get signaled(): Promise<void> {
    this.#signaled ??= this.#queue.promise(this.seqno)
    return this.#signaled
  }

  /**
   * Blocks this thread until the submission is done.
   *
   * @param timeoutMs milliseconds; default: no limit
   * @returns false if the time ran out first
   * @throws MkwriteError `ERR_MKWRITE_DEVICE_LOST`
   */
  wait(timeoutMs?: number): boolean {
    const limit = timeoutMs === undefined ? -1 : checkDuration('timeoutMs', timeoutMs)
    const status = this.#native.wait(this.seqno, limit)
    moments.resumed?.()
    if (status === fenceStatus.lost) throw lostError()
    return status === fenceStatus.signaled
  }
}
