// The addon's interface, and its loading. Nothing else touches the addon.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { EmulatedDeviceStats } from './device.ts'
import { MkwriteError } from './errors.ts'
import type { NativeMeasure } from './native-measure.ts'
import type { NativeStressConstructor } from './native-stress.ts'

/** Marks instances of native classes, which only the addon makes. */
declare const native_class: unique symbol

export interface NativeBufferObject {
  readonly [native_class]: 'BufferObject'
  readonly size: number
  readonly id: bigint
  createView(): NativeView
  beginAccess(offset: number, size: number, writable: boolean): void
  endAccess(offset: number, size: number, writable: boolean): void
  markDirty(offset: number, size: number): void
  setReadBackPages(pages: number): void
  release(): void
}

export interface NativeView {
  readonly [native_class]: 'View'
  map(offset: number, length: number): ArrayBuffer
  mapShared(offset: number, length: number): SharedArrayBuffer
  release(): void
}

export interface NativeTrackerStats {
  /** The mechanism in force. */
  mechanism: string
  /** SIGSEGV faults that opened a page for writing. */
  writeFaults: number
  /** SIGSEGV faults that opened a page for reading. */
  readFaults: number
  /** Collects so far. */
  collects: number
  /** Dirty pages that collects reported; one that several report counts several times. */
  pagesReported: number
  /** Pages reported unseen, because `auto` leaves them writable. */
  pagesKeptOpen: number
  /** Of these, pages protected again to see whether they are still written. */
  looks: number
  /** Pages kept open of which a word was compared, to see whether they need a look. */
  glances: number
  /** Pages kept open that were copied once, to find out which of their words tells of writes. */
  snapshots: number
  /** Pages opened because writes were heading for them: run-ahead, and the streams and pauses of `auto`. */
  pagesOpenedAhead: number
  /** Of these, pages reported without a sign that they were written. */
  pagesUnproved: number
  /** Pages found unchanged, and so not reported, where `twinLimit` allows a comparison. */
  pagesTrimmed: number
  /** mprotect calls that collects made, under `write-fault`. */
  protectCalls: number
  /** Scans of page tables that collects made, under `soft-dirty` and `userfault`. */
  scans: number
  /** Faults that waited for the device. */
  waits: number
  /** Pages read back because the CPU touched them, or asked for them. */
  pagesReadBack: number
  /** Page tables moved out of a view, where the device writes all that they map. */
  tablesMoved: number
  /** Times that more was opened or closed than asked for, because mappings ran out. */
  degradations: number
  /** Mappings that the views are split into more than one each, now. */
  splits: number
  /** Bytes of memory that the twin takes, now: under `compare`, and under `auto` with a `twinLimit`. */
  twinMemory: number
  /** Times that another SIGSEGV handler was found in front of mkwrite's. */
  displacements: number
  /** Changes of mechanism. */
  switches: number
  /** Changes of mechanism that the policy asked for and the kernel refused. */
  failedSwitches: number
}

interface NativeExplanation {
  first: number
  count: number
  decision: 'track' | 'keep-open'
  openPages: number
  lanePages: number
  rewriteRate: number
  threshold: number
  faults: number
  trackNs: number
  keepOpenNs: number
}

export interface NativeTracker {
  readonly [native_class]: 'Tracker'
  collect(firstPage: number, pages: number): Uint32Array<ArrayBuffer>
  markDirty(firstPage: number, pages: number): void
  stats(): NativeTrackerStats
  explain(): NativeExplanation[]
  dispose(): void
}

export interface NativeResource {
  readonly [native_class]: 'Resource'
  destroy(): void
  release(): void
}

export interface NativeSurfaceLayout {
  readonly [native_class]: 'SurfaceLayout'
  readonly size: number
  subresource(
    layer: number,
    mip: number,
  ): {
    offset: number
    size: number
    rowPitch: number
    slicePitch: number
    width: number
    height: number
    depth: number
  }
}

interface NativeDeviceOptions {
  memory: number
  lockupTimeout: number
  dmaLatency: number
  dmaBandwidth: number
  bandwidth: number
}

/** Pages are pairs of first page and page count. */
export interface NativeBufferReport {
  id: bigint
  used: Uint32Array<ArrayBuffer>
  written: Uint32Array<ArrayBuffer>
  dirty: Uint32Array<ArrayBuffer>
  bytesUpdated: number
  boxesUpdated: number
}

/** What `status` and `wait` return. */
export const fenceStatus = { pending: 0, signaled: 1, lost: 2 } as const

export interface NativeDevice {
  readonly [native_class]: 'Device'
  attach(buffer: NativeBufferObject, policy: string | null, twinLimit: number): void
  createResource(
    buffer: NativeBufferObject,
    offset: number,
    size: number,
    coherent: boolean,
    layout?: NativeSurfaceLayout,
  ): NativeResource
  createMemory(size: number, layout?: NativeSurfaceLayout): NativeResource
  /** Appends to `report`, if given, what was done to each buffer object. */
  submit(commands: (number | NativeResource)[], report?: NativeBufferReport[]): number
  /** Pairs of pages that were read back since the last call; the first call begins to note them. */
  takeReadBacks(buffer: NativeBufferObject): Uint32Array<ArrayBuffer>
  wait(seqno: number, timeoutMs: number): number
  status(seqno: number): number
  keepAlive(keep: boolean): void
  peek(resource: NativeResource, offset: number, size: number): ArrayBuffer
  forget(buffer: NativeBufferObject): void
  flush(buffer: NativeBufferObject, offset: number, size: number): void
  invalidate(buffer: NativeBufferObject, offset: number, size: number): void
  explainBuffer(buffer: NativeBufferObject): NativeExplanation[]
  bufferStats(buffer: NativeBufferObject): Partial<NativeTrackerStats> & {
    bytesUpdated: number
    boxesUpdated: number
    bytesReadBack: number
  }
  stats(): EmulatedDeviceStats
  /** From now on its thread runs on other processors than the one that the caller is on, if there are any. */
  keepApart(): void
  pause(): void
  resume(): void
  lose(): void
  refuseNextUpdate(): void
  destroy(): void
}

export interface Native {
  setErrorClass(errorClass: typeof MkwriteError): void
  /** Bytes. */
  readonly pageSize: number
  /** The largest size of a buffer object, in bytes. */
  readonly maxSize: number
  /** A size in bytes makes a new one; an id opens one that lives. */
  BufferObject: new (
    sizeOrId: number | bigint,
  ) => NativeBufferObject
  Tracker: new (buffer: NativeBufferObject, policy: string) => NativeTracker
  /** Whether fixed mechanisms of trackers made from here on open pages ahead of write faults. */
  setRunsAhead(runsAhead: boolean): void
  SurfaceLayout: new (
    format: string,
    width: number,
    height: number,
    depth: number,
    layers: number,
    mips: number,
    samples: number,
  ) => NativeSurfaceLayout
  Device: new (options: NativeDeviceOptions, onProgress: () => void) => NativeDevice
  detach(buffer: ArrayBuffer): void
  tryMechanism(name: string): {
    available: boolean
    reason: string
    remedy: string
    systemCalls: boolean
  }
  /** The hypervisor's signature; empty for none, null where the processor cannot tell. */
  hypervisor(): string | null
  faultHandlerStats(): { routed: number; chained: number; displaced: number }
  measure: NativeMeasure
  Stress: NativeStressConstructor
}

function load(): Native {
  const { platform, arch } = process
  if (platform !== 'linux' || !['x64', 'arm64'].includes(arch)) {
    throw new MkwriteError(
      'ERR_MKWRITE_UNSUPPORTED',
      `mkwrite tracks pages with system calls of Linux on x64 and arm64, and cannot run on ${platform} ${arch}.`,
    )
  }
  const root = new URL('../', import.meta.url)
  const built = new URL('build/Release/mkwrite.node', root)
  const shipped = new URL(`prebuilds/linux-${arch}/mkwrite.node`, root)
  const found = [built, shipped].find((file) => existsSync(file))
  if (found === undefined) {
    throw new MkwriteError(
      'ERR_MKWRITE_UNSUPPORTED',
      'The native addon of mkwrite is missing. Run `npm rebuild mkwrite`, or in a clone `npm run build:native`; it takes python3, make and g++.',
    )
  }
  try {
    const addon = createRequire(import.meta.url)(fileURLToPath(found)) as Native
    addon.setErrorClass(MkwriteError)
    return addon
  } catch (cause) {
    const error = new MkwriteError(
      'ERR_MKWRITE_UNSUPPORTED',
      `The native addon of mkwrite does not load here (${process.version}, ${arch}): ${(cause as Error).message}. Run \`npm rebuild mkwrite\` with the Node.js and the libc that it shall run under.`,
    )
    error.cause = cause
    throw error
  }
}

export const native: Native = load()
