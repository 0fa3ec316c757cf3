// Tables that have to fit: what says least is left out.

import { stripVTControlCharacters } from 'node:util'
import type { Column } from './table.ts'

export interface OptionalColumn extends Column {
  /** Those with the highest number are left out first; without one a column always stays. */
  leaves?: number
}

/** Between two columns, as `renderTable` draws them. */
const gap = 2

/** The columns for which there is room, and the rows without the others. A column of empty cells is left out too. */
export function fitColumns(
  columns: readonly OptionalColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): { columns: Column[]; rows: string[][] } {
  const places = columns.map((column, place) => {
    const cells = rows.map((row) => stripVTControlCharacters(row[place] ?? ''))
    const lengths = [column.title, ...cells].map(({ length }) => length)
    return { column, place, width: Math.max(...lengths), isEmpty: cells.every((cell) => !cell) }
  })
  let shown = places.filter(({ column, isEmpty }) => column.leaves === undefined || !isEmpty)
  const total = (): number => shown.reduce((sum, place) => sum + gap + place.width, -gap)
  const leaving = shown
    .filter(({ column }) => column.leaves !== undefined)
    .sort((a, b) => (b.column.leaves ?? 0) - (a.column.leaves ?? 0))
  for (const next of leaving) {
    if (total() <= width) break
    shown = shown.filter((place) => place !== next)
  }
  return {
    columns: shown.map(({ column }) => column),
    rows: rows.map((row) => shown.map(({ place }) => row[place] ?? '')),
  }
}
