// A trace: what a program wrote, frame by frame. docs/trace.md describes its file.

import type { Mechanism } from '../policy.ts'

/** Pairs of first page and page count, as `DirtyTracker.collect` returns them. */
export type Runs = Uint32Array

/** A buffer object of the program. */
export interface TraceBuffer {
  /** Its pages. */
  pages: number
  /** Who took its dirty pages: the submissions of a device, or the collects of a tracker. */
  owner: 'device' | 'tracker'
}

/** What a submission did to one buffer object. */
export interface TraceShare {
  /** Number of the buffer object, from 0 on. */
  buffer: number
  /** Pages that its commands read or write. */
  used: Runs
  /** Of these, pages that its commands write. */
  written: Runs
  /** Of `used`, pages that the program had written. */
  dirty: Runs
  /** Bytes that were sent to the device. */
  bytesUpdated: number
}

/** Pages that came back from the device, because the program touched them. */
export interface TraceReadBack {
  /** Number of the buffer object. */
  buffer: number
  /** The pages. */
  runs: Runs
  /** Faults that it took: one for 16 to 1024 pages if they were touched in ascending order. */
  faults: number
}

/** A submission, and what the program did since the one before. */
export interface TraceSubmit {
  /** Distinguishes it from a collect. */
  kind: 'submit'
  /** What came back before it. */
  readBacks: TraceReadBack[]
  /** Its buffer objects. */
  shares: TraceShare[]
  /** Whether the device was busy, so that what was sent was copied twice. */
  busy: boolean
}

/** A collect of a tracker, and what the program did since the one before. */
export interface TraceCollect {
  /** Distinguishes it from a submission. */
  kind: 'collect'
  /** Number of the buffer object. */
  buffer: number
  /** The first page that was asked about. */
  firstPage: number
  /** Pages that were asked about. */
  pages: number
  /** Those that the program had written. */
  dirty: Runs
}

/** What happens in a frame. */
export type TraceStep = TraceSubmit | TraceCollect

/** One frame of the program. */
export interface TraceFrame {
  /** In the order in which they happened. */
  steps: TraceStep[]
  /** CPU time of the program's main thread, in nanoseconds, the steps included. */
  cpuNs: number
  /** Time that passed, in nanoseconds. */
  wallNs: number
  /** Of that, time that the event loop had nothing to do, in nanoseconds. */
  idleNs: number
  /**
   * How much other threads of the program ran while its main thread did, from when it last went on
   * after waiting for a device up to the submission or collect: 0, or unknown, to 1, always at least
   * one. In thousandths.
   */
  othersShare: number
}

/** A machine, and what ran on it. */
export interface TraceMachine {
  /** As `uname -r` says. */
  kernel: string
  /** As `process.arch` says. */
  arch: string
  /** The processor's name. */
  cpu: string
  /** Node.js version. */
  node: string
  /** Version of this package. */
  mkwrite: string
}

/** Where and how a trace was recorded. */
export interface TraceHeader {
  /** What ran, as it was called, without folders. */
  program: string
  /** `submit`: a submission or collect ends a frame. Else the least milliseconds of a frame. */
  frame: 'submit' | number
  /** How pages were found out. */
  mechanism: Mechanism
  /** Bytes. */
  pageSize: number
  /** The machine and the versions. */
  recordedOn: TraceMachine
  /** The program's buffer objects, in the order in which they appeared. */
  buffers: TraceBuffer[]
}

/** What a program wrote. */
export interface Trace extends TraceHeader {
  /** All frames; the first holds what came before the first submission or collect, too. */
  frames: TraceFrame[]
}
