// What is claimed about speed: a table of plain data that `mkwrite bench --check` looks at one by one.
// docs/performance.md explains the words.

import type { ContenderName } from './contenders.ts'
import type { BenchRow, BenchScale } from './result.ts'

/** Patterns that a claim is about. All conditions must hold. */
export interface PatternChoice {
  names?: readonly string[]
  except?: readonly string[]
  writer?: BenchRow['writer']
  /** How many of the pages of a frame nobody can foresee. */
  maxUnpredictablePages?: number
}

/** A claim about frames. */
export interface FrameClaim {
  about: 'frames'
  title: string
  /** Bytes written to each page; `page`: all. */
  bytesPerPage: number | 'page'
  cpuWorkMs: number
  patterns: PatternChoice
  contender: ContenderName
  /** What it is held against; `best`: the fastest fixed mechanism of the library; `bare`: its bare loop. */
  over: ContenderName | 'best' | 'bare'
  /** Whether each pattern must keep the limit, or their geometric mean or median. */
  statistic: 'each' | 'geometric mean' | 'median'
  /** At most so many times the other's cost, and so many ns more. */
  limit: { times: number; plusNs?: number }
}

/** A claim about scale. */
interface ScaleClaim {
  about: 'scale'
  title: string
  measurement: BenchScale['measurement']
  contender: ContenderName
  limit: { times: number }
}

export type Claim = FrameClaim | ScaleClaim

const wholePages = { about: 'frames', bytesPerPage: 'page', cpuWorkMs: 0 } as const
const lines = { about: 'frames', bytesPerPage: 64, cpuWorkMs: 0 } as const
const withWork = { about: 'frames', bytesPerPage: 'page', cpuWorkMs: 5 } as const
const explicit = { contender: 'auto', over: 'explicit', statistic: 'each' } as const

/** Patterns that can be foreseen but neither stay where they are nor write everything. */
const moving = [
  'ring-5',
  'drifting-set',
  'drifting-window',
  'phases',
  'two-streams',
  'small-buffers',
]
const random = ['random-0.1', 'random-1', 'random-10', 'random-25']

/** All claims. */
export const claims: readonly Claim[] = [
  {
    ...wholePages,
    title: 'userfault over its bare loop',
    patterns: { writer: 'cpu' },
    contender: 'userfault',
    over: 'bare',
    statistic: 'each',
    limit: { times: 1.1 },
  },
  {
    ...wholePages,
    title: 'write-fault over its bare loop',
    // Under write-fault, an idle frame is no system call by hand and one in the library.
    patterns: { writer: 'cpu', except: ['idle'] },
    contender: 'write-fault',
    over: 'bare',
    statistic: 'each',
    limit: { times: 1.15 },
  },
  {
    ...wholePages,
    title: 'auto over the best fixed mechanism, on the whole',
    patterns: {},
    contender: 'auto',
    over: 'best',
    statistic: 'geometric mean',
    limit: { times: 0.9 },
  },
  {
    ...wholePages,
    title: 'auto over the best fixed mechanism, each pattern',
    patterns: {},
    contender: 'auto',
    over: 'best',
    statistic: 'each',
    limit: { times: 1.15 },
  },
  {
    ...wholePages,
    title: 'auto over kernel: three times as fast',
    patterns: {},
    contender: 'auto',
    over: 'kernel',
    statistic: 'geometric mean',
    limit: { times: 1 / 3 },
  },
  {
    ...wholePages,
    ...explicit,
    title: 'auto over explicit: streaming',
    patterns: { names: ['streaming'] },
    limit: { times: 1.05 },
  },
  {
    ...wholePages,
    ...explicit,
    title: 'auto over explicit: stable hot pages',
    patterns: { names: ['hot-10'] },
    limit: { times: 1.25 },
  },
  {
    ...wholePages,
    ...explicit,
    title: 'auto over explicit: ring, drifting, phases, streams, small buffers',
    patterns: { names: moving },
    limit: { times: 1.9 },
  },
  {
    ...wholePages,
    title: 'auto over the bare userfault loop: random',
    patterns: { names: random },
    contender: 'auto',
    over: 'bare-userfault',
    statistic: 'each',
    limit: { times: 1.1, plusNs: 10_000 },
  },
  {
    ...wholePages,
    ...explicit,
    title: 'auto over explicit: idle',
    patterns: { names: ['idle'] },
    limit: { times: 1, plusNs: 3000 },
  },
  {
    ...lines,
    ...explicit,
    title: 'auto over explicit, 64 bytes per page: stable hot pages',
    patterns: { names: ['hot-10'] },
    limit: { times: 1.6 },
  },
  {
    ...lines,
    ...explicit,
    title: 'auto over explicit, 64 bytes per page: other predictable patterns',
    patterns: { names: ['streaming', ...moving] },
    limit: { times: 2.7 },
  },
  {
    ...withWork,
    ...explicit,
    title: 'auto over explicit, 5 ms of work: at most 120 unpredictable pages',
    patterns: { writer: 'cpu', maxUnpredictablePages: 120 },
    limit: { times: 1.08 },
  },
  {
    ...withWork,
    ...explicit,
    title: 'auto over explicit, 5 ms of work: readback',
    patterns: { writer: 'device' },
    limit: { times: 1.08 },
  },
  {
    ...withWork,
    ...explicit,
    title: 'auto over explicit, 5 ms of work: all patterns',
    patterns: {},
    statistic: 'median',
    limit: { times: 1.05 },
  },
  {
    about: 'scale',
    title: 'collect from idle memory under userfault, over a bare scan',
    measurement: 'idle-collect',
    contender: 'userfault',
    limit: { times: 1.5 },
  },
  {
    about: 'scale',
    title: 'collect from idle memory under auto, over a bare scan',
    measurement: 'idle-collect',
    contender: 'auto',
    limit: { times: 1.5 },
  },
  ...(['write-fault', 'userfault', 'auto'] as const).map(
    (contender): ScaleClaim => ({
      about: 'scale',
      title: `submit with one of many buffer objects under ${contender}, over one with the only one`,
      measurement: 'many-buffers',
      contender,
      limit: { times: 1.2 },
    }),
  ),
]
