// A replay as text for a terminal.

import { describeOthers } from '../record/describe.ts'
import type { ReplayResult } from '../record/index.ts'
import { formatSize } from './quantities.ts'
import { type Column, renderTable, style } from './table.ts'

/** The whole report. */
export function renderReplay(result: ReplayResult): string {
  return [renderTrace(result), renderCases(result), renderVerdict(result)].join('\n\n')
}

function renderTrace(result: ReplayResult): string {
  const { trace, program, passes } = result
  const { recordedOn: it, buffers, frames, submissions, collects } = trace
  const steps = [
    ...(submissions > 0 ? [`${submissions} submissions`] : []),
    ...(collects > 0 ? [`${collects} collects`] : []),
  ]
  const size = formatSize(program.pages * trace.pageSize)
  const count = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0))
  const own =
    program.ownMs === null
      ? 'It was recorded on another machine, so what its own work takes here is not known.'
      : `Its own work takes ${milliseconds(program.ownMs)} ms of CPU time per frame.`
  return [
    style('bold', trace.program),
    `${frames} frames of ${steps.join(' and ')}; ${buffers.length} buffer objects, ${size} in all`,
    `recorded on Linux ${it.kernel}, ${it.cpu}, tracked with ${trace.mechanism}; replayed ${passes} times here`,
    `A frame uses ${count(program.usedPages)} pages and writes ${count(program.dirtyPages)} in ${count(program.dirtyRuns)} runs; the device writes ${count(program.writtenPages)}, and ${count(program.pagesReadBack)} come back. ${own}`,
    ...[describeOthers(result)].filter((it) => it !== ''),
  ].join('\n')
}

const columns: Column[] = [
  { title: 'policy', align: 'left' },
  { title: 'ends as', align: 'left' },
  { title: 'ms/frame' },
  { title: 'of its own' },
  { title: 'touches' },
  { title: 'submits' },
  { title: 'p50' },
  { title: 'p90' },
  { title: 'first' },
  { title: 'faults' },
  { title: 'reported' },
  { title: 'KiB sent' },
  { title: 'KiB back' },
  { title: 'lost' },
]

function renderCases({ cases, recommendation }: ReplayResult): string {
  const rows = cases.map((it) => {
    const { mean, p50, p90 } = it.msPerFrame
    const isChosen = it.policy === recommendation?.policy
    const lost = it.lostPages + it.stalePages
    return [
      style(isChosen ? ['bold', 'green'] : 'bold', it.policy),
      it.policy === 'explicit' || it.mechanism === it.policy ? '' : it.mechanism,
      style('bold', milliseconds(mean)),
      it.percent === null ? '' : `${it.percent.toFixed(1)} %`,
      ...[it.touchMs, it.submitMs, p50, p90, it.setUpMs].map(milliseconds),
      it.faults.toFixed(1),
      it.pagesReported.toFixed(1),
      (it.bytesUpdated / 1024).toFixed(1),
      (it.bytesReadBack / 1024).toFixed(1),
      lost === 0 ? '0' : style(['bold', 'red'], String(lost)),
    ]
  })
  return renderTable(columns, rows)
}

/** Not below 0: what costs nothing may come out as a little less. */
const milliseconds = (ms: number): string => Math.max(ms, 0).toFixed(4)

function renderVerdict({ cases, recommendation }: ReplayResult): string {
  const lost = cases.reduce((sum, it) => sum + it.lostPages + it.stalePages, 0)
  return [
    ...(recommendation === null
      ? []
      : [`Take ${style(['bold', 'green'], recommendation.policy)}. ${recommendation.reason}`]),
    lost === 0
      ? 'Nothing was lost: under each policy all that was written arrived.'
      : style(['bold', 'red'], `${lost} pages did not arrive. That is a bug.`),
  ].join('\n')
}
