// A snapshot of a program that is watched, as text.

import type { WatchedBuffer, WatchSnapshot } from '../watch/index.ts'
import { fitColumns, type OptionalColumn } from './fit-columns.ts'
import { formatSize } from './quantities.ts'
import { renderTable, style } from './table.ts'

type CountName =
  | 'writeFaults'
  | 'readFaults'
  | 'waits'
  | 'pagesReported'
  | 'bytesUpdated'
  | 'bytesReadBack'

/** What changed between two snapshots, per second. */
class Rates {
  readonly #now: WatchSnapshot
  readonly #before: WatchSnapshot | undefined
  readonly #seconds: number

  constructor(now: WatchSnapshot, before: WatchSnapshot | undefined) {
    this.#now = now
    this.#before = before
    this.#seconds = Math.max(now.time - (before?.time ?? 0), 1) / 1000
  }

  of(name: 'submissions' | 'collects' | 'minorFaults' | 'cpuMs'): number {
    return (this.#now[name] - (this.#before?.[name] ?? 0)) / this.#seconds
  }

  ofBuffer({ number, stats }: WatchedBuffer, name: CountName): number {
    const before = this.#before?.buffers[number]?.stats[name] ?? 0
    return ((stats[name] ?? 0) - before) / this.#seconds
  }
}

const columns: OptionalColumn[] = [
  { title: 'buffer' },
  { title: 'size', leaves: 4 },
  { title: 'of', align: 'left', leaves: 7 },
  { title: 'mechanism', align: 'left' },
  { title: 'regions', align: 'left', leaves: 1 },
  { title: 'faults/s' },
  { title: 'waits/s', leaves: 3 },
  { title: 'pages/s' },
  { title: 'sent/s' },
  { title: 'back/s', leaves: 2 },
  { title: 'reported', leaves: 8 },
  { title: 'sent', leaves: 5 },
  { title: 'back', leaves: 6 },
]

/** Stands where no buffer object was seen. */
export const nothingYet = 'nothing was submitted or collected yet'

/** Lines for a terminal of which `width` columns and `height` lines are free. */
export function renderScreen(
  program: string,
  now: WatchSnapshot,
  before: WatchSnapshot | undefined,
  { width, height }: { width: number; height: number },
): string[] {
  const rates = new Rates(now, before)
  const head = [style('bold', program), renderProcess(now, rates)]
  if (now.buffers.length === 0) return [...head, nothingYet]
  // Those that do most come first, if there is not room for all.
  const places = Math.max(height - head.length - 3, 1)
  const activity = (buffer: WatchedBuffer): number =>
    rates.ofBuffer(buffer, 'bytesUpdated') + rates.ofBuffer(buffer, 'bytesReadBack')
  const shown = now.buffers
    .toSorted((a, b) => activity(b) - activity(a))
    .slice(0, places)
    .sort((a, b) => a.number - b.number)
  const hidden = now.buffers.length - shown.length
  const rows = shown.map((buffer) => renderRow(buffer, rates))
  const fitting = fitColumns(columns, rows, width)
  return [
    ...head,
    '',
    ...renderTable(fitting.columns, fitting.rows).split('\n'),
    ...(hidden > 0 ? [style('dim', `and ${hidden} more`)] : []),
  ]
}

/** One line that stays. */
export function renderLine(now: WatchSnapshot, before: WatchSnapshot | undefined): string {
  const rates = new Rates(now, before)
  const sum = (name: CountName): number =>
    now.buffers.reduce((total, buffer) => total + rates.ofBuffer(buffer, name), 0)
  const mechanisms = [...new Set(now.buffers.map(({ stats }) => stats.mechanism ?? 'none'))]
  return [
    `${(now.time / 1000).toFixed(1)} s`,
    renderSteps(rates),
    now.buffers.length === 1 ? '1 buffer object' : `${now.buffers.length} buffer objects`,
    ...(mechanisms.length > 0 ? [mechanisms.join(', ')] : []),
    `${count(sum('writeFaults') + sum('readFaults'))} faults/s`,
    `${count(sum('pagesReported'))} pages/s`,
    `${bytes(sum('bytesUpdated'))}/s sent`,
    `${bytes(sum('bytesReadBack'))}/s back`,
  ].join('  ')
}

function renderProcess(now: WatchSnapshot, rates: Rates): string {
  const cpu = `${(rates.of('cpuMs') / 10).toFixed(0)} % CPU`
  const minor = `${count(rates.of('minorFaults'))} kernel faults/s`
  return `${(now.time / 1000).toFixed(1)} s  ${renderSteps(rates)}  ${cpu}  ${minor}`
}

function renderSteps(rates: Rates): string {
  const submissions = `${count(rates.of('submissions'))} submissions/s`
  const collects = rates.of('collects')
  return collects > 0 ? `${submissions}  ${count(collects)} collects/s` : submissions
}

function renderRow(buffer: WatchedBuffer, rates: Rates): string[] {
  const { number, size, owner, ended, stats, regions } = buffer
  const rate = (name: CountName): number => rates.ofBuffer(buffer, name)
  const row = [
    String(number),
    formatSize(size),
    owner,
    `${stats.mechanism ?? 'none'}${ended ? ', ended' : ''}`,
    regions.map(({ decision, pages }) => `${decision} ${pages}`).join(', '),
    count(rate('writeFaults') + rate('readFaults')),
    count(rate('waits')),
    count(rate('pagesReported')),
    bytes(rate('bytesUpdated')),
    bytes(rate('bytesReadBack')),
    count(stats.pagesReported ?? 0),
    bytes(stats.bytesUpdated ?? 0),
    bytes(stats.bytesReadBack ?? 0),
  ]
  return ended ? row.map((cell) => style('dim', cell)) : row
}

/** 1234567 becomes `1.23 M`. */
function count(value: number): string {
  const [factor, unit] = (
    [
      [1e9, ' G'],
      [1e6, ' M'],
      [1e4, ' k'],
    ] as const
  ).find(([least]) => value >= least) ?? [1, '']
  const scaled = unit === ' k' ? value / 1000 : value / factor
  return `${Number(scaled.toPrecision(3))}${unit}`
}

/** 1536 becomes `1.5 KiB`. */
function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), units.length - 1)
  return `${Number((value / 1024 ** power).toPrecision(3))} ${units[power]}`
}
