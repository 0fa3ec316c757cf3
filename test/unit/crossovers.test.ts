// Where one mechanism becomes cheaper than another.

import { describe, expect, test } from 'vitest'
import { findCrossovers } from '../../lib/measure/crossovers.ts'
import type { SweepContender } from '../../lib/measure/index.ts'

function curve(
  mechanism: SweepContender,
  fractions: readonly number[],
  cost: (fraction: number) => number,
) {
  return fractions.map((dirtyFraction) => ({
    mechanism,
    pattern: 'random' as const,
    dirtyFraction,
    nsPerFrame: { p50: cost(dirtyFraction) },
  }))
}

const fractions = [0.001, 0.01, 0.1, 1]

describe('crossovers', () => {
  test('lie where two power laws meet', () => {
    const found = findCrossovers([
      ...curve('full', fractions, () => 50),
      ...curve('userfault', fractions, (it) => 1000 * it), // 50 at 0.05
    ])
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ pattern: 'random', below: 'userfault', above: 'full' })
    expect(found[0]?.dirtyFraction).toBeCloseTo(0.05)
  })

  test('are of the cheapest only', () => {
    const found = findCrossovers([
      ...curve('full', fractions, () => 50),
      ...curve('userfault', fractions, (it) => 1000 * it),
      ...curve('write-fault', fractions, (it) => 8000 * it), // crosses full, but far above
    ])
    expect(found).toHaveLength(1)
  })

  test('may be several between two fractions', () => {
    const found = findCrossovers([
      ...curve('write-fault', [0.01, 1], (it) => 100 * it ** 2),
      ...curve('userfault', [0.01, 1], (it) => 10 * it), // 1 at 0.1
      ...curve('full', [0.01, 1], () => 5), // 5 at 0.5
    ])
    expect(found.map(({ below, above }) => [below, above])).toEqual([
      ['write-fault', 'userfault'],
      ['userfault', 'full'],
    ])
    expect(found[0]?.dirtyFraction).toBeCloseTo(0.1)
    expect(found[1]?.dirtyFraction).toBeCloseTo(0.5)
  })

  test('are none where one is always the cheapest, or nothing is known', () => {
    expect(findCrossovers([])).toEqual([])
    expect(findCrossovers(curve('full', fractions, () => 1))).toEqual([])
    const always = [
      ...curve('full', fractions, () => 50),
      ...curve('userfault', fractions, () => 60),
    ]
    expect(findCrossovers(always)).toEqual([])
  })

  test('leave out auto, which has no cost of its own', () => {
    const found = findCrossovers([
      ...curve('full', fractions, () => 50),
      ...curve('auto', fractions, (it) => 1000 * it),
    ])
    expect(found).toEqual([])
  })
})
