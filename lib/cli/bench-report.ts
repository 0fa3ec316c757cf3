// A benchmark as text for a terminal, or as Markdown for a document.

import type { BenchResult, ClaimVerdict } from '../bench/index.ts'
import {
  claimTable,
  detailTables,
  frameTables,
  scaleTable,
  switchTable,
  type WordTable,
} from './bench-tables.ts'
import { formatSize } from './quantities.ts'
import { renderTable, style } from './table.ts'

export interface ReportOptions {
  /** A row for each contender instead of a column. */
  details?: boolean
  markdown?: boolean
  /** Of the claims, where they shall be checked. */
  verdicts?: readonly ClaimVerdict[]
}

/** The whole report. */
export function renderBench(result: BenchResult, options: ReportOptions = {}): string {
  const { verdicts, markdown = false } = options
  const tables = [
    ...(options.details ? detailTables(result.rows) : frameTables(result.rows)),
    ...(result.switches.length > 0 ? [switchTable(result.switches)] : []),
    ...(result.scale.length > 0 ? [scaleTable(result.scale)] : []),
    ...(verdicts === undefined ? [] : [claimTable(verdicts)]),
  ]
  const parts = [
    describeMachine(result),
    ...tables.map(markdown ? toMarkdown : toText),
    ...(result.rows.length + result.switches.length > 0 ? [describeLost(result)] : []),
    ...(verdicts === undefined ? [] : [describeVerdicts(verdicts)]),
  ]
  return parts.join('\n\n')
}

function describeMachine({ environment: it, size }: BenchResult): string {
  const virtual = it.hypervisor ? ', in a virtual machine' : ''
  const busy =
    it.loadAverage > it.cpus / 2
      ? ` Load average ${it.loadAverage.toFixed(1)}: other programs shared caches and memory with this.`
      : ''
  return `mkwrite ${it.mkwrite}, Node.js ${it.node}, Linux ${it.kernel}, ${it.arch}: ${it.cpu}, ${it.cpus} processors${virtual}. ${formatSize(size)} in pages of ${formatSize(it.pageSize)}.${busy}`
}

const verdictStyles = { holds: 'green', missed: 'red', 'not measured': 'yellow' } as const

function toText({ title, columns, rows }: WordTable): string {
  const styled = rows.map((row) =>
    row.map((word) => {
      const known = Object.entries(verdictStyles).find(([verdict]) => verdict === word)
      return known === undefined ? word : style(known[1], word)
    }),
  )
  return `${style('bold', title)}\n\n${renderTable(columns, styled)}`
}

function toMarkdown({ title, columns, rows }: WordTable): string {
  const line = (words: readonly string[]) => `| ${words.join(' | ')} |`
  return [
    `**${title.charAt(0).toUpperCase()}${title.slice(1)}**`,
    '',
    line(columns.map((column) => column.title)),
    line(columns.map(({ align }) => (align === 'left' ? '---' : '---:'))),
    ...rows.map(line),
  ].join('\n')
}

function describeLost({ rows, switches }: BenchResult): string {
  const lost = [...rows, ...switches].reduce((sum, { lostPages }) => sum + lostPages, 0)
  const frames = rows.reduce((sum, row) => sum + row.frames, 0)
  return lost === 0
    ? `Nothing was lost: after each frame every written page had reached its copy, ${frames} frames in the tables and those of ${switches.length} changes of pattern.`
    : style(['bold', 'red'], `${lost} written pages did not reach their copy. That is a bug.`)
}

function describeVerdicts(verdicts: readonly ClaimVerdict[]): string {
  const count = (verdict: ClaimVerdict['verdict']) =>
    verdicts.filter((it) => it.verdict === verdict).length
  return `${count('holds')} claims hold, ${count('missed')} are missed, ${count('not measured')} were not measured.`
}
