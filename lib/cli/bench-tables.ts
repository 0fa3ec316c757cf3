// A benchmark as tables of words, for a terminal or a document.

import type { BenchRow, BenchScale, BenchSwitch, ClaimVerdict } from '../bench/index.ts'
import { formatMicroseconds, formatSize } from './quantities.ts'
import type { Column } from './table.ts'

export interface WordTable {
  title: string
  columns: readonly Column[]
  rows: readonly (readonly string[])[]
}

/** The frames: for each of their tables the patterns against the contenders. */
export function frameTables(rows: readonly BenchRow[]): WordTable[] {
  return splitByTable(rows).map(([title, part]) => overview(title, part))
}

/** The same with all that is known, a row for each contender. */
export function detailTables(rows: readonly BenchRow[]): WordTable[] {
  return splitByTable(rows).map(([title, part]) => details(title, part))
}

function splitByTable(rows: readonly BenchRow[]): [string, BenchRow[]][] {
  const titles = [...new Set(rows.map(titleOf))]
  return titles.map((title) => [title, rows.filter((row) => titleOf(row) === title)])
}

function titleOf(row: BenchRow): string {
  const work = row.cpuWorkMs > 0 ? `, ${row.cpuWorkMs} ms of other work in each frame` : ''
  return `${row.bytesPerPage} bytes written to each dirty page${work}`
}

function overview(title: string, rows: readonly BenchRow[]): WordTable {
  const contenders = [...new Set(rows.map((row) => row.contender))]
  const patterns = [...new Set(rows.map((row) => row.pattern))]
  const base = contenders.includes('explicit') ? 'explicit' : undefined
  const others = contenders.filter((name) => name !== base)
  return {
    title: `${title}: ${base === undefined ? 'µs per frame' : 'times explicit (explicit: µs per frame)'}`,
    columns: [
      { title: 'pattern', align: 'left' },
      ...(base === undefined ? [] : [{ title: base }]),
      ...others.map((name) => ({ title: name })),
      { title: 'auto/best' },
    ],
    rows: patterns.map((pattern) => {
      const rowOf = (name?: string) =>
        rows.find((row) => row.pattern === pattern && row.contender === name)
      const explicit = rowOf(base)
      const timesExplicit = (row?: BenchRow) =>
        row === undefined
          ? ''
          : row.ratioToExplicit === null
            ? `${formatMicroseconds(row.nsPerFrame)} µs`
            : formatRatio(row.ratioToExplicit)
      return [
        pattern,
        ...(explicit === undefined ? [] : [formatMicroseconds(explicit.nsPerFrame)]),
        ...others.map((name) => timesExplicit(rowOf(name))),
        formatRatio(rowOf('auto')?.ratioToBest ?? null),
      ]
    }),
  }
}

function details(title: string, rows: readonly BenchRow[]): WordTable {
  const right = [
    'µs/frame',
    'p10',
    'p90',
    '/best',
    '/explicit',
    '/bare',
    'work',
    'write',
    'collect',
  ]
  right.push('copy', 'written', 'copied', 'faults', 'frames', 'lost')
  return {
    title,
    columns: [
      { title: 'pattern', align: 'left' },
      { title: 'contender', align: 'left' },
      ...right.map((name) => ({ title: name })),
    ],
    rows: rows.map((row, index) => [
      row.pattern === rows[index - 1]?.pattern ? '' : row.pattern,
      row.contender,
      ...[row.nsPerFrame, row.spread.p10, row.spread.p90].map(formatMicroseconds),
      ...[row.ratioToBest, row.ratioToExplicit, row.ratioToBare].map(formatRatio),
      ...Object.values(row.split).map(formatMicroseconds),
      ...[row.pagesWritten, row.pagesReported, row.faults].map(formatCount),
      String(row.frames),
      String(row.lostPages),
    ]),
  }
}

/** How fast adaptive contenders got used to another pattern. */
export function switchTable(switches: readonly BenchSwitch[]): WordTable {
  return {
    title: 'changes of pattern: frames until a frame costs at most 1.3 times the settled cost',
    columns: [
      { title: 'contender', align: 'left' },
      { title: 'from', align: 'left' },
      { title: 'to', align: 'left' },
      { title: 'frames' },
      { title: 'extra ms' },
      { title: 'settled µs' },
    ],
    rows: switches.map((it) => [
      it.contender,
      it.from,
      it.to,
      String(it.frames),
      it.extraMs.toFixed(2),
      formatMicroseconds(it.settledNsPerFrame),
    ]),
  }
}

/** What must not depend on size or number. */
export function scaleTable(scale: readonly BenchScale[]): WordTable {
  return {
    title: 'scale: µs of one collect or submit',
    columns: [
      { title: 'what', align: 'left' },
      { title: 'policy', align: 'left' },
      { title: 'µs' },
      { title: 'base' },
      { title: 'ratio' },
    ],
    rows: scale.map((it) => [
      it.measurement === 'idle-collect'
        ? `collect from ${formatSize(it.size ?? 0)} of idle memory; base: a bare scan`
        : `submit with one of ${it.buffers} buffer objects; base: with the only one`,
      it.contender,
      formatMicroseconds(it.ns),
      formatMicroseconds(it.baseNs),
      formatRatio(it.ratio),
    ]),
  }
}

/** Claims, limits, what was found, and verdicts. */
export function claimTable(verdicts: readonly ClaimVerdict[]): WordTable {
  return {
    title: 'claims',
    columns: ['claim', 'limit', 'found', 'verdict'].map((name) => ({ title: name, align: 'left' })),
    rows: verdicts.map((it) => [
      it.claim,
      `≤ ${Number(it.limit.toFixed(3))}${it.plusNs > 0 ? `, + ${it.plusNs / 1000} µs` : ''}`,
      describeFound(it),
      it.verdict,
    ]),
  }
}

/** All that misses the limit, or what comes nearest to it. */
function describeFound({ found, limit }: ClaimVerdict): string {
  const missed = found.filter(({ ratio }) => ratio > limit)
  return (
    (missed.length > 0 ? missed : found.slice(0, 1))
      // With three decimals, so that what is just above a limit does not look like the limit.
      .map(({ pattern, ratio }) => `${ratio.toFixed(3)}${pattern === null ? '' : ` ${pattern}`}`)
      .join(', ')
  )
}

const formatRatio = (ratio: number | null): string =>
  ratio === null ? '' : ratio.toFixed(ratio < 10 ? 2 : ratio < 100 ? 1 : 0)

const formatCount = (count: number): string => String(Math.round(count * 10) / 10)
