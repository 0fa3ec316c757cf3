// What happens, as diagnostics_channel messages. Nothing is gathered while nobody listens.

import { type Channel, channel } from 'node:diagnostics_channel'
import type { BufferObject, BufferObjectStats } from './buffer-object.ts'
import type { EmulatedDevice } from './device.ts'
import type { DirtyTracker } from './tracker.ts'
import type { Range } from './validate.ts'

/** When something ran that took time. */
export interface TimedMessage {
  /** When it began: milliseconds, on the time line of `performance.now()`. */
  startTime: number
  /** Milliseconds that passed until it was done. */
  duration: number
}

/**
 * A share of a submission: one buffer object whose coherent resources it uses. Pages are pairs of first
 * page and page count, as `DirtyTracker.collect` returns them; ascending, and apart from each other.
 */
export interface SubmittedBuffer {
  /** The buffer object. */
  buffer: BufferObject
  /** The mechanism in force after the submission. */
  mechanism: string
  /** Pages that its commands read or write. */
  used: Uint32Array<ArrayBuffer>
  /** Of these, pages that its commands write: they are the device's from now on. */
  written: Uint32Array<ArrayBuffer>
  /** Of `used`, pages that the CPU was found to have written since they were last looked at. */
  dirty: Uint32Array<ArrayBuffer>
  /** Bytes that were sent to the device for it, those of dirty pages that a failed one left included. */
  bytesUpdated: number
  /** Boxes of surfaces that were sent for it. */
  boxesUpdated: number
}

/** `mkwrite:submit`: a submission was queued. One that failed is told to its caller alone. */
export interface SubmitMessage extends TimedMessage {
  /** Where it was queued. */
  device: EmulatedDevice
  /** Its number on this device. */
  seqno: number
  /** Its commands. */
  commands: number
  /** Pages in all lists of `dirty`. */
  pagesReported: number
  /** Bytes that were sent to the device, of all its buffer objects. */
  bytesUpdated: number
  /** Of these, bytes that were copied twice, because the queue was busy. */
  bytesStaged: number
  /** Its buffer objects. */
  buffers: SubmittedBuffer[]
}

/** `mkwrite:collect`: a tracker's dirty pages were taken. */
export interface CollectMessage extends TimedMessage {
  /** Whose. */
  tracker: DirtyTracker
  /** The buffer object that it tracks. */
  buffer: BufferObject
  /** The mechanism in force after it. */
  mechanism: string
  /** Number of the first page that was asked about. */
  firstPage: number
  /** Pages that were asked about. */
  pages: number
  /** What `collect` returns: pairs of first page and page count. A copy: it stays as it is. */
  dirty: Uint32Array<ArrayBuffer>
  /** Pages in `dirty`. */
  pagesReported: number
}

/** `mkwrite:flush`: bytes were sent to the device by `BufferObject.flush`. */
export interface FlushMessage extends TimedMessage, Required<Range> {
  /** The buffer object. */
  buffer: BufferObject
  /** Bytes that were sent to the device. */
  bytesUpdated: number
}

/**
 * `mkwrite:fault`: faults that happened since the last such message about this buffer object, or since
 * it was made. Signal handlers cannot publish, so their counts come with the next submission, collect,
 * flush, or end of tracking.
 */
export interface FaultMessage {
  /** The buffer object. */
  buffer: BufferObject
  /** The mechanism in force now. */
  mechanism: string
  /** SIGSEGV faults that opened a page for writing. Faults that the kernel resolves do not count. */
  writeFaults: number
  /** SIGSEGV faults that opened a page for reading. */
  readFaults: number
  /** Times that one of them waited for the device. */
  waits: number
}

/** `mkwrite:readback`: what came back from the device since the last such message; see FaultMessage. */
export interface ReadBackMessage {
  /** The buffer object. */
  buffer: BufferObject
  /** Pages that ceased to be the device's by that. */
  pages: number
  /** Bytes that were fetched. */
  bytes: number
  /**
   * The pages, as pairs of first page and page count; each once. Those that were read back before
   * anybody listened are missing.
   */
  runs: Uint32Array<ArrayBuffer>
}

/** The messages of each channel of `node:diagnostics_channel`. */
export interface ChannelMessages {
  /** A submission was queued. */
  'mkwrite:submit': SubmitMessage
  /** Dirty pages were taken. */
  'mkwrite:collect': CollectMessage
  /** Bytes were sent explicitly. */
  'mkwrite:flush': FlushMessage
  /** Counts of faults. */
  'mkwrite:fault': FaultMessage
  /** Counts of what came back. */
  'mkwrite:readback': ReadBackMessage
}

export const submits: Channel = channel('mkwrite:submit')
export const collects: Channel = channel('mkwrite:collect')
export const flushes: Channel = channel('mkwrite:flush')
const faults: Channel = channel('mkwrite:fault')
const readBacks: Channel = channel('mkwrite:readback')

/** Whether somebody wants counts of faults or readbacks. */
export const wantsCounts = (): boolean => faults.hasSubscribers || readBacks.hasSubscribers
export const wantsSubmits = (): boolean => submits.hasSubscribers || wantsCounts()
export const wantsCollects = (): boolean => collects.hasSubscribers || wantsCounts()
export const wantsFlushes = (): boolean => flushes.hasSubscribers || wantsCounts()

type Counts = Record<
  'writeFaults' | 'readFaults' | 'waits' | 'pagesReadBack' | 'bytesReadBack',
  number
>

const none: Counts = { writeFaults: 0, readFaults: 0, waits: 0, pagesReadBack: 0, bytesReadBack: 0 }

/** What was published of each buffer object under the device or tracker that it has now. */
const published = new WeakMap<object, Counts>()

/**
 * Publishes what was counted since the last time.
 *
 * @param owner the tracker or device by which `stats` counts, beginning from 0
 * @param takeRuns what was read back, page by page
 */
export function publishCounts(
  buffer: BufferObject,
  owner: object,
  stats: Partial<BufferObjectStats>,
  takeRuns?: () => Uint32Array<ArrayBuffer>,
): void {
  const before = published.get(owner) ?? none
  const since = { ...none }
  const now = { ...none }
  for (const name of Object.keys(none) as (keyof Counts)[]) {
    now[name] = stats[name] ?? 0
    since[name] = now[name] - before[name]
  }
  published.set(owner, now)
  const { mechanism = 'none' } = stats
  const { writeFaults, readFaults, waits, pagesReadBack: pages, bytesReadBack: bytes } = since
  if (writeFaults + readFaults + waits > 0 && faults.hasSubscribers) {
    const message: FaultMessage = { buffer, mechanism, writeFaults, readFaults, waits }
    faults.publish(message)
  }
  if (!readBacks.hasSubscribers) return
  const runs = takeRuns?.() ?? new Uint32Array(0)
  const message: ReadBackMessage = { buffer, pages, bytes, runs }
  if (pages + bytes > 0) readBacks.publish(message)
}

/** Pages of pairs of first page and page count. */
export function countPages(runs: Uint32Array): number {
  let pages = 0
  for (let i = 1; i < runs.length; i += 2) pages += runs[i] as number
  return pages
}
