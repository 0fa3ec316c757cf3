// How much a row has changed, and how sure that is.

import { median, quantileSorted, sampleWithReplacement } from 'simple-statistics'
import type { Row } from './document.ts'

/** Something new over the same of old. */
export interface Ratio {
  value: number
  /**
   * From where to where the true ratio lies with 99 %: there are many rows, none of which shall be
   * accused without cause.
   */
  interval: [number, number]
  /** The same with 90 %: equivalence is established at 5 % if this lies within its bounds (TOST). */
  inner: [number, number]
  /** Whether there is enough to found a judgement on. */
  isSufficient: boolean
}

type Passes = readonly (readonly number[])[]

/** How the times of a row changed. */
export function ratioOf(base: Row, other: Row, random: () => number): Ratio {
  const value = other.median / base.median
  if (base.samples.length > 0 && other.samples.length > 0) {
    return bootstrap(base.samples, other.samples, value, random)
  }
  // As far as the two intervals allow.
  const interval: [number, number] = [
    other.interval[0] / base.interval[1],
    other.interval[1] / base.interval[0],
  ]
  return { value, interval, inner: interval, isSufficient: true }
}

/** A row, and the one that was measured in turn with it. */
export interface Pair {
  row: Row
  control: Row
}

/**
 * How what a row costs over its control changed. Both were measured in turn, so what the machine did
 * to one it did to the other: sample by sample it cancels out. Undefined without samples.
 */
export function adjustedRatioOf(base: Pair, other: Pair, random: () => number): Ratio | undefined {
  const [was, is] = [quotients(base), quotients(other)]
  if (was.length === 0 || is.length === 0) return undefined
  return bootstrap(was, is, median(is.flat()) / median(was.flat()), random)
}

function quotients({ row, control }: Pair): number[][] {
  return row.samples
    .map((pass, index) => {
      const controls = control.samples[index] ?? []
      return pass.slice(0, controls.length).map((ns, at) => ns / (controls[at] as number))
    })
    .filter((pass) => pass.length > 0)
}

const resamples = 1000
/** What lies between passes cannot be guessed from fewer. */
const enoughPasses = 3
const enoughSamples = 6

/**
 * In two steps (Davison and Hinkley, Bootstrap Methods, 3.8): passes are drawn with replacement, then
 * samples within each. Samples of one pass resemble each other; drawing passes as a whole lets what
 * lies between them count for as much as it should.
 */
function bootstrap(base: Passes, other: Passes, value: number, random: () => number): Ratio {
  const ratios = Array.from({ length: resamples }, () => {
    return resampledMedian(other, random) / resampledMedian(base, random)
  }).sort((a, b) => a - b)
  const around = (confidence: number): [number, number] => [
    Math.min(quantileSorted(ratios, (1 - confidence) / 2), value),
    Math.max(quantileSorted(ratios, (1 + confidence) / 2), value),
  ]
  const isSufficient = [base, other].every(
    (passes) => passes.length >= enoughPasses && passes.flat().length >= enoughSamples,
  )
  return { value, interval: around(0.99), inner: around(0.9), isSufficient }
}

function resampledMedian(passes: Passes, random: () => number): number {
  const drawn = sampleWithReplacement([...passes], passes.length, random)
  return median(drawn.flatMap((pass) => sampleWithReplacement([...pass], pass.length, random)))
}

/** Numbers from 0 to below 1, always the same ones: mulberry32 (public domain). */
export function seededRandom(): () => number {
  let state = 1
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
