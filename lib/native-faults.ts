// The part of the addon's interface that times single faults.

import type { Mechanism } from './policy.ts'

/** How single accesses are timed. */
interface NativeLatencyClock {
  source: 'counter' | 'CLOCK_MONOTONIC'
  nsPerTick: number
  overheadNs: number
  resolutionNs: number
  /** Why the counter is not used; empty if it is. */
  refusal: string
}

/** Memory of a chosen kind: see native/measure/test_memory.h. */
export type MemoryKind = 'shared' | 'shared-huge' | 'anonymous' | 'anonymous-huge' | 'reserved-huge'

interface NativeArmedMemoryOptions {
  mechanism: Mechanism
  memory: MemoryKind
  /** Bytes. */
  size: number
  /** Pages that one fault opens, under write-fault. */
  openPages: number
  /** Whether reading faults too, under write-fault. */
  againstReads: boolean
}

/** Numbers per access in the result of `NativeArmedMemory.time`. */
export const timesPerAccess = 5

/** Memory armed by hand, without the library. */
export interface NativeArmedMemory {
  readonly pages: number
  arm(): void
  /**
   * Accesses armed pages; `result` receives for each total, delivery, handler, un-protecting and
   * return in ns, NaN where unknown.
   */
  time(pages: Uint32Array, write: boolean, threads: number, result: Float64Array): void
  /** Writes to pages; returns the CPU time of all together in ns. */
  write(pages: Uint32Array): number
  release(): void
}

interface NativeMappingCrowd {
  release(): void
}

export interface NativeFaultMeasure {
  latencyClock(): NativeLatencyClock
  /** Accesses pages of a view; `result` receives ns for each. */
  timeAccesses(
    view: ArrayBuffer,
    pages: Uint32Array,
    write: boolean,
    threads: number,
    result: Float64Array,
  ): void
  /** Writes to pages of a view; returns the CPU time of all together in ns. */
  writePages(view: ArrayBuffer, pages: Uint32Array): number
  ArmedMemory: new (options: NativeArmedMemoryOptions) => NativeArmedMemory
  /** As many mappings more, until released. */
  MappingCrowd: new (
    count: number,
  ) => NativeMappingCrowd
  /** Clears the soft-dirty bits of the process; returns ns. */
  clearRefs(): number
}
