// The patterns that are measured: a table of plain data. Add an entry here, or give `mkwrite bench
// --patterns` a module whose default export is an array of such entries.

import type { PageSource } from '../measure/patterns.ts'

/** Which pages a frame writes, in which order. Shares are of all pages, above 0 and up to 1. */
export type Writes =
  /** Nothing at all. */
  | { kind: 'nothing' }
  /** Pages drawn anew for each frame, in random order. */
  | { kind: 'random'; share: number }
  /** Consecutive pages; after each frame the window moves on by `step` times its length, and wraps. */
  | { kind: 'window'; share: number; step: number }
  /**
   * Pages at random places, always the same ones in the same random order, but that after each frame
   * a share of them, `replaced`, gives way to others.
   */
  | { kind: 'scattered'; share: number; replaced: number }
  /** `count` windows as above, each of `share` and moving on by its length; written page by page in turn. */
  | { kind: 'streams'; count: number; share: number }
  /** `quiet` frames that write nothing, then `busy` frames of `during`. */
  | { kind: 'phases'; quiet: number; busy: number; during: Writes }
  /** Whole buffer objects: the one with number i in every frame that `every[i % every.length]` divides. */
  | { kind: 'rewrites'; every: readonly number[] }

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
  /** Share of the pages that a frame writes although nobody can foresee it. Default 0. */
  unpredictable?: number
  /** Buffer objects, and the size of each in bytes. Default: one of the size that is measured. */
  buffers?: { count: number; bytes: number }
  /** Frames after which it begins again, where it does. Turns are whole numbers of them. Default 1. */
  period?: number
}

const KiB = 1024

/** Those that are measured unless told otherwise. */
export const benchPatterns: readonly BenchPattern[] = [
  random(0.001),
  random(0.01),
  random(0.1),
  random(0.25),
  {
    name: 'streaming',
    title: 'everything, in a row',
    writes: { kind: 'window', share: 1, step: 0 },
  },
  {
    name: 'ring-5',
    title: 'ring buffer, 5 % per frame',
    writes: { kind: 'window', share: 0.05, step: 1 },
  },
  {
    name: 'hot-10',
    title: 'the same 10 % each frame, scattered',
    writes: { kind: 'scattered', share: 0.1, replaced: 0 },
  },
  {
    name: 'drifting-set',
    title: '10 % scattered, 2 % of them replaced each frame',
    writes: { kind: 'scattered', share: 0.1, replaced: 0.02 },
    unpredictable: 0.1 * 0.02,
  },
  {
    name: 'drifting-window',
    title: '5 % in a row, moved by a twentieth of that each frame',
    writes: { kind: 'window', share: 0.05, step: 0.05 },
  },
  {
    name: 'phases',
    title: '12 quiet frames, 12 frames of 10 % in a row',
    writes: {
      kind: 'phases',
      quiet: 12,
      busy: 12,
      during: { kind: 'window', share: 0.1, step: 0 },
    },
    period: 24,
  },
  {
    name: 'two-streams',
    title: 'two rows of 2.5 %, page by page in turn',
    writes: { kind: 'streams', count: 2, share: 0.025 },
  },
  {
    name: 'small-buffers',
    title: '16 buffer objects of 256 KiB: 8 rewritten in each frame, 8 in every fourth',
    writes: { kind: 'rewrites', every: [1, 4] },
    buffers: { count: 16, bytes: 256 * KiB },
    period: 4,
  },
  { name: 'idle', title: 'nothing is written', writes: { kind: 'nothing' } },
]

function random(share: number): BenchPattern {
  const percent = Number((share * 100).toPrecision(3))
  return {
    name: `random-${percent}`,
    title: `${percent} % at random places, other ones each frame`,
    writes: { kind: 'random', share },
    unpredictable: share,
  }
}
