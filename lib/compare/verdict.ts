// What is said about a row.

import type { Ratio } from './ratio.ts'

/**
 * - `slower`, `faster`: by more than the threshold, surely.
 * - `same`: the same within the threshold, surely.
 * - `noisy`: nobody can tell.
 */
export type Verdict = 'slower' | 'faster' | 'same' | 'noisy'

/**
 * @param threshold a difference that matters, as a share: 0.1
 * @param drift a factor from 1 on by which the machine alone may change a row; less is no change
 */
export function judge(ratio: Ratio, threshold: number, drift = 1): Verdict {
  const { interval, inner, isSufficient } = ratio
  if (!isSufficient) return 'noisy'
  const limit = 1 + threshold
  const change = Math.max(limit, drift)
  if (interval[0] > change) return 'slower'
  if (interval[1] < 1 / change) return 'faster'
  return inner[0] >= 1 / limit && inner[1] <= limit ? 'same' : 'noisy'
}
