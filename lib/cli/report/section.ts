// A part of a report: a table with words below it, for a terminal or as Markdown.

import { renderMarkdownTable } from '../markdown.ts'
import { type Column, renderTable } from '../table.ts'

export interface SectionColumn extends Column {
  /** Nothing but bars, which Markdown does without. */
  isBar?: boolean
}

export interface Section {
  /** The heading in Markdown. */
  heading: string
  columns: readonly SectionColumn[]
  rows: readonly (readonly string[])[]
  /** What the bars mean. */
  legend?: string
}

/** Nothing if there are no rows. */
export function renderText({ columns, rows, legend }: Section): string {
  if (rows.length === 0) return ''
  return [renderTable(columns, rows), ...(legend === undefined ? [] : [legend])].join('\n')
}

export function renderMarkdown({ heading, columns, rows }: Section): string {
  if (rows.length === 0) return ''
  const kept = columns.map(({ isBar }) => !isBar)
  const keep = <Item>(items: readonly Item[]): Item[] => items.filter((_, index) => kept[index])
  return [
    `### ${heading}`,
    renderMarkdownTable(
      keep(columns),
      rows.map((row) => keep(row).map((cell) => cell.replace(/^[\u2580-\u259f]+$/, ''))),
    ),
  ].join('\n\n')
}
