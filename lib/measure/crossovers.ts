// Where one mechanism stops being the cheapest and another begins.

import type { Mechanism } from '../policy.ts'
import type { Pattern } from './patterns.ts'
import type { SweepCase } from './sweep.ts'

/** The cheapest mechanism changes here as more pages are written. */
export interface Crossover {
  /** Which pages are written. */
  pattern: Pattern
  /** The cheapest with fewer dirty pages. */
  below: Mechanism
  /** The cheapest with more. */
  above: Mechanism
  /** Share of dirty pages at which both cost the same: between two that were measured, by power laws. */
  dirtyFraction: number
}

type Point = Pick<SweepCase, 'mechanism' | 'pattern' | 'dirtyFraction'> & {
  nsPerFrame: { p50: number }
}

/** All of them, in order of patterns and fractions. `auto`, which follows the cheapest, does not count. */
export function findCrossovers(sweep: readonly Point[]): Crossover[] {
  const fixed = sweep.filter((it) => it.mechanism !== 'auto')
  return [...new Set(fixed.map((it) => it.pattern))].flatMap((pattern) => {
    const cases = fixed.filter((it) => it.pattern === pattern)
    const fractions = [...new Set(cases.map((it) => it.dirtyFraction))].sort((a, b) => a - b)
    return fractions.slice(1).flatMap((high, index) => {
      return between(cases, fractions[index] as number, high).map((it) => ({ pattern, ...it }))
    })
  })
}

/** In the lower envelope of straight lines in logarithmic scales, from `low` to `high`. */
function between(cases: readonly Point[], low: number, high: number): Omit<Crossover, 'pattern'>[] {
  const at = (fraction: number, mechanism: string): number | undefined =>
    cases.find((it) => it.dirtyFraction === fraction && it.mechanism === mechanism)?.nsPerFrame.p50
  const lines = [...new Set(cases.map((it) => it.mechanism as Mechanism))].flatMap((mechanism) => {
    const [begin, end] = [at(low, mechanism), at(high, mechanism)]
    if (begin === undefined || end === undefined) return []
    return [{ mechanism, begin: Math.log(begin), slope: Math.log(end) - Math.log(begin) }]
  })
  const found: Omit<Crossover, 'pattern'>[] = []
  let position = 0 // 0 at `low`, 1 at `high`
  let [current] = lines.toSorted((a, b) => a.begin - b.begin || a.slope - b.slope)
  while (current !== undefined) {
    const { begin, slope, mechanism }: (typeof lines)[number] = current
    const [next] = lines
      .filter((line) => line.slope < slope)
      .map((line) => ({ line, where: (line.begin - begin) / (slope - line.slope) }))
      .filter(({ where }) => where > position && where <= 1)
      .sort((a, b) => a.where - b.where || a.line.slope - b.line.slope)
    if (next === undefined) break
    position = next.where
    found.push({
      below: mechanism,
      above: next.line.mechanism,
      dirtyFraction: low * (high / low) ** position,
    })
    current = next.line
  }
  return found
}
