// A comparison as text.

import type { ComparedRow, CompareResult, OverallVerdict, Verdict } from '../compare/index.ts'
import { renderMarkdownTable } from './markdown.ts'
import { formatMicroseconds, formatShare } from './quantities.ts'
import { type Column, renderTable, type Style, style } from './table.ts'

/** How to print. */
export interface ComparisonFormat {
  /** All rows, not only those that changed. */
  all: boolean
  markdown: boolean
}

const looks: Record<Verdict, Style> = {
  slower: ['bold', 'red'],
  faster: ['bold', 'green'],
  same: 'dim',
  noisy: 'yellow',
}
const order: readonly Verdict[] = ['slower', 'faster', 'noisy', 'same']

export function renderComparison(
  result: CompareResult,
  { all, markdown }: ComparisonFormat,
): string {
  if (!result.comparable) return markdown ? `**Not compared.** ${result.reasons.join(' ')}` : ''
  const shown = all ? result.rows : result.rows.filter((it) => isChange(it))
  const sorted = shown.toSorted(
    (a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict) || changeOf(b) - changeOf(a),
  )
  const table = (markdown ? renderMarkdownTable : renderTable)(
    columns,
    sorted.map((it) => renderRow(it)),
  )
  const notes = [renderCounts(result), ...renderDrift(result), ...renderMissing(result)]
  const caveats = [...result.reasons, ...result.warnings].map((text) => style('yellow', text))
  const parts = [renderHeadline(result, markdown), ...(sorted.length > 0 ? [table] : [])]
  return [...parts, [...notes, ...caveats].join('\n')].join('\n\n')
}

const changeOf = ({ adjusted, ratio }: ComparedRow): number => adjusted ?? ratio

const isChange = ({ verdict, isControl }: ComparedRow): boolean =>
  !isControl && (verdict === 'slower' || verdict === 'faster')

const columns: Column[] = [
  { title: 'row', align: 'left' },
  { title: '', align: 'left' },
  { title: 'µs before' },
  { title: 'µs now' },
  { title: 'now / before' },
  { title: 'adjusted' },
  { title: '99 %' },
]

function renderRow(row: ComparedRow): string[] {
  const { key, verdict, base, other, ratio, adjusted, interval, isControl } = row
  const look = looks[verdict]
  return [
    key,
    style(look, isControl ? `${verdict} (control)` : verdict),
    formatMicroseconds(base),
    formatMicroseconds(other),
    adjusted === null ? style(look, ratio.toFixed(2)) : ratio.toFixed(2),
    adjusted === null ? '' : style(look, adjusted.toFixed(2)),
    style('dim', `${interval[0].toFixed(2)} – ${interval[1].toFixed(2)}`),
  ]
}

function renderHeadline(result: CompareResult, markdown: boolean): string {
  const text = headline(result)
  if (markdown) return `**${text}**`
  return style(headlineLooks[result.verdict], text)
}

const headlineLooks: Record<OverallVerdict, Style> = {
  regression: looks.slower,
  improvement: looks.faster,
  equal: looks.faster,
  unclear: looks.noisy,
  incomparable: looks.noisy,
}

function headline({ verdict, counts, threshold }: CompareResult): string {
  const share = formatShare(threshold)
  switch (verdict) {
    case 'regression':
      return `${countRows(counts.slower)} slower by more than ${share}.`
    case 'improvement':
      return `${countRows(counts.faster)} faster by more than ${share}, none is slower.`
    case 'equal':
      return `Equal: no row is surely slower or faster by more than ${share}.`
    default:
      return `Unclear: no row is surely slower or faster by more than ${share}, but most are too noisy to tell.`
  }
}

const countRows = (count: number): string => (count === 1 ? '1 row is' : `${count} rows are`)

function renderCounts({ counts, threshold }: CompareResult): string {
  const all = counts.slower + counts.faster + counts.same + counts.noisy
  return `Of ${all} rows ${counts.same} are the same within ${formatShare(threshold)}, ${counts.noisy} too noisy to tell, ${counts.slower} slower, ${counts.faster} faster.`
}

function renderDrift({ drift }: CompareResult): string[] {
  if (drift.controls === 0) return []
  return [
    `The machine: ${drift.controls} rows without the library changed by a factor of ${drift.ratio.toFixed(2)} (median); nineteen of twenty by less than ${drift.factor.toFixed(2)}.`,
  ]
}

function renderMissing({ onlyInBase, onlyInOther }: CompareResult): string[] {
  const lines = onlyInBase.map(
    ({ key, reason }) => `Not measured any more: ${key}${reason === null ? '' : ` (${reason})`}`,
  )
  if (onlyInOther.length > 0) lines.push(`Measured for the first time: ${onlyInOther.join(', ')}`)
  return lines
}
