// What costs depend on.

import { type EffectName, type EffectRow, effectTitles } from '../../measure/index.ts'
import { bar } from '../bars.ts'
import { formatMicroseconds, formatUncertainty } from '../quantities.ts'
import { style } from '../table.ts'
import type { Section, SectionColumn } from './section.ts'

const barWidth = 20

/** A table for each effect. */
export function effectSections(rows: readonly EffectRow[]): Section[] {
  const names = [...new Set(rows.map((row) => row.effect))]
  return names.map((name) =>
    effectSection(
      name,
      rows.filter((row) => row.effect === name),
    ),
  )
}

const nameOf = ({ mechanism, by }: EffectRow): string =>
  by === 'bare' ? `${mechanism}, bare` : mechanism

function effectSection(name: EffectName, rows: readonly EffectRow[]): Section {
  const { title, unit } = effectTitles[name]
  const columns: SectionColumn[] = [
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
  const heading = `${title.charAt(0).toUpperCase()}${title.slice(1)}`
  return { heading, columns, rows: lines }
}
