// What can be chosen about a measurement, and its checks.

import { invalidArgument, MkwriteError, outOfRange } from '../errors.ts'
import { native } from '../native.ts'
import { type Mechanism, mechanisms } from '../policy.ts'
import { probe } from '../probe.ts'
import { checkBoolean, checkInteger, checkNumber, checkOptions } from '../validate.ts'
import { type Pattern, patterns } from './patterns.ts'

/** How to measure. */
export interface MeasureOptions {
  /** Default: all that work on this machine. */
  mechanisms?: readonly Mechanism[]
  /** Default: all. */
  patterns?: readonly Pattern[]
  /**
   * Shares of the pages that a frame writes, above 0 and up to 1. Default: 0.001, 0.01, 0.1, 0.5, 1;
   * 0.01, 0.1, 1 if `quick`.
   */
  dirtyFractions?: readonly number[]
  /** Bytes of the buffer. Default: 64 MiB; 8 MiB if `quick`. */
  size?: number
  /** Bytes written to each dirty page: a multiple of 8. Default: 8. */
  bytesPerPage?: number
  /**
   * Time for the sweep in seconds, shared by its cases. A slow case takes up to four times its share,
   * or longer to run at all. Default: 35; 4 if `quick`.
   */
  seconds?: number
  /** A smaller buffer, fewer cases and less time: for continuous integration. */
  quick?: boolean
  /** Called before each step. */
  onProgress?: (progress: MeasureProgress) => void
  /** Ends the measurement between two steps; `measure()` then rejects with the signal's reason. */
  signal?: AbortSignal
}

/** How far a measurement is. */
export interface MeasureProgress {
  /** Steps done. */
  done: number
  /** Steps in all. */
  total: number
  /** What is measured next. */
  step: string
}

/** Options with everything decided. */
export interface Plan {
  mechanisms: readonly Mechanism[]
  patterns: readonly Pattern[]
  dirtyFractions: readonly number[]
  size: number
  bytesPerPage: number
  seconds: number
  /** Of each case, unless it is slow. */
  repetitions: number
  /** Batches per floor. */
  batches: number
}

const MiB = 1024 * 1024
const fractions = [0.001, 0.01, 0.1, 0.5, 1]
const quickFractions = [0.01, 0.1, 1]

export function makePlan(options: MeasureOptions): Plan {
  checkOptions('options', options, [
    'mechanisms',
    'patterns',
    'dirtyFractions',
    'size',
    'bytesPerPage',
    'seconds',
    'quick',
    'onProgress',
    'signal',
  ])
  const quick = checkBoolean('options.quick', options.quick ?? false)
  const { pageSize, maxSize } = native
  const size = options.size ?? (quick ? 8 : 64) * MiB
  const bytesPerPage = options.bytesPerPage ?? 8
  checkInteger('options.size', size, 1, maxSize)
  checkInteger('options.bytesPerPage', bytesPerPage, 8, pageSize)
  if (bytesPerPage % 8 !== 0) {
    throw outOfRange('options.bytesPerPage', 'a multiple of 8', bytesPerPage)
  }
  return {
    mechanisms: availableMechanisms(options.mechanisms),
    patterns: checkList('options.patterns', options.patterns ?? patterns, patterns),
    dirtyFractions: checkFractions(options.dirtyFractions ?? (quick ? quickFractions : fractions)),
    size,
    bytesPerPage,
    seconds: checkNumber('options.seconds', options.seconds ?? (quick ? 4 : 35), 0),
    repetitions: quick ? 3 : 9,
    batches: quick ? 5 : 15,
  }
}

/** Those asked for, each of which must work; or all that do. */
function availableMechanisms(requested: readonly Mechanism[] | undefined): readonly Mechanism[] {
  if (requested !== undefined) checkList('options.mechanisms', requested, mechanisms)
  const found = probe().mechanisms
  if (requested === undefined) return mechanisms.filter((name) => found[name].available)
  for (const name of requested) {
    const { [name]: availability } = found
    if (availability.available) continue
    throw new MkwriteError(
      'ERR_MKWRITE_MECHANISM_UNAVAILABLE',
      `The mechanism "${name}" does not work on this machine. ${availability.reason} ${availability.remedy}`.trim(),
    )
  }
  return [...new Set(requested)]
}

function checkList<Item extends string>(
  name: string,
  list: readonly Item[],
  known: readonly Item[],
): readonly Item[] {
  const isKnown = (item: Item) => known.includes(item)
  if (!Array.isArray(list) || list.length === 0 || !list.every(isKnown)) {
    const names = known.map((item) => `"${item}"`).join(', ')
    throw invalidArgument(name, `an array of some of ${names}`, list)
  }
  return list
}

function checkFractions(given: readonly number[]): readonly number[] {
  const isFraction = (value: unknown) => typeof value === 'number' && value > 0 && value <= 1
  if (!Array.isArray(given) || given.length === 0 || !given.every(isFraction)) {
    throw invalidArgument('options.dirtyFractions', 'an array of numbers > 0 and <= 1', given)
  }
  return given
}
