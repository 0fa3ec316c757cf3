// What a benchmark returns: the JSON of `mkwrite bench --json`.

import type { MeasureEnvironment } from '../measure/environment.ts'
import type { ContenderName } from './contenders.ts'

/** One contender under one pattern. Times are CPU time of the measuring thread, in nanoseconds. */
export interface BenchRow {
  /** Name of the pattern. */
  pattern: string
  /** Who ran it. */
  contender: ContenderName
  /** Bytes written to each page. */
  bytesPerPage: number
  /** Other work of each frame, in milliseconds; 0: none. */
  cpuWorkMs: number
  /** One frame: of each turn the mean frame, of these the median. */
  nsPerFrame: number
  /** Of the turns' mean frames. */
  spread: { p10: number; p90: number }
  /** To the fastest fixed mechanism of the library under this pattern; null where none was measured. */
  ratioToBest: number | null
  /** To `explicit`; null where that was not measured, or takes no time. */
  ratioToExplicit: number | null
  /** To the bare loop of the same mechanism; null for contenders that have none. */
  ratioToBare: number | null
  /** Frames that were timed. */
  frames: number
  /** Pages that a frame wrote, mean. */
  pagesWritten: number
  /** Pages that a frame copied, mean. More than were written is over-reporting. */
  pagesReported: number
  /** Page faults of a frame, mean: signals, and those that the kernel resolves by itself. */
  faults: number
  /** Written pages, of all frames, whose copy was stale after the frame. Anything but 0 is a bug. */
  lostPages: number
  /** Where the time goes: like `nsPerFrame`, each part by itself. */
  split: BenchSplit
}

/** Parts of a frame, in nanoseconds. */
export interface BenchSplit {
  /** The other work. */
  workNs: number
  /** The writes, with the faults that they cause. */
  writeNs: number
  /** Finding the written pages, and arming them again. */
  collectNs: number
  /** Copying them. */
  copyNs: number
}

/** The result of `bench()`. */
export interface BenchResult {
  /** Changes when fields change their meaning or go. */
  schema: 'mkwrite.bench/1'
  /** The machine. */
  environment: MeasureEnvironment
  /** Bytes of all buffer objects, where the pattern does not say otherwise. */
  size: number
  /** One for each table, pattern and contender. */
  rows: BenchRow[]
}
