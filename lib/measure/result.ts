// What a measurement returns: the JSON of `mkwrite measure --json`.

import type { Mechanism } from '../policy.ts'
import type { MeasureEnvironment } from './environment.ts'
import type { Pattern } from './patterns.ts'

/** The steps that tracking is made of, one by one. CPU time in nanoseconds, medians. */
export interface Floors {
  /** The cheapest system call (getppid). */
  syscallNs: number
  /** The first write to a page that is in memory but not mapped. */
  minorFaultNs: number
  /** A page fault, its SIGSEGV handler, and the return. */
  signalRoundTripNs: number
  /** One page in the middle of a mapping made read-only and writable again. */
  mprotectPairNs: number
  /** Copying one page of a buffer that is larger than most caches. */
  memcpyPageNs: number
  /** Comparing one such page with an equal one. */
  memcmpPageNs: number
}

/** Where a frame's time goes: nanoseconds per frame, the median of each phase by itself. */
export interface Split {
  /** The writes, with the faults that they cause. */
  writeNs: number
  /** Finding the written pages, and arming them again. */
  collectNs: number
  /** Copying the written pages to the device's copy. */
  copyNs: number
}

/** One mechanism under one pattern and one dirty fraction. */
export interface SweepCase {
  /** How the written pages were found out. */
  mechanism: Mechanism
  /** Which pages were written. */
  pattern: Pattern
  /** Pages of the buffer. */
  pages: number
  /** Share of the pages that each frame writes, 0 to 1. */
  dirtyFraction: number
  /** Pages that each frame writes. */
  dirtyPages: number
  /** Frames that were timed, of the library and of the bare loop each. */
  repetitions: number
  /** Pages that a collect reported, median. More than `dirtyPages` is over-reporting. */
  reportedPages: number
  /** Pages, of all frames, whose copy was stale after the frame. Anything but 0 is a bug. */
  lostPages: number
  /** Page faults per frame, median: signals, and those that the kernel resolves by itself. */
  faults: number
  /** Time of one frame of the library: nanoseconds. */
  nsPerFrame: {
    /** The median. */
    p50: number
    /** Nine of ten frames took no longer. */
    p90: number
  }
  /** The library's median frame over `dirtyPages`. */
  nsPerDirtyPage: number
  /** The same of the bare loop: the same work written by hand for this one mechanism, no library. */
  bareNsPerDirtyPage: number
  /** Where the library's time goes. */
  split: Split
  /** Where the bare loop's time goes. */
  bareSplit: Split
}

/** The result of `measure()`. All times are CPU time of the measuring thread. */
export interface MeasureResult {
  /** Changes when fields change their meaning or go. */
  schema: 'mkwrite.measure/1'
  /** The machine. */
  environment: MeasureEnvironment
  /** Bytes written to each dirty page. */
  bytesPerPage: number
  /** The steps by themselves. */
  floors: Floors
  /** One for each mechanism, pattern and dirty fraction. */
  sweep: SweepCase[]
}
