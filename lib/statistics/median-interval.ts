// How well a median is known.

import { probit } from 'simple-statistics'

/** Up to here the binomial distribution is summed up; its normal approximation is as good beyond. */
const exactUpTo = 60

/**
 * Where the median of what the values were drawn from lies with the given confidence: between two of
 * the values, by their ranks (the binomial confidence interval of a quantile), whatever the
 * distribution. Fewer than six values cannot tell with 95 %: then from the smallest to the largest.
 *
 * @param values at least one
 * @param confidence 0 to 1
 */
export function medianInterval(values: readonly number[], confidence = 0.95): [number, number] {
  const sorted = values.toSorted((a, b) => a - b)
  const count = sorted.length
  const beyond = ranksBeyond(count, (1 - confidence) / 2)
  return [sorted[beyond] ?? Number.NaN, sorted[count - 1 - beyond] ?? Number.NaN]
}

/** How many values at either end can be left out, when each end may be wrong with probability `tail`. */
function ranksBeyond(count: number, tail: number): number {
  if (count > exactUpTo) {
    return Math.floor((count + probit(tail) * Math.sqrt(count) - 1) / 2)
  }
  // The number of values below the median is binomial with one half.
  let probability = 0.5 ** count
  let sum = probability
  let ranks = 0
  while (sum <= tail) {
    ranks++
    probability *= (count - ranks + 1) / ranks
    sum += probability
  }
  return Math.max(ranks - 1, 0)
}
