// What can be chosen about a benchmark, and its checks.

import { invalidArgument, MkwriteError } from '../errors.ts'
import type { MeasureProgress } from '../measure/options.ts'
import { native } from '../native.ts'
import { checkBoolean, checkInteger, checkNumber, checkOptions } from '../validate.ts'
import { availableContenders, type ContenderName, contenderNames } from './contenders.ts'
import { type BenchPattern, benchPatterns } from './patterns.ts'

/**
 * - `page`: each dirty page is written whole.
 * - `line`: 64 bytes of it are written.
 * - `work`: each dirty page is written whole, and before it writes a frame does some other computing.
 */
export type BenchTable = 'page' | 'line' | 'work'

/** All of them. */
export const benchTables: readonly BenchTable[] = ['page', 'line', 'work']

/** How to benchmark. */
export interface BenchOptions {
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
  /** Time for all in seconds, shared by patterns and tables; slow ones take longer. Default 600; 10 if `quick`. */
  seconds?: number
  /** A smaller buffer and fewer frames: shows that it works, not how fast it is. */
  quick?: boolean
  /** Called before each pattern of each table. */
  onProgress?: (progress: MeasureProgress) => void
  /** Ends the benchmark between two turns; `bench()` then rejects with the signal's reason. */
  signal?: AbortSignal
}

/** Options with everything decided. */
export interface Plan {
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
}

const MiB = 1024 * 1024

export function makePlan(options: BenchOptions): Plan {
  checkOptions('options', options, [
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
    maxRounds: quick ? 5 : 40,
  }
}

function choosePatterns({ patterns, morePatterns = [] }: BenchOptions): readonly BenchPattern[] {
  const known = [...benchPatterns, ...morePatterns]
  const names = known.map(({ name }) => name)
  if (patterns === undefined) return known
  const chosen = checkNames('options.patterns', patterns, names)
  return known.filter(({ name }) => chosen.includes(name))
}

function chooseContenders(
  requested: readonly ContenderName[] | undefined,
): readonly ContenderName[] {
  const available = availableContenders()
  if (requested === undefined) return available
  const chosen = checkNames('options.contenders', requested, contenderNames)
  const missing = chosen.find((name) => !available.includes(name))
  if (missing !== undefined) {
    throw new MkwriteError(
      'ERR_MKWRITE_MECHANISM_UNAVAILABLE',
      `The contender "${missing}" does not work on this machine. \`mkwrite probe\` says why, and what would change it.`,
    )
  }
  return contenderNames.filter((name) => chosen.includes(name))
}

function checkNames<Name extends string>(
  option: string,
  list: readonly Name[],
  known: readonly Name[],
): readonly Name[] {
  const isKnown = (name: Name) => known.includes(name)
  if (!Array.isArray(list) || list.length === 0 || !list.every(isKnown)) {
    const names = known.map((name) => `"${name}"`).join(', ')
    throw invalidArgument(option, `an array of some of ${names}`, list)
  }
  return list
}
