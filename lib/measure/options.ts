// What can be chosen about a measurement, and its checks.

import { chooseWorking, reasonAgainst } from '../availability.ts'
import { invalidArgument, outOfRange } from '../errors.ts'
import { native } from '../native.ts'
import { type Mechanism, mechanisms } from '../policy.ts'
import { checkBoolean, checkInteger, checkNames, checkNumber, checkOptions } from '../validate.ts'
import { type MeasureMode, type ModeDefaults, modes } from './modes.ts'
import { type Pattern, patterns } from './patterns.ts'
import type { Limits } from './take-turns.ts'

/** What the sweep compares: a mechanism, or the policy that chooses among them. */
export type SweepContender = Mechanism | 'auto'

/** All of them, whether or not they work on this machine. */
export const sweepContenders: readonly SweepContender[] = [...mechanisms, 'auto']

/**
 * - `floors`: the steps that tracking is made of, each by itself.
 * - `faults`: latencies of single faults.
 * - `sweep`: frames of each contender under each pattern and dirty fraction.
 * - `effects`: what costs depend on, one thing at a time.
 */
export type MeasurePart = 'floors' | 'faults' | 'sweep' | 'effects'

/** All of them. */
export const measureParts: readonly MeasurePart[] = ['floors', 'faults', 'sweep', 'effects']

/** How to measure. */
export interface MeasureOptions {
  /** Default: all. */
  parts?: readonly MeasurePart[]
  /** Default: all that work on this machine, and `auto` in the sweep. */
  mechanisms?: readonly SweepContender[]
  /** Of the sweep. Default: all. */
  patterns?: readonly Pattern[]
  /**
   * Shares of the pages that a frame of the sweep writes, above 0 and up to 1. Default: 0.001, 0.003,
   * 0.01, 0.03, 0.1, 0.3, 1; 0.01, 0.1, 1 if `quick`.
   */
  dirtyFractions?: readonly number[]
  /** Bytes of the sweep's buffer. Default: 32 MiB; 4 MiB if `quick`, 64 MiB if `thorough`. */
  size?: number
  /** Bytes written to each dirty page of the sweep: a multiple of 8. Default: 8. */
  bytesPerPage?: number
  /**
   * Time for everything in seconds. What is known well enough gives its time to the rest; what is slow
   * takes up to four times its share, and everything up to twice the time, on a busy machine. One pass is
   * made however long it takes. Default: 40; 7 if `quick`, 300 if
   * `thorough`.
   */
  seconds?: number
  /** A smaller buffer, fewer cases and less time: for continuous integration. */
  quick?: boolean
  /** More repetitions, and more time for them. */
  thorough?: boolean
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
export interface Plan extends ModeDefaults {
  mode: MeasureMode
  parts: readonly MeasurePart[]
  /** Those that work. */
  mechanisms: readonly Mechanism[]
  contenders: readonly SweepContender[]
  patterns: readonly Pattern[]
  bytesPerPage: number
  limits: Limits
}

export function makePlan(options: MeasureOptions): Plan {
  checkOptions('options', options, [
    'parts',
    'mechanisms',
    'patterns',
    'dirtyFractions',
    'size',
    'bytesPerPage',
    'seconds',
    'quick',
    'thorough',
    'onProgress',
    'signal',
  ])
  const mode = chooseMode(options)
  const defaults = modes[mode]
  const { size = defaults.size, bytesPerPage = 8, seconds = defaults.seconds } = options
  checkInteger('options.size', size, 1, native.maxSize)
  checkInteger('options.bytesPerPage', bytesPerPage, 8, native.pageSize)
  if (bytesPerPage % 8 !== 0) {
    throw outOfRange('options.bytesPerPage', 'a multiple of 8', bytesPerPage)
  }
  const contenders = chooseWorking(
    'mechanism',
    'options.mechanisms',
    options.mechanisms,
    sweepContenders,
    reasonAgainst,
  )
  return {
    ...defaults,
    mode,
    parts: checkNames('options.parts', options.parts ?? measureParts, measureParts),
    mechanisms: mechanisms.filter((name) => contenders.includes(name)),
    contenders,
    patterns: checkNames('options.patterns', options.patterns ?? patterns, patterns),
    dirtyFractions: checkFractions(options.dirtyFractions ?? defaults.dirtyFractions),
    size,
    bytesPerPage,
    seconds: checkNumber('options.seconds', seconds, 0),
  }
}

function chooseMode({ quick = false, thorough = false }: MeasureOptions): MeasureMode {
  checkBoolean('options.quick', quick)
  checkBoolean('options.thorough', thorough)
  if (quick && thorough) {
    throw invalidArgument('options.thorough', 'false or absent together with `quick`', thorough)
  }
  return quick ? 'quick' : thorough ? 'thorough' : 'standard'
}

function checkFractions(given: readonly number[]): readonly number[] {
  const isFraction = (value: unknown) => typeof value === 'number' && value > 0 && value <= 1
  if (!Array.isArray(given) || given.length === 0 || !given.every(isFraction)) {
    throw invalidArgument('options.dirtyFractions', 'an array of numbers > 0 and <= 1', given)
  }
  return given
}
