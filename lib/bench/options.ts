// What can be chosen about a benchmark, and its checks.

import { chooseWorking } from '../availability.ts'
import { invalidArgument } from '../errors.ts'
import type { MeasureProgress } from '../measure/options.ts'
import { native } from '../native.ts'
import { checkBoolean, checkInteger, checkNames, checkNumber, checkOptions } from '../validate.ts'
import { checkPattern } from './check-pattern.ts'
import { type ContenderName, contenderNames, reasonAgainstContender } from './contenders.ts'
import { benchPatterns } from './patterns.ts'
import type { BenchPattern } from './writes.ts'

/**
 * - `page`: each dirty page is written whole.
 * - `line`: 64 bytes of it are written.
 * - `work`: each dirty page is written whole, and before it writes a frame does some other computing.
 */
export type BenchTable = 'page' | 'line' | 'work'

/** All of them. */
export const benchTables: readonly BenchTable[] = ['page', 'line', 'work']

/**
 * - `frames`: contenders under patterns.
 * - `switches`: how fast adaptive contenders get used to another pattern.
 * - `scale`: what must cost the same however much memory and however many buffer objects there are.
 */
export type BenchPart = 'frames' | 'switches' | 'scale'

/** All of them. */
export const benchParts: readonly BenchPart[] = ['frames', 'switches', 'scale']

/** How to benchmark. */
export interface BenchOptions {
  /** Default: all. */
  parts?: readonly BenchPart[]
  /** Names of patterns; default: all. */
  patterns?: readonly string[]
  /** More patterns, as in the table of those that come along. */
  morePatterns?: readonly BenchPattern[]
  /** Default: all that work on this machine. */
  contenders?: readonly ContenderName[]
  /** Default: all; `page` if `quick`. */
  tables?: readonly BenchTable[]
  /** Other work of each frame in the table `work`, in milliseconds. Default 5. */
  cpuWork?: number
  /** Bytes of the buffer object. Default: 64 MiB; 8 MiB if `quick`. */
  size?: number
  /**
   * Time for the frames in seconds, shared by patterns and tables; slow ones take longer. The other
   * parts take about a minute more. Default 600; 10 if `quick`.
   */
  seconds?: number
  /** A smaller buffer and fewer frames: shows that it works, not how fast it is. */
  quick?: boolean
  /** Called before each step. */
  onProgress?: (progress: MeasureProgress) => void
  /** Ends the benchmark between two turns; `bench()` then rejects with the signal's reason. */
  signal?: AbortSignal
}

/** Options with everything decided. */
export interface Plan {
  parts: readonly BenchPart[]
  patterns: readonly BenchPattern[]
  contenders: readonly ContenderName[]
  tables: readonly BenchTable[]
  cpuWork: number
  size: number
  seconds: number
  framesPerTurn: number
  warmUpFrames: number
  minRounds: number
  maxRounds: number
  /** Of each change of pattern. */
  repetitions: number
  /** Bytes of the idle buffer object. */
  idleSize: number
  idleRounds: number
  /** Buffer objects of which one is used. */
  manyBuffers: number
  /** Submissions of each round, those for warming up included. */
  submits: number
}

const MiB = 1024 * 1024

export function makePlan(options: BenchOptions): Plan {
  checkOptions('options', options, [
    'parts',
    'patterns',
    'morePatterns',
    'contenders',
    'tables',
    'cpuWork',
    'size',
    'seconds',
    'quick',
    'onProgress',
    'signal',
  ])
  const quick = checkBoolean('options.quick', options.quick ?? false)
  return {
    parts: checkNames('options.parts', options.parts ?? benchParts, benchParts),
    patterns: choosePatterns(options),
    contenders: chooseContenders(options.contenders),
    tables: checkNames(
      'options.tables',
      options.tables ?? (quick ? ['page'] : benchTables),
      benchTables,
    ),
    cpuWork: checkNumber('options.cpuWork', options.cpuWork ?? 5, 0),
    size: checkInteger('options.size', options.size ?? (quick ? 8 : 64) * MiB, 1, native.maxSize),
    seconds: checkNumber('options.seconds', options.seconds ?? (quick ? 10 : 600), 0),
    framesPerTurn: quick ? 8 : 16,
    warmUpFrames: 32,
    minRounds: quick ? 2 : 5,
    maxRounds: quick ? 5 : 200,
    repetitions: quick ? 1 : 5,
    idleSize: (quick ? 64 : 1024) * MiB,
    idleRounds: quick ? 50 : 300,
    manyBuffers: quick ? 200 : 10_000,
    submits: quick ? 100 : 2400,
  }
}

function choosePatterns({ patterns, morePatterns = [] }: BenchOptions): readonly BenchPattern[] {
  const known = [...benchPatterns, ...morePatterns.map(checkPattern)]
  const names = known.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) {
    throw invalidArgument('options.morePatterns', 'patterns whose names are not taken', twice)
  }
  if (patterns === undefined) return known
  const chosen = checkNames('options.patterns', patterns, names)
  return known.filter(({ name }) => chosen.includes(name))
}

function chooseContenders(
  requested: readonly ContenderName[] | undefined,
): readonly ContenderName[] {
  const chosen = chooseWorking(
    'contender',
    'options.contenders',
    requested,
    contenderNames,
    reasonAgainstContender,
  )
  return contenderNames.filter((name) => chosen.includes(name))
}
