// From the results of all frames to the rows of a table.

import { mean, median, percentile } from '../measure/samples.ts'
import { bareOf, isMechanism } from './contenders.ts'
import { type FrameResult, totalNs } from './frame-result.ts'
import type { Series } from './race.ts'
import type { BenchRow } from './result.ts'

/** What all rows of one pattern and table have in common. */
export type Case = Pick<BenchRow, 'pattern' | 'bytesPerPage' | 'cpuWorkMs' | 'pagesWritten'>

/** A frame of fewer ns is as good as nothing, and a ratio to it says nothing. */
const nothing = 100

/** One row for each contender, with the ratios between them. */
export function summarize(about: Case, series: readonly Series[]): BenchRow[] {
  const rows = series.map((it) => summarizeOne(about, it))
  const timeOf = (name: string | undefined): number | undefined =>
    rows.find((row) => row.contender === name)?.nsPerFrame
  const fixed = rows.filter((row) => isMechanism(row.contender))
  const best = fixed.length > 0 ? Math.min(...fixed.map((row) => row.nsPerFrame)) : undefined
  for (const row of rows) {
    const ratioTo = (ns: number | undefined): number | null =>
      ns === undefined || ns < nothing ? null : row.nsPerFrame / ns
    row.ratioToBest = ratioTo(best)
    row.ratioToExplicit = ratioTo(timeOf('explicit'))
    row.ratioToBare = ratioTo(timeOf(bareOf(row.contender)))
  }
  return rows
}

function summarizeOne(about: Case, { contender, turns }: Series): BenchRow {
  // A frame may do what pays only in later ones, so what counts is the mean of a whole turn.
  const means = (pick: (frame: FrameResult) => number) =>
    turns.map((frames) => mean(frames.map(pick)))
  const totals = means(totalNs)
  return {
    ...about,
    contender,
    nsPerFrame: median(totals),
    spread: { p10: percentile(totals, 0.1), p90: percentile(totals, 0.9) },
    ratioToBest: null,
    ratioToExplicit: null,
    ratioToBare: null,
    frames: turns.reduce((sum, frames) => sum + frames.length, 0),
    pagesReported: mean(means((frame) => frame.pagesReported)),
    faults: mean(means((frame) => frame.faults)),
    lostPages: turns.flat().reduce((sum, frame) => sum + frame.lostPages, 0),
    split: {
      workNs: median(means((frame) => frame.workNs)),
      writeNs: median(means((frame) => frame.writeNs)),
      collectNs: median(means((frame) => frame.collectNs)),
      copyNs: median(means((frame) => frame.copyNs)),
    },
  }
}
