// What the tables say, in words.

import type { MeasureResult, SweepCase } from '../../measure/index.ts'
import { formatMicroseconds, formatShare } from '../quantities.ts'
import { style } from '../table.ts'

/** A line for each conclusion. */
export function renderVerdict({ sweep, crossovers }: MeasureResult): string[] {
  if (sweep.length === 0) return []
  const lines = [
    ...renderCheapest(sweep),
    ...crossovers.map(
      ({ pattern, below, above, dirtyFraction }) =>
        `From ${formatShare(dirtyFraction)} ${pattern} dirty pages on ${style('bold', above)} is cheaper than ${below}.`,
    ),
  ]
  const lost = sweep.reduce((sum, it) => sum + it.lostPages, 0)
  const frames = sweep.reduce((sum, it) => sum + (it.median === null ? 0 : it.count), 0)
  lines.push(
    lost === 0
      ? `Nothing was lost: after each of ${frames} frames every written page had reached its copy.`
      : style(['bold', 'red'], `${lost} written pages did not reach their copy. That is a bug.`),
  )
  return lines
}

/** For the pattern that is hardest to track, if it was measured. */
function renderCheapest(sweep: readonly SweepCase[]): string[] {
  const pattern = sweep.some((it) => it.pattern === 'random') ? 'random' : sweep[0]?.pattern
  const ofPattern = sweep.filter((it) => it.pattern === pattern)
  const fractions = [...new Set(ofPattern.map((it) => it.dirtyFraction))].sort((a, b) => a - b)
  return fractions.map((fraction) => {
    const [best, ...others] = ofPattern
      .filter((it) => it.dirtyFraction === fraction)
      .sort((a, b) => a.nsPerDirtyPage - b.nsPerDirtyPage)
    if (best === undefined) return ''
    const rest = others.map(
      (it) => `${it.mechanism} ${(it.nsPerDirtyPage / best.nsPerDirtyPage).toFixed(1)} times that`,
    )
    const start = `At ${formatShare(fraction)} ${pattern} dirty pages ${style('bold', best.mechanism)} is cheapest`
    const cost = `${formatMicroseconds(best.nsPerDirtyPage)} µs per page`
    return `${[`${start}: ${cost}`, ...rest].join(', ')}.`
  })
}
