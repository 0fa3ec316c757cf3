// A benchmark as text for a terminal.

import type { BenchResult, BenchRow } from '../bench/index.ts'
import { formatMicroseconds, formatSize } from './quantities.ts'
import { type Column, renderTable, style } from './table.ts'

/** The whole report. */
export function renderBench(result: BenchResult): string {
  const titles = [...new Set(result.rows.map(tableOf))]
  return [
    renderEnvironment(result),
    ...titles.map((title) => {
      const rows = result.rows.filter((row) => tableOf(row) === title)
      return `${style('bold', title)}\n\n${renderRows(rows)}`
    }),
    renderLost(result.rows),
  ].join('\n\n')
}

const tableOf = (row: BenchRow): string => {
  const work = row.cpuWorkMs > 0 ? `, ${row.cpuWorkMs} ms of other work in each frame` : ''
  return `${row.bytesPerPage} bytes written to each dirty page${work}`
}

function renderEnvironment({ environment: it, size }: BenchResult): string {
  const virtual = it.hypervisor ? ', in a virtual machine' : ''
  const busy =
    it.loadAverage > it.cpus / 2
      ? `\n${style('yellow', `Load average ${it.loadAverage.toFixed(1)}: other programs share caches and memory with this.`)}`
      : ''
  return [
    style('bold', `mkwrite ${it.mkwrite}, Node.js ${it.node}, Linux ${it.kernel}`),
    `${it.cpu}, ${it.cpus} processors, ${it.arch}${virtual}`,
    `${formatSize(size)} in pages of ${formatSize(it.pageSize)}${busy}`,
  ].join('\n')
}

const columns: Column[] = [
  { title: 'pattern', align: 'left' },
  { title: 'contender', align: 'left' },
  { title: 'µs/frame' },
  { title: 'p10' },
  { title: 'p90' },
  { title: '/best' },
  { title: '/explicit' },
  { title: '/bare' },
  { title: 'work' },
  { title: 'write' },
  { title: 'collect' },
  { title: 'copy' },
  { title: 'written' },
  { title: 'copied' },
  { title: 'faults' },
  { title: 'frames' },
  { title: 'lost' },
]

function renderRows(rows: readonly BenchRow[]): string {
  return renderTable(
    columns,
    rows.map((row, index) => [
      row.pattern === rows[index - 1]?.pattern ? '' : style('bold', row.pattern),
      row.contender === 'auto' ? style('bold', row.contender) : row.contender,
      style('bold', formatMicroseconds(row.nsPerFrame)),
      formatMicroseconds(row.spread.p10),
      formatMicroseconds(row.spread.p90),
      formatRatio(row.ratioToBest),
      formatRatio(row.ratioToExplicit),
      formatRatio(row.ratioToBare),
      ...Object.values(row.split).map(formatMicroseconds),
      formatCount(row.pagesWritten),
      formatCount(row.pagesReported),
      formatCount(row.faults),
      String(row.frames),
      row.lostPages === 0 ? '0' : style(['bold', 'red'], String(row.lostPages)),
    ]),
  )
}

const formatRatio = (ratio: number | null): string =>
  ratio === null ? '' : ratio.toFixed(ratio < 10 ? 2 : ratio < 100 ? 1 : 0)

const formatCount = (count: number): string => String(Math.round(count * 10) / 10)

function renderLost(rows: readonly BenchRow[]): string {
  const lost = rows.reduce((sum, row) => sum + row.lostPages, 0)
  const frames = rows.reduce((sum, row) => sum + row.frames, 0)
  return lost === 0
    ? `Nothing was lost: after each of ${frames} frames every written page had reached its copy.`
    : style(['bold', 'red'], `${lost} written pages did not reach their copy. That is a bug.`)
}
