// What the tables say, in words.

import type { EffectRow, Measurement, MeasureResult, SweepCase } from '../../measure/index.ts'
import { formatMicroseconds, formatShare } from '../quantities.ts'
import { style } from '../table.ts'

/** A line for each conclusion. */
export function renderVerdict(result: MeasureResult): string[] {
  return [...renderSweep(result), ...renderShootdowns(result.effects)]
}

function renderSweep({ sweep, crossovers }: MeasureResult): string[] {
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

/** Less is no reason to choose another mechanism. */
const noteworthyFactor = 1.2

interface Shootdown {
  mechanism: string
  alone: Measurement
  beside: Measurement
}

/** What other threads do to faults, as far as it was measured to do something. */
function renderShootdowns(effects: readonly EffectRow[]): string[] {
  const rows = effects.filter((row) => row.effect === 'tlb-shootdown')
  const found = [...new Set(rows.map((row) => row.mechanism))].flatMap((mechanism): Shootdown[] => {
    const [alone, beside] = [0, 1].map((value) =>
      rows.find((row) => row.mechanism === mechanism && row.value === value),
    )
    if (alone === undefined || alone.median === null) return []
    if (beside === undefined || beside.median === null) return []
    return [{ mechanism, alone, beside }]
  })
  const slowed = found.filter(
    (it) => it.beside.interval[0] > it.alone.interval[1] && factorOf(it) >= noteworthyFactor,
  )
  const cheapest = found.toSorted((a, b) => a.beside.median - b.beside.median)[0]
  return slowed.map((it) => {
    const [beside, alone] = [it.beside.median, it.alone.median].map(formatMicroseconds)
    const text = `While another thread of the process runs, a fault under ${style('bold', it.mechanism)} takes ${beside} µs instead of ${alone} (TLB shootdown)`
    // Advice only where the other mechanism was measured to suffer less.
    const isBetter =
      cheapest !== undefined &&
      factorOf(cheapest) < factorOf(it) &&
      cheapest.mechanism !== it.mechanism
    if (!isBetter) return `${text}.`
    return `${text}; under ${style('bold', cheapest.mechanism)} it takes ${formatMicroseconds(cheapest.beside.median)}.`
  })
}

const factorOf = ({ alone, beside }: Shootdown): number => beside.median / alone.median
