// Latencies of single faults, and where their time goes.

import type { FaultRow } from '../../measure/index.ts'
import { legend, stackedBar } from '../bars.ts'
import { formatMicroseconds, formatUncertainty } from '../quantities.ts'
import { style } from '../table.ts'
import type { Section, SectionColumn } from './section.ts'

const barWidth = 24
const splitNames = ['entry and delivery', 'handler', 'un-protect', 'return'] as const

export function faultSections(rows: readonly FaultRow[]): Section[] {
  const columns: SectionColumn[] = [
    { title: 'single faults', align: 'left' },
    { title: 'pages', align: 'left' },
    { title: 'resolved by', align: 'left' },
    { title: 'µs p50' },
    { title: '' },
    { title: 'p90' },
    { title: 'p99' },
    { title: 'p99.9' },
    { title: 'max' },
    { title: 'faults' },
    { title: '', align: 'left', isBar: true },
  ]
  const lines = rows.map((row, index) => {
    const name = `${row.kind}, ${row.mechanism}`
    const previous = rows[index - 1]
    const again = previous?.kind === row.kind && previous.mechanism === row.mechanism
    const head = [again ? '' : name, row.pattern, row.by === 'bare' ? 'bare handler' : 'library']
    const { latency, split } = row
    if (row.median === null || latency === null) {
      return [
        ...head,
        '–',
        '',
        '',
        '',
        '',
        '',
        '',
        style('dim', row.median === null ? row.reason : ''),
      ]
    }
    const parts =
      split === null
        ? ''
        : stackedBar(
            [split.deliveryNs, split.handlerNs, split.unprotectNs, split.returnNs],
            barWidth,
          )
    return [
      ...head,
      style('bold', formatMicroseconds(latency.p50)),
      style(row.tight ? 'dim' : 'yellow', formatUncertainty(row)),
      ...[latency.p90, latency.p99, latency.p999, latency.max].map(formatMicroseconds),
      String(latency.count),
      parts,
    ]
  })
  const hasSplit = rows.some((row) => row.split !== null)
  return [
    {
      heading: 'Single faults',
      columns,
      rows: lines,
      ...(hasSplit && { legend: legend(splitNames) }),
    },
  ]
}
