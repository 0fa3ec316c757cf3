// The part of the addon's interface that measures.

import type { NativeBufferObject } from './native.ts'
import type { NativeContender, NativeCpuWork, NativeFrameBatch } from './native-bench.ts'
import type { NativeFaultMeasure } from './native-faults.ts'
import type { NativeThreadMeasure } from './native-threads.ts'

/** Nanoseconds of CPU time: one value for each batch. */
interface NativeFloors {
  syscall: Float64Array
  minorFault: Float64Array
  signalRoundTrip: Float64Array
  mprotectPair: Float64Array
  memcpyPage: Float64Array
  memcmpPage: Float64Array
}

/** One buffer object and one mechanism: the native parts of the library's frame, and the bare loop. */
export interface NativeBench {
  /** Writes through a tracked view; `result` receives ns and faults without a signal. */
  write(
    view: ArrayBuffer,
    pages: Uint32Array,
    bytesPerPage: number,
    stamp: number,
    result: Float64Array,
  ): void
  /** Copies runs that a collect returned to the device's copy; returns ns. */
  copy(runs: Uint32Array): number
  /** How many of these pages the device's copy has stale. */
  countStale(pages: Uint32Array): number
  /** Lets the bare loop measure which of its ways is cheapest. Uses fewer than 100 stamps. */
  chooseBare(pages: Uint32Array, bytesPerPage: number, stamp: number): void
  /** A bare frame; `result` receives write, collect and copy ns, faults, pages reported, pages lost. */
  runBare(pages: Uint32Array, bytesPerPage: number, stamp: number, result: Float64Array): void
}

export interface NativeMeasure extends NativeFaultMeasure, NativeThreadMeasure {
  /** CPU time of this thread in ns. */
  now(): number
  floors(batches: number): NativeFloors
  Bench: new (buffer: NativeBufferObject, mechanism: string) => NativeBench
  FrameBatch: new (
    pages: Uint32Array,
    ends: Uint32Array,
    bytesPerPage: number,
    firstStamp: number,
  ) => NativeFrameBatch
  CpuWork: new (milliseconds: number) => NativeCpuWork
  Contender: new (
    name: string,
    buffers: number,
    pagesEach: number,
    deviceWrites: boolean,
  ) => NativeContender
  /**
   * Collects from an idle buffer object of `bytes` under a policy, in turn with bare scans;
   * `results` receives ns of both for each round.
   */
  idleCollects(policy: string, bytes: number, results: Float64Array): void
}
