// A measurement as text for a terminal.

import type { Floors, MeasureResult, SweepCase } from '../measure/index.ts'
import { formatMicroseconds, formatShare, formatSize } from './quantities.ts'
import { type Column, renderTable, style } from './table.ts'

/** Ratios to the bare loop above which the library costs more than it promises. */
const worthNoting = 1.25

const floorNames: Record<keyof Floors, string> = {
  syscallNs: 'system call',
  minorFaultNs: 'minor fault',
  signalRoundTripNs: 'signal round trip',
  mprotectPairNs: 'mprotect pair',
  memcpyPageNs: 'memcpy per page',
  memcmpPageNs: 'memcmp per page',
}

const floorNotes: Record<keyof Floors, string> = {
  syscallNs: 'what any mprotect or scan costs at least',
  minorFaultNs:
    'a first write that the kernel resolves by itself, as under userfault and soft-dirty',
  signalRoundTripNs: 'a fault that a handler resolves, as under write-fault, without what it does',
  mprotectPairNs: 'opening one page and closing it again, as under write-fault',
  memcpyPageNs: 'what full pays for every page',
  memcmpPageNs: 'what comparing instead of tracking would pay for every page',
}

/** The whole report. */
export function renderReport(result: MeasureResult): string {
  const { floors, sweep } = result
  const mechanisms = [...new Set(sweep.map((it) => it.mechanism))]
  return [
    renderEnvironment(result),
    renderFloors(floors),
    ...mechanisms.map((name) => renderMechanism(sweep.filter((it) => it.mechanism === name))),
    renderSummary(sweep),
  ].join('\n\n')
}

function renderEnvironment({ environment: it, sweep, bytesPerPage }: MeasureResult): string {
  const virtual = it.hypervisor ? ', in a virtual machine' : ''
  const pages = sweep[0]?.pages ?? 0
  const busy =
    it.loadAverage > it.cpus / 2
      ? `\n${style('yellow', `Load average ${it.loadAverage.toFixed(1)}: other programs share caches and memory with this.`)}`
      : ''
  return [
    style('bold', `mkwrite ${it.mkwrite}, Node.js ${it.node}, Linux ${it.kernel}`),
    `${it.cpu}, ${it.cpus} processors, ${it.arch}${virtual}`,
    `buffer of ${formatSize(pages * it.pageSize)} in pages of ${formatSize(it.pageSize)}, ${bytesPerPage} bytes written to each dirty page${busy}`,
  ].join('\n')
}

function renderFloors(floors: Floors): string {
  const keys = Object.keys(floorNames) as (keyof Floors)[]
  const columns: Column[] = [
    { title: 'floors', align: 'left' },
    { title: 'µs' },
    { title: '', align: 'left' },
  ]
  const rows = keys.map((key) => [
    floorNames[key],
    formatMicroseconds(floors[key]),
    style('dim', floorNotes[key]),
  ])
  return renderTable(columns, rows)
}

function renderMechanism(cases: readonly SweepCase[]): string {
  const columns: Column[] = [
    { title: 'pattern', align: 'left' },
    { title: 'dirty' },
    { title: 'pages' },
    { title: 'reported' },
    { title: 'lost' },
    { title: 'faults' },
    { title: 'µs/page' },
    { title: 'bare' },
    { title: 'ratio' },
    { title: 'write' },
    { title: 'collect' },
    { title: 'copy' },
    { title: 'ms/frame' },
    { title: 'p90' },
  ]
  const rows = cases.map((it, index) => {
    const ratio = it.nsPerDirtyPage / it.bareNsPerDirtyPage
    const perPage = (ns: number) => formatMicroseconds(ns / it.dirtyPages)
    const ms = (ns: number) => (ns / 1e6).toFixed(2)
    return [
      it.pattern === cases[index - 1]?.pattern ? '' : it.pattern,
      formatShare(it.dirtyFraction),
      String(it.dirtyPages),
      String(it.reportedPages),
      it.lostPages === 0 ? '0' : style(['bold', 'red'], String(it.lostPages)),
      String(it.faults),
      style('bold', formatMicroseconds(it.nsPerDirtyPage)),
      formatMicroseconds(it.bareNsPerDirtyPage),
      style(ratio > worthNoting ? 'yellow' : 'green', ratio.toFixed(2)),
      perPage(it.split.writeNs),
      perPage(it.split.collectNs),
      perPage(it.split.copyNs),
      ms(it.nsPerFrame.p50),
      ms(it.nsPerFrame.p90),
    ]
  })
  return `${style('bold', cases[0]?.mechanism ?? '')}\n${renderTable(columns, rows)}`
}

/** What the tables say, in words. */
function renderSummary(sweep: readonly SweepCase[]): string {
  const fractions = [...new Set(sweep.map((it) => it.dirtyFraction))].sort((a, b) => a - b)
  const lines = fractions.map((fraction) => {
    // The pattern that is hardest to track, if it was measured.
    const pattern = sweep.some((it) => it.pattern === 'random') ? 'random' : sweep[0]?.pattern
    const [best, ...others] = sweep
      .filter((it) => it.dirtyFraction === fraction && it.pattern === pattern)
      .sort((a, b) => a.nsPerDirtyPage - b.nsPerDirtyPage)
    if (best === undefined) return ''
    const rest = others.map(
      (it) => `${it.mechanism} ${(it.nsPerDirtyPage / best.nsPerDirtyPage).toFixed(1)} times that`,
    )
    const start = `At ${formatShare(fraction)} ${pattern} dirty pages ${style('bold', best.mechanism)} is cheapest`
    const cost = `${formatMicroseconds(best.nsPerDirtyPage)} µs per page`
    return `${[`${start}: ${cost}`, ...rest].join(', ')}.`
  })
  const lost = sweep.reduce((sum, it) => sum + it.lostPages, 0)
  const frames = sweep.reduce((sum, it) => sum + it.repetitions, 0)
  lines.push(
    lost === 0
      ? `Nothing was lost: after each of ${frames} frames every written page had reached its copy.`
      : style(['bold', 'red'], `${lost} written pages did not reach their copy. That is a bug.`),
  )
  return lines.join('\n')
}
