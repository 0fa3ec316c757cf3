// What a replay returns: the JSON of `mkwrite replay --json`.

import type { Policy } from '../policy.ts'
import type { Losses } from './check.ts'
import type { TraceHeader, TraceMachine } from './trace.ts'

/** Milliseconds of CPU time per frame. */
export interface FrameCost {
  /** Over all frames but the first. */
  mean: number
  /** The median. */
  p50: number
  /** Nine of ten frames cost no more. */
  p90: number
  /** The costliest. */
  max: number
}

/** What coherence would cost the program under one policy. */
export interface ReplayCase extends Losses {
  /** The policy; `explicit`: a program that flushes exactly what it wrote and tracks nothing. */
  policy: Policy | 'explicit'
  /** The mechanism in force at the end, of the largest buffer object; `none` for `explicit`. */
  mechanism: string
  /** Against a program that neither tracks nor copies anything. */
  msPerFrame: FrameCost
  /**
   * Of the mean: the program's touches of memory, with the faults and readbacks that they cause, and what
   * its own work takes longer.
   */
  touchMs: number
  /** Of the mean: submissions and collects, with scans, protections, and what is copied. */
  submitMs: number
  /** The mean against the program's own CPU time per frame, in percent; null if that is unknown. */
  percent: number | null
  /** Of the first frame, which holds the program's setting up. */
  setUpMs: number
  /** SIGSEGV faults per frame. */
  faults: number
  /** Pages reported per frame. */
  pagesReported: number
  /** Bytes sent to the device per frame. */
  bytesUpdated: number
  /** Bytes fetched from the device per frame. */
  bytesReadBack: number
  /** Milliseconds of each frame, the first included. */
  msOfFrames: number[]
}

/** Which policy to choose. */
export interface Recommendation {
  /** The policy. */
  policy: Policy
  /** Why, as sentences. */
  reason: string
}

/** What the program does, on average of all frames but the first. */
export interface ProgramSummary {
  /** CPU time per frame without mkwrite, in milliseconds; null if the trace was recorded elsewhere. */
  ownMs: number | null
  /** CPU time per frame as it was recorded, in milliseconds. */
  recordedMs: number
  /** Pages of all buffer objects. */
  pages: number
  /** Pages that the CPU writes per frame. */
  dirtyPages: number
  /** Runs of consecutive pages that these make. */
  dirtyRuns: number
  /** Pages that commands use per frame. */
  usedPages: number
  /** Pages that the device writes per frame. */
  writtenPages: number
  /** Pages that come back per frame. */
  pagesReadBack: number
  /** Share of the time, 0 to 1, that other threads of the program ran while the main thread did. */
  othersShare: number
}

/** What was replayed. */
export interface ReplayedTrace extends TraceHeader {
  /** Frames, the first included. */
  frames: number
  /** Submissions in all of them. */
  submissions: number
  /** Collects in all of them. */
  collects: number
}

/** The result of `replay()`. */
export interface ReplayResult {
  /** Changes when fields change their meaning or go. */
  schema: 'mkwrite.replay/1'
  /** Where and how the trace was recorded. */
  trace: ReplayedTrace
  /** The machine on which it was replayed. */
  replayedOn: TraceMachine
  /** How often each policy replayed the trace; twice as often if `othersRan` is not null. */
  passes: number
  /**
   * How much the thread that stands for the program's other threads ran while it was to, 0 to 1; other
   * programs may have kept it from that. Null if no other threads ran to speak of while the trace was
   * recorded, or nobody knows.
   */
  othersRan: number | null
  /** What the program does. */
  program: ProgramSummary
  /** One for each policy, the cheapest first. */
  cases: ReplayCase[]
  /** Which policy to choose; null if each of them lost something. */
  recommendation: Recommendation | null
}
