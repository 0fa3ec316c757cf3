// From the results of all frames to the rows of a table.

import { mean, median, quantile } from 'simple-statistics'
import { bareOf, isMechanism } from './contenders.ts'
import { type FrameResult, totalNs } from './frame-result.ts'
import type { Series } from './race.ts'
import type { BenchRow } from './result.ts'

/** What all rows of one pattern and table have in common. */
export type Case = Pick<
  BenchRow,
  'pattern' | 'writer' | 'bytesPerPage' | 'cpuWorkMs' | 'pagesWritten' | 'pagesUnpredictable'
>

/** A frame of fewer ns is as good as nothing, and a ratio to it says nothing. */
const nothing = 100

/** One row for each contender, with the ratios between them. */
export function summarize(about: Case, series: readonly Series[]): BenchRow[] {
  const rows = series.map((it) => summarizeOne(about, it))
  const fixed = rows.filter((row) => isMechanism(row.contender))
  const best = fixed.toSorted((a, b) => a.nsPerFrame - b.nsPerFrame)[0]?.contender
  for (const [index, row] of rows.entries()) {
    const ratioTo = (name: string | undefined): number | null => {
      const other = series.find((it) => it.contender === name)
      const own = series[index]
      return other === undefined || own === undefined ? null : ratioOf(own, other)
    }
    row.ratioToBest = ratioTo(best)
    row.ratioToExplicit = ratioTo('explicit')
    row.ratioToBare = ratioTo(bareOf(row.contender))
  }
  return rows
}

/**
 * The median of the rounds' ratios: what disturbs the machine for longer than a round disturbs both
 * sides of each.
 */
function ratioOf(series: Series, base: Series): number | null {
  const bases = turnsOf(base, totalNs)
  if (median(bases) < nothing) return null
  const common = turnsOf(series, totalNs).slice(0, bases.length)
  return median(common.map((ns, round) => ns / (bases[round] ?? Number.NaN)))
}

/** Of each turn the mean frame: it may do what pays only in later ones. */
const turnsOf = ({ turns }: Series, pick: (frame: FrameResult) => number): number[] =>
  turns.map((frames) => mean(frames.map(pick)))

function summarizeOne(about: Case, series: Series): BenchRow {
  const medianOf = (pick: (frame: FrameResult) => number) => median(turnsOf(series, pick))
  const frames = series.turns.flat()
  const totals = turnsOf(series, totalNs)
  return {
    ...about,
    contender: series.contender,
    nsPerFrame: median(totals),
    spread: { p10: quantile(totals, 0.1), p90: quantile(totals, 0.9) },
    ratioToBest: null,
    ratioToExplicit: null,
    ratioToBare: null,
    frames: frames.length,
    pagesReported: mean(frames.map((frame) => frame.pagesReported)),
    faults: mean(frames.map((frame) => frame.faults)),
    lostPages: frames.reduce((sum, frame) => sum + frame.lostPages, 0),
    split: {
      workNs: medianOf((frame) => frame.workNs),
      writeNs: medianOf((frame) => frame.writeNs),
      collectNs: medianOf((frame) => frame.collectNs),
      copyNs: medianOf((frame) => frame.copyNs),
    },
  }
}
