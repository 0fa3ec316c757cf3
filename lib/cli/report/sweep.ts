// The sweep: which contender is cheapest where, and each contender by itself.

import type { SweepCase } from '../../measure/index.ts'
import { bar } from '../bars.ts'
import { formatMicroseconds, formatShare, formatUncertainty } from '../quantities.ts'
import { style } from '../table.ts'
import type { Section, SectionColumn } from './section.ts'

/** Ratios to the bare loop above which the library costs more than it promises. */
const worthNoting = 1.25
const barWidth = 10

const unique = <Value>(values: readonly Value[]): Value[] => [...new Set(values)]

/** Microseconds per dirty page, a column for each contender, a line for each pattern and fraction. */
export function sweepSections(sweep: readonly SweepCase[]): Section[] {
  const contenders = unique(sweep.map((it) => it.mechanism))
  const columns: SectionColumn[] = [
    { title: 'µs per dirty page', align: 'left' },
    { title: 'dirty' },
    ...contenders.flatMap((title): SectionColumn[] => [
      { title },
      { title: '', align: 'left', isBar: true },
    ]),
  ]
  const rows: string[][] = []
  for (const pattern of unique(sweep.map((it) => it.pattern))) {
    const ofPattern = sweep.filter((it) => it.pattern === pattern)
    for (const [index, fraction] of unique(ofPattern.map((it) => it.dirtyFraction)).entries()) {
      const cases = ofPattern.filter((it) => it.dirtyFraction === fraction)
      const costs = cases.map((it) => it.nsPerDirtyPage)
      const cells = contenders.flatMap((name) => {
        const found = cases.find((it) => it.mechanism === name)
        return found === undefined ? ['', ''] : renderCost(found, costs)
      })
      rows.push([index === 0 ? pattern : '', formatShare(fraction), ...cells])
    }
  }
  const note =
    'Bars compare the contenders of one line, in logarithmic scale; the cheapest is bold.'
  return [{ heading: 'Microseconds per dirty page', columns, rows, legend: style('dim', note) }]
}

/** The number, and a bar that is empty for the cheapest of the line and full for the dearest. */
function renderCost(it: SweepCase, costs: readonly number[]): [string, string] {
  const [least, most] = [Math.min(...costs), Math.max(...costs)]
  const text = formatMicroseconds(it.nsPerDirtyPage)
  const share = most === least ? 0 : Math.log(it.nsPerDirtyPage / least) / Math.log(most / least)
  const isBest = it.nsPerDirtyPage === least
  const length = 1 / barWidth + share * (1 - 1 / barWidth)
  return [
    isBest ? style(['bold', 'green'], text) : text,
    style(isBest ? 'green' : 'dim', bar(length, barWidth)),
  ]
}

/** A table for each contender, with everything that is known of it. */
export function detailSections(sweep: readonly SweepCase[]): Section[] {
  return unique(sweep.map((it) => it.mechanism)).map((name) =>
    contenderSection(sweep.filter((it) => it.mechanism === name)),
  )
}

function contenderSection(cases: readonly SweepCase[]): Section {
  const name = cases[0]?.mechanism ?? ''
  const columns: SectionColumn[] = [
    { title: name, align: 'left' },
    ...['dirty', 'pages', 'reported', 'lost', 'faults', 'µs/page', '', 'bare', 'ratio'].map(
      (title) => ({ title }),
    ),
    ...['write', 'collect', 'copy', 'ms/frame', 'p90', 'frames'].map((title) => ({ title })),
  ]
  const rows = cases.map((it, index) => {
    const perPage = (ns: number) => formatMicroseconds(ns / it.dirtyPages)
    const ms = (ns: number) => (ns / 1e6).toFixed(2)
    const isKnown = it.median !== null
    return [
      it.pattern === cases[index - 1]?.pattern ? '' : it.pattern,
      formatShare(it.dirtyFraction),
      String(it.dirtyPages),
      String(it.reportedPages),
      it.lostPages === 0 ? '0' : style(['bold', 'red'], String(it.lostPages)),
      String(it.faults),
      style('bold', formatMicroseconds(it.nsPerDirtyPage)),
      isKnown ? style(it.tight ? 'dim' : 'yellow', formatUncertainty(it)) : '',
      formatMicroseconds(it.bare.nsPerDirtyPage),
      renderRatio(it.nsPerDirtyPage / it.bare.nsPerDirtyPage),
      perPage(it.split.writeNs),
      perPage(it.split.collectNs),
      perPage(it.split.copyNs),
      ms(it.nsPerFrame.p50),
      ms(it.nsPerFrame.p90),
      isKnown ? String(it.count) : '',
    ]
  })
  return { heading: name, columns, rows }
}

const renderRatio = (ratio: number): string =>
  style(ratio > worthNoting ? 'yellow' : 'green', ratio.toFixed(2))
