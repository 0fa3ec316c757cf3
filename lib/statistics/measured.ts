// What is said about a quantity that was measured again and again, in several passes.

import { median } from 'simple-statistics'
import { medianInterval } from './median-interval.ts'

/** A time that was measured. */
export interface Measurement {
  /** Names it within its document; the same in the next measurement with the same options. */
  key: string
  /** Nanoseconds: the median of all samples. */
  median: number
  /**
   * From where to where the true median lies, in nanoseconds: 95 % confidence if the samples are
   * independent, widened to the medians of all passes, which shows where they are not.
   */
  interval: [number, number]
  /** Samples. */
  count: number
  /** Whether the interval of the samples is no wider than 5 % of the median. */
  tight: boolean
  /** How far the medians of the passes lie apart, over the median: what the machine drifted. */
  drift: number
  /** The samples of each pass in nanoseconds, of long passes evenly chosen ones. For comparisons. */
  samples: number[][]
}

/** A time that could not be measured here. */
export interface Absence {
  /** Names it within its document. */
  key: string
  /** Null: it was not measured. */
  median: null
  /** Why not. */
  reason: string
}

/** Relative width of an interval that is good enough. */
const tightEnough = 0.05

/** Samples of a pass that are kept. */
const kept = 40

export function isTight(samples: readonly number[]): boolean {
  // Fewer have no interval of 95 %.
  if (samples.length < 6) return false
  const [low, high] = medianInterval(samples)
  return high - low <= tightEnough * median([...samples])
}

/** @param passes samples in nanoseconds; at least one in all */
export function summarize(key: string, passes: readonly (readonly number[])[]): Measurement {
  const filled = passes.filter((samples) => samples.length > 0)
  const all = filled.flat()
  const middle = median(all)
  const medians = filled.map((samples) => median([...samples]))
  const [low, high] = medianInterval(all)
  return {
    key,
    median: rounded(middle),
    interval: [rounded(Math.min(low, ...medians)), rounded(Math.max(high, ...medians))],
    count: all.length,
    tight: isTight(all),
    drift: middle === 0 ? 0 : rounded((Math.max(...medians) - Math.min(...medians)) / middle),
    samples: filled.map((samples) => thin(samples).map(rounded)),
  }
}

/** Evenly chosen ones, in order of time. */
function thin(samples: readonly number[]): number[] {
  const count = Math.min(samples.length, kept)
  return Array.from({ length: count }, (_, index) => {
    return samples[Math.floor((index * samples.length) / count)] as number
  })
}

/** More digits are noise, and only make documents long. */
const rounded = (value: number): number => Number(value.toPrecision(5))
