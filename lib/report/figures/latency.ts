// How long single faults take: not the usual one only, but the one in a thousand.

import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js'
import type { FaultRow, Latency } from '../../measure/index.ts'
import type { Figure } from '../figure.ts'
import { drawLines, type Line, type LinePoint } from '../line-plot.ts'
import { formatTime } from '../words.ts'

/** Shares of faults that take longer, with what they are called. */
const levels = [
  { above: 0.5, name: '50 %' },
  { above: 0.1, name: '90 %' },
  { above: 0.01, name: '99 %' },
  { above: 0.001, name: '99.9 %' },
  { above: 0.0001, name: '99.99 %' },
]

type MeasuredFault = FaultRow & { latency: Latency }

const isMeasured = (row: FaultRow): row is MeasuredFault => row.latency !== null

/** One for each mechanism; what is read stands with what is written by the same mechanism. */
export function latencyFigures(faults: readonly FaultRow[]): Figure[] {
  const rows = faults.filter(isMeasured)
  return [...new Set(rows.map((row) => row.mechanism))].map((mechanism) => {
    const title = `Single faults under ${mechanism}`
    const own = rows.filter((row) => row.mechanism === mechanism)
    return { name: `latency-${mechanism}`, title, svg: draw(title, own) }
  })
}

const colours: Record<string, string> = {
  'write random': 'write-fault',
  'write sequential': 'full',
  'read random': 'userfault',
  'read-back random': 'compare',
}

function nameOf({ kind, pattern, by }: FaultRow): string {
  return `${kind}, ${pattern}${by === 'bare' ? ', by hand' : ''}`
}

function draw(title: string, rows: readonly MeasuredFault[]): string {
  const lines = rows.map(
    (row): Line => ({
      name: nameOf(row),
      colour: colours[`${row.kind} ${row.pattern}`] ?? 'other',
      isDashed: row.by === 'bare',
      points: percentiles(row.latency),
    }),
  )
  const most = Math.max(...rows.map((row) => row.latency.count))
  const known = levels.filter(({ above }) => above * most >= 1)
  const nameAt = (x: number): string =>
    known.find(({ above }) => Math.abs(x * above - 1) < 1e-6)?.name ?? ''
  return drawLines({
    title,
    lines,
    xTitle: 'share of faults that take no longer',
    yTitle: 'latency',
    formatX: nameAt,
    formatY: formatTime,
    xTicks: known.map(({ above }) => 1 / above),
    tips: known.map(({ above, name }) => ({ x: 1 / above, text: describe(rows, above, name) })),
  })
}

/** Latency against 1 / (share of slower faults): each decade is one nine more. */
function percentiles({ histogram, count }: Latency): LinePoint[] {
  const decoded = decode(histogram)
  const points: LinePoint[] = []
  for (let exponent = Math.log10(2); exponent <= Math.log10(count); exponent += 0.06) {
    const x = 10 ** exponent
    points.push({ x, y: Math.max(valueAt(decoded, 1 / x), 1) })
  }
  return points
}

const decode = (histogram: string): Histogram => decodeFromCompressedBase64(histogram)

/** The latency that this share of the faults exceeds. */
const valueAt = (histogram: Histogram, above: number): number =>
  Math.min(histogram.getValueAtPercentile(100 * (1 - above)), histogram.maxValue)

function describe(rows: readonly MeasuredFault[], above: number, name: string): string {
  const lines = rows
    .map((row) => ({ row, ns: valueAt(decode(row.latency.histogram), above) }))
    .sort((a, b) => a.ns - b.ns)
    .map(({ row, ns }) => `${nameOf(row)}: ${formatTime(ns)}`)
  return [`${name} take no longer than`, ...lines].join('\n')
}
