// What a program that is watched has done so far.

import type { BufferObjectStats } from '../buffer-object.ts'

/** Some pages of a buffer object that its policy treats alike. */
export interface WatchedRegions {
  /** What `RegionExplanation.decision` says. */
  decision: string
  /** Pages, in all such regions. */
  pages: number
}

/** A buffer object that the program has submitted, or that it tracks. */
export interface WatchedBuffer {
  /** Its number, from 0 on, in the order in which they were seen first. */
  number: number
  /** Bytes. */
  size: number
  /** Who takes its dirty pages. */
  owner: 'device' | 'tracker'
  /** Whether it, its device or its tracker has ended. The counts are then the last ones. */
  ended: boolean
  /** As `bo.stats` or `tracker.stats` counts: since it was made. */
  stats: Partial<BufferObjectStats>
  /** Pages by what the policy `auto` decided; empty under other policies. */
  regions: WatchedRegions[]
}

/** The state of a program at one moment. Counts and times are since it began. */
export interface WatchSnapshot {
  /** Changes when fields change their meaning or go. */
  schema: 'mkwrite.watch/1'
  /** Milliseconds. */
  time: number
  /** CPU time of the process in milliseconds. */
  cpuMs: number
  /** Page faults of the process that the kernel resolved by itself. */
  minorFaults: number
  /** Submissions of the main thread. */
  submissions: number
  /** Collects of the main thread's trackers. */
  collects: number
  /** Its buffer objects. */
  buffers: WatchedBuffer[]
}
