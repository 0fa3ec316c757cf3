// What costs depend on.

import { type EffectRow, effectTitles } from '../../measure/index.ts'
import { bar } from '../bars.ts'
import { formatMicroseconds, formatUncertainty } from '../quantities.ts'
import { type Column, renderTable, style } from '../table.ts'

const barWidth = 20

/** A table for each effect. */
export function renderEffects(rows: readonly EffectRow[]): string[] {
  const names = [...new Set(rows.map((row) => row.effect))]
  return names.map((name) => renderEffect(rows.filter((row) => row.effect === name)))
}

const nameOf = ({ mechanism, by }: EffectRow): string =>
  by === 'bare' ? `${mechanism}, bare` : mechanism

function renderEffect(rows: readonly EffectRow[]): string {
  const [first] = rows
  if (first === undefined) return ''
  const { title, unit } = effectTitles[first.effect]
  const columns: Column[] = [
    { title, align: 'left' },
    { title: '' },
    { title: `µs ${unit}` },
    { title: '' },
    { title: '', align: 'left' },
  ]
  const most = Math.max(...rows.map((row) => row.median ?? 0))
  const lines = rows.map((row, index) => {
    const name = nameOf(row)
    const previous = rows[index - 1]
    const isAgain = previous !== undefined && nameOf(previous) === name
    const head = [isAgain ? '' : name, String(row.value)]
    if (row.median === null) return [...head, '–', '', style('dim', row.reason)]
    return [
      ...head,
      style('bold', formatMicroseconds(row.median)),
      style(row.tight ? 'dim' : 'yellow', formatUncertainty(row)),
      bar(row.median / most, barWidth),
    ]
  })
  return renderTable(columns, lines)
}
