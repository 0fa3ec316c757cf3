// What a device tells those who listen (lib/events.ts).

import { type BufferObject, internals as bufferInternals } from './buffer-object.ts'
import type { encodeCommands } from './commands.ts'
import type { EmulatedDevice } from './device.ts'
import {
  countPages,
  type FlushMessage,
  flushes,
  publishCounts,
  type SubmitMessage,
  submits,
  wantsCounts,
} from './events.ts'
import { moments } from './moments.ts'
import type { NativeBufferObject, NativeBufferReport, NativeDevice } from './native.ts'

/** The messages of one device. Its methods that publish are called only when somebody listens. */
export class DeviceEvents {
  readonly #native: NativeDevice
  readonly #buffers = new Map<bigint, WeakRef<BufferObject>>()

  constructor(native: NativeDevice) {
    this.#native = native
  }

  add(buffer: BufferObject): void {
    for (const [id, known] of this.#buffers) {
      if (known.deref() === undefined) this.#buffers.delete(id)
    }
    this.#buffers.set(bufferInternals.native(buffer).id, new WeakRef(buffer))
    // Its readbacks are noted from the beginning on.
    if (wantsCounts()) this.#publishCounts(buffer)
  }

  /** While its maker destroys it, so that it does not give out its `native` any more. */
  remove(buffer: BufferObject, native: NativeBufferObject): void {
    if (wantsCounts()) this.#publishCounts(buffer, native)
    this.#buffers.delete(native.id)
  }

  /** As `submit` of the addon. */
  submit(
    device: EmulatedDevice,
    encoded: ReturnType<typeof encodeCommands>,
    commands: number,
  ): number {
    moments.taking?.()
    const report: NativeBufferReport[] = []
    const { bytesStaged: stagedBefore } = this.#native.stats()
    const startTime = performance.now()
    const seqno = this.#native.submit(encoded, report)
    const duration = performance.now() - startTime
    this.publishCounts()
    if (!submits.hasSubscribers) return seqno
    // In the order in which they were made: the same each time the program runs.
    report.sort((a, b) => Number(a.id - b.id))
    const buffers = report.flatMap(({ id, ...share }) => {
      const buffer = this.#buffers.get(id)?.deref()
      if (buffer === undefined) return []
      return [{ buffer, mechanism: buffer.stats.mechanism ?? 'none', ...share }]
    })
    const sum = (count: (share: NativeBufferReport) => number): number =>
      report.reduce((total, share) => total + count(share), 0)
    const message: SubmitMessage = {
      device,
      seqno,
      commands,
      startTime,
      duration,
      pagesReported: sum(({ dirty }) => countPages(dirty)),
      bytesUpdated: sum(({ bytesUpdated }) => bytesUpdated),
      bytesStaged: this.#native.stats().bytesStaged - stagedBefore,
      buffers,
    }
    submits.publish(message)
    return seqno
  }

  /** As `flush` of the addon. */
  flush(buffer: BufferObject, offset: number, size: number): void {
    const before = buffer.stats.bytesUpdated
    const startTime = performance.now()
    this.#native.flush(bufferInternals.native(buffer), offset, size)
    const duration = performance.now() - startTime
    const bytesUpdated = buffer.stats.bytesUpdated - before
    if (wantsCounts()) this.#publishCounts(buffer)
    const message: FlushMessage = { buffer, offset, size, bytesUpdated, startTime, duration }
    flushes.publish(message)
  }

  /** Of all its buffer objects. */
  publishCounts(): void {
    if (!wantsCounts()) return
    for (const known of this.#buffers.values()) {
      const buffer = known.deref()
      if (buffer !== undefined) this.#publishCounts(buffer)
    }
  }

  #publishCounts(buffer: BufferObject, native = bufferInternals.native(buffer)): void {
    publishCounts(buffer, native, this.#native.bufferStats(native), () =>
      this.#native.takeReadBacks(native),
    )
  }
}
