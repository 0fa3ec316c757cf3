// What a pattern is made of. Shares are of all pages of all buffer objects, above 0 and up to 1.

import type { PageSource } from '../measure/patterns.ts'

/** Nothing is written at all. */
export interface NothingWritten {
  /** Which kind of writes. */
  kind: 'nothing'
}

/** Pages drawn anew for each frame, in random order. */
export interface RandomWrites {
  /** Which kind of writes. */
  kind: 'random'
  /** Share of the pages. */
  share: number
}

/** Consecutive pages, ascending. */
export interface WindowWrites {
  /** Which kind of writes. */
  kind: 'window'
  /** Share of the pages. */
  share: number
  /** How far it moves on after each frame, in lengths of the window. At the end it wraps. */
  step: number
}

/** Pages at random places, always the same ones in the same random order. */
export interface ScatteredWrites {
  /** Which kind of writes. */
  kind: 'scattered'
  /** Share of the pages. */
  share: number
  /** Share of these pages that gives way to others after each frame, from 0 to 1. */
  replaced: number
}

/** Windows that move on by their length after each frame, written page by page in turn. */
export interface StreamWrites {
  /** Which kind of writes. */
  kind: 'streams'
  /** How many. */
  count: number
  /** Share of the pages that each of them writes in a frame. */
  share: number
}

/** Frames that write nothing, and frames that do. */
export interface PhasedWrites {
  /** Which kind of writes. */
  kind: 'phases'
  /** Frames in a row that write nothing; they come first. */
  quiet: number
  /** Frames in a row that write. */
  busy: number
  /** What these write. */
  during: Writes
}

/** Whole buffer objects, ascending. */
export interface RewritingWrites {
  /** Which kind of writes. */
  kind: 'rewrites'
  /** Buffer object `i` is written in every frame whose number `every[i % every.length]` divides. */
  every: readonly number[]
}

/** Which pages a frame writes, in which order. */
export type Writes =
  | NothingWritten
  | RandomWrites
  | WindowWrites
  | ScatteredWrites
  | StreamWrites
  | PhasedWrites
  | RewritingWrites

/** One pattern of frames. */
export interface BenchPattern {
  /** For `--pattern` and the results: unique, without spaces. */
  name: string
  /** For people. */
  title: string
  /**
   * Which pages; or a function that makes a source of them. It gets the number of pages, which are
   * numbered from 0 over all buffer objects, and a source of random integers below a limit.
   */
  writes: Writes | ((pages: number, random: (limit: number) => number) => PageSource)
  /**
   * Who writes: the CPU, and every written page is copied to the device; or the device, and the CPU
   * then reads one byte of each. Default `cpu`.
   */
  writer?: 'cpu' | 'device'
  /** Share of the pages that a frame writes although nobody can foresee it. Default 0. */
  unpredictable?: number
  /** Default: one of the size that is measured. */
  buffers?: {
    /** Buffer objects. */
    count: number
    /** Size of each. */
    bytes: number
  }
  /** Frames after which it begins again, where it does. Turns are whole numbers of them. Default 1. */
  period?: number
}
