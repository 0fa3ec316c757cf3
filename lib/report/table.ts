// Tables of the page.

import { element, escapeText } from './svg.ts'

export interface Cell {
  text: string
  /** Class names: `left`, `wrap`, `best`. */
  look?: string
}

type Row = readonly (Cell | string)[]

/** Numbers stand right; a table that is too wide scrolls by itself. */
export function renderTable(head: Row, rows: readonly Row[]): string {
  const line = (name: string, cells: Row): string =>
    `<tr>${cells.map((cell) => renderCell(name, cell)).join('')}</tr>`
  const body = rows.map((row) => line('td', row)).join('\n')
  const table = `<table><thead>${line('th', head)}</thead><tbody>\n${body}\n</tbody></table>`
  return element('div', { class: 'scroll', tabindex: 0 }, table)
}

function renderCell(name: string, cell: Cell | string): string {
  const { text, look } = typeof cell === 'string' ? { text: cell } : { look: undefined, ...cell }
  return element(name, { class: look }, escapeText(text))
}

export const left = (text: string): Cell => ({ text, look: 'left' })
export const wrapped = (text: string): Cell => ({ text, look: 'left wrap' })
