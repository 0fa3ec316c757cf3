// What a benchmark returns: the JSON of `mkwrite bench --json`.

import type { MeasureEnvironment } from '../measure/environment.ts'
import type { ContenderName } from './contenders.ts'

/** One contender under one pattern. Times are CPU time of the measuring thread, in nanoseconds. */
export interface BenchRow {
  /** Name of the pattern. */
  pattern: string
  /** Who wrote the pages. Where it was the device, the CPU read them. */
  writer: 'cpu' | 'device'
  /** Who ran it. */
  contender: ContenderName
  /** Bytes written to each page. */
  bytesPerPage: number
  /** Other work of each frame, in milliseconds; 0: none. */
  cpuWorkMs: number
  /** One frame: of each turn the mean frame, of these the median. */
  nsPerFrame: number
  /** Of the turns' mean frames. */
  spread: {
    /** One of ten took no longer. */
    p10: number
    /** Nine of ten took no longer. */
    p90: number
  }
  /**
   * To the fastest fixed mechanism of the library under this pattern; null where none was measured.
   * All ratios are medians of those within each round, in which all contenders run the same frames.
   */
  ratioToBest: number | null
  /** To `explicit`; null where that was not measured, or takes no time. */
  ratioToExplicit: number | null
  /** To the bare loop of the same mechanism; null for contenders that have none. */
  ratioToBare: number | null
  /** Frames that were timed. */
  frames: number
  /** Pages that a frame wrote, mean. */
  pagesWritten: number
  /** Of these, pages that nobody could foresee. */
  pagesUnpredictable: number
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
  /** Finding the written pages, and arming them again. Where the device writes: submitting, and waiting. */
  collectNs: number
  /** Copying them. Where the device writes: reading them, with the faults that this causes. */
  copyNs: number
}

/** How an adaptive contender got used to another pattern. Medians of several changes, each with fresh memory. */
export interface BenchSwitch {
  /** Who had to adapt. */
  contender: ContenderName
  /** Name of the pattern before. */
  from: string
  /** Name of the pattern after. */
  to: string
  /** Frames until the first of two in a row that cost at most 1.3 times the settled cost (and 5 µs). */
  frames: number
  /** What these frames cost more than settled ones, in ms. */
  extraMs: number
  /** The settled cost: the median of the last 16 of 48 frames, in ns. */
  settledNsPerFrame: number
  /** Written pages whose copy was stale. Anything but 0 is a bug. */
  lostPages: number
}

/** Something that must cost the same however much there is. CPU time in ns, medians. */
export interface BenchScale {
  /**
   * - `idle-collect`: a collect from a buffer object of `size` bytes in which nothing was written,
   *   against a bare scan of it.
   * - `many-buffers`: a submission that uses one buffer object of `buffers`, against one that uses
   *   the only one.
   */
  measurement: 'idle-collect' | 'many-buffers'
  /** The policy. */
  contender: ContenderName
  /** What it is held against. */
  base: ContenderName
  /** Bytes. */
  size?: number
  /** Buffer objects. */
  buffers?: number
  /** What it costs. */
  ns: number
  /** What the base costs. */
  baseNs: number
  /** `ns` over `baseNs`. */
  ratio: number
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
  /** One for each adaptive contender and change of pattern. */
  switches: BenchSwitch[]
  /** One for each measurement of scale. */
  scale: BenchScale[]
}
