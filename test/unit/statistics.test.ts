// What is said about samples.

import { describe, expect, test } from 'vitest'
import { summarize } from '../../lib/statistics/measured.ts'
import { medianInterval } from '../../lib/statistics/median-interval.ts'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

/** The probability that at least `ranks` of `count` fair coins show heads, by counting. */
function coverage(count: number, [low, high]: [number, number]): number {
  let inside = 0
  for (let outcome = 0; outcome < 2 ** count; outcome++) {
    const heads = outcome.toString(2).replaceAll('0', '').length
    // The median lies above x_(k) if at least k values are below it.
    if (heads >= low && heads < high) inside++
  }
  return inside / 2 ** count
}

describe('the interval of a median', () => {
  test.each([6, 9, 10, 13, 16])('of %i values covers it in 95 % of all cases, barely', (count) => {
    const [low, high] = medianInterval(upTo(count))
    expect(coverage(count, [low, high])).toBeGreaterThanOrEqual(0.95)
    expect(coverage(count, [low + 1, high - 1])).toBeLessThan(0.95)
  })

  // Table A of Conover's Practical Nonparametric Statistics, among others.
  test.each([
    [6, 1, 6],
    [10, 2, 9],
    [20, 6, 15],
    [30, 10, 21],
    [100, 40, 61],
  ])('of %i values lies between the ones of known ranks', (count, low, high) => {
    expect(medianInterval(upTo(count))).toEqual([low, high])
  })

  test('of few values is all of them', () => {
    expect(medianInterval([3, 1, 2])).toEqual([1, 3])
    expect(medianInterval([7])).toEqual([7, 7])
  })

  test('does not depend on their order', () => {
    expect(medianInterval(upTo(20).reverse())).toEqual(medianInterval(upTo(20)))
  })

  test('grows with the confidence', () => {
    const [low, high] = medianInterval(upTo(50), 0.5)
    const [lower, higher] = medianInterval(upTo(50), 0.999)
    expect(lower).toBeLessThan(low)
    expect(higher).toBeGreaterThan(high)
  })
})

describe('a summary', () => {
  test('is of all passes together', () => {
    const it = summarize('key', [[10, 11, 12], [13, 14], []])
    expect(it).toMatchObject({ key: 'key', median: 12, count: 5 })
    expect(it.samples).toEqual([
      [10, 11, 12],
      [13, 14],
    ])
  })

  test('is not tight with few samples, nor with scattered ones', () => {
    expect(summarize('few', [[100, 100, 100]]).tight).toBe(false)
    expect(summarize('near', [upTo(20).map((n) => 1000 + n)]).tight).toBe(true)
    expect(summarize('far', [upTo(20).map((n) => 1000 + 50 * n)]).tight).toBe(false)
  })

  test('has an interval that contains what each pass found', () => {
    const low = Array.from({ length: 50 }, () => 100)
    const high = Array.from({ length: 10 }, () => 130)
    const { median, interval, drift } = summarize('drifting', [low, high])
    expect(median).toBe(100)
    expect(interval).toEqual([100, 130])
    expect(drift).toBeCloseTo(0.3)
  })

  test('keeps some samples of long passes, from their beginning to their end', () => {
    const { samples, count } = summarize('long', [upTo(1000)])
    expect(count).toBe(1000)
    expect(samples[0]).toHaveLength(40)
    expect(samples[0]?.[0]).toBe(1)
    expect(samples[0]?.at(-1)).toBeGreaterThan(950)
  })
})
