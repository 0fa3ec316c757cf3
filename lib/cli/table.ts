// Tables and colours for terminals. Colours only where they are wanted: not in files and pipes, not
// under NO_COLOR.

import { styleText } from 'node:util'
import Table from 'cli-table3'

export type Style = Parameters<typeof styleText>[0]

const wantsColour =
  !process.env.NO_COLOR &&
  (process.env.FORCE_COLOR !== undefined
    ? process.env.FORCE_COLOR !== '0'
    : process.stdout.isTTY === true && process.env.TERM !== 'dumb')

export const style = (format: Style, text: string): string =>
  wantsColour ? styleText(format, text, { validateStream: false }) : text

export interface Column {
  title: string
  align?: 'left' | 'right'
}

/** Rows under a line of titles; columns stand two spaces apart, without a frame. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const none = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  }
  const table = new Table({
    chars: none,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    head: columns.map(({ title }) => style('dim', title)),
    colAligns: columns.map(({ align = 'right' }) => align),
  })
  for (const row of rows) table.push([...row])
  // Nothing stands right of the last column, not even its padding.
  return table.toString().replace(/ +$/gm, '')
}
