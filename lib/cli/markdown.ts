// Tables in Markdown (GitHub's).

import { stripVTControlCharacters } from 'node:util'
import type { Column } from './table.ts'

/** The same rows that a terminal gets, without colours. */
export function renderMarkdownTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`
  const rules = columns.map(({ align = 'right' }) => (align === 'right' ? '--:' : ':--'))
  return [
    line(columns.map(({ title }) => title)),
    `|${rules.join('|')}|`,
    ...rows.map((row) => line(row)),
  ].join('\n')
}

const escapeCell = (text: string): string =>
  stripVTControlCharacters(text).replaceAll('|', '\\|').replaceAll('\n', ' ')
