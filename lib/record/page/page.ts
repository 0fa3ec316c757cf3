// A replay as a page: one file, which needs nothing else.

import { describeOthers } from '../describe.ts'
import type { ReplayCase, ReplayResult } from '../replay-result.ts'
import type { Trace } from '../trace.ts'
import { type HeatMap, makeHeatMap } from './heat-map.ts'
import { script } from './script.ts'
import { style } from './style.ts'

/** The costs of frames as lines. */
interface CostLines {
  framesPerPoint: number
  lines: { policy: string; points: number[] }[]
}

const mostPoints = 500

/** An HTML document: recommendation, costs, and a heat map of pages and frames. */
export function renderReplayHtml(trace: Trace, result: ReplayResult): string {
  const heatMap = makeHeatMap(trace)
  const data = { heatMap, costs: toLines(result), frames: trace.frames.length }
  const title = escapeHtml(`${trace.program}: what coherence costs`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="mkwrite ${escapeHtml(result.replayedOn.mkwrite)}">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
${renderFacts(result)}
${renderVerdict(result)}
${renderBars(result)}
${renderHeatMap(heatMap)}
${renderCosts(data.costs)}
${renderTable(result)}
<div id="tip" role="status" hidden></div>
<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script>${script}</script>
</body>
</html>
`
}

const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

const milliseconds = (ms: number): string => Math.max(ms, 0).toFixed(4)

function renderFacts(result: ReplayResult): string {
  const { trace, program, passes, replayedOn } = result
  const { recordedOn: it } = trace
  const own =
    program.ownMs === null
      ? 'Recorded on another machine, so the time of its own work here is not known.'
      : `Its own work takes ${milliseconds(program.ownMs)} ms of CPU time per frame.`
  return `<p class="quiet">${trace.frames} frames, ${trace.buffers.length} buffer objects with ${program.pages} pages of ${trace.pageSize} bytes.
Recorded with ${trace.mechanism} on Linux ${escapeHtml(it.kernel)}, ${escapeHtml(it.cpu)}; replayed ${passes} times on Linux ${escapeHtml(replayedOn.kernel)}, ${escapeHtml(replayedOn.cpu)}. ${own} ${describeOthers(result)}</p>`
}

function renderVerdict({ recommendation, cases }: ReplayResult): string {
  const lost = cases.reduce((sum, it) => sum + it.lostPages + it.stalePages, 0)
  const check = lost === 0 ? 'Nothing was lost.' : `${lost} pages did not arrive: that is a bug.`
  const advice =
    recommendation === null
      ? ''
      : `<p><strong>Take ${recommendation.policy}.</strong> ${escapeHtml(recommendation.reason)}</p>`
  return `<div class="verdict">${advice}<p>${check}</p></div>`
}

const key = (color: string, text: string): string =>
  `<span><span class="key" style="background:var(--${color})"></span>${text}</span>`

function renderBars({ cases, recommendation }: ReplayResult): string {
  const most = Math.max(...cases.map(({ msPerFrame }) => msPerFrame.mean), 1e-9)
  const rows = cases.map((it) => {
    const { policy, touchMs, submitMs, percent } = it
    const chosen = policy === recommendation?.policy ? ' class="chosen"' : ''
    const part = (name: string, ms: number): string =>
      `<span style="width:${((100 * Math.max(ms, 0)) / most).toFixed(2)}%;background:var(--${name})"></span>`
    const share = percent === null ? '' : ` · ${percent.toFixed(1)} %`
    const words = `${policy}: touches ${milliseconds(touchMs)} ms, submits ${milliseconds(submitMs)} ms`
    const value = `<span class="value">${milliseconds(it.msPerFrame.mean)} ms${share}</span>`
    const bar = `<span class="bar" role="img" aria-label="${words}" title="${words}">${part('touch', touchMs)}${part('submit', submitMs)}</span>`
    return `<div class="row"><span${chosen}>${policy}</span>${value}${bar}</div>`
  })
  return `<h2>Cost per frame</h2>
<p class="quiet">CPU time of the main thread, over all frames but the first, against a program that neither tracks nor copies. <em>explicit</em> flushes exactly what it wrote.</p>
<figure><div class="bars">${rows.join('\n')}</div>
<figcaption class="keys">${key('touch', 'touches of memory: faults and readbacks')}${key('submit', 'submits: scans, protections, copies')}</figcaption></figure>`
}

function renderHeatMap({ bands, columns, framesPerColumn }: HeatMap): string {
  const allRows = bands.reduce((sum, { rows }) => sum + rows, 0)
  const height = ({ rows }: { rows: number }): number =>
    Math.max(Math.round((420 * rows) / allRows), 16)
  const figures = bands.map(
    (band, index) =>
      `<div class="band"><span class="quiet">buffer object ${index}, ${band.pages} pages</span><canvas data-band="${index}" style="height:${height(band)}px" role="img" aria-label="pages of buffer object ${index} over frames"></canvas></div>`,
  )
  return `<h2>Pages and frames</h2>
<p class="quiet">Frames from left to right, pages from top to bottom. Point at a cell to see what happened there.</p>
<div class="keys">${key('cpu', 'written by the CPU')}${key('device', 'written by the device')}${key('back', 'came back from the device')}</div>
<figure>${figures.join('\n')}<div class="axis"><span>frame 0</span><span>frame ${columns * framesPerColumn - 1}</span></div></figure>`
}

function renderCosts({ lines }: CostLines): string {
  const top = `${milliseconds(Math.max(...lines.flatMap(({ points }) => points)))} ms`
  const keys = lines.map(({ policy }, index) => key(`p${index % 9}`, policy))
  return `<h2>Cost of each frame</h2>
<div class="keys">${keys.join('')}</div>
<figure><svg id="costs" viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label="cost of each frame under each policy"></svg>
<div class="axis"><span>first frame</span><span>logarithmic, ${top} at the top, a thousandth of it at the bottom</span><span>last frame</span></div></figure>`
}

function toLines({ cases, trace }: ReplayResult): CostLines {
  const framesPerPoint = Math.max(Math.ceil(trace.frames / mostPoints), 1)
  const lines = cases.map(({ policy, msOfFrames }: ReplayCase) => {
    const points: number[] = []
    for (let at = 0; at < msOfFrames.length; at += framesPerPoint) {
      const bin = msOfFrames.slice(at, at + framesPerPoint)
      const sum = bin.reduce((total, ms) => total + Math.max(ms, 0), 0)
      points.push(Number((sum / bin.length).toPrecision(4)))
    }
    return { policy, points }
  })
  return { framesPerPoint, lines }
}

function renderTable({ cases }: ReplayResult): string {
  const titles = [
    'policy',
    'ends as',
    'mean ms',
    'p50',
    'p90',
    'max',
    'first',
    'faults',
    'pages reported',
    'KiB sent',
    'KiB back',
    'lost',
  ]
  const rows = cases.map((it) => {
    const { mean, p50, p90, max } = it.msPerFrame
    const cells = [
      it.policy,
      it.mechanism,
      ...[mean, p50, p90, max, it.setUpMs].map(milliseconds),
      it.faults.toFixed(1),
      it.pagesReported.toFixed(1),
      (it.bytesUpdated / 1024).toFixed(1),
      (it.bytesReadBack / 1024).toFixed(1),
      String(it.lostPages + it.stalePages),
    ]
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  })
  return `<h2>Per frame, in numbers</h2>
<div class="scroll"><table><thead><tr>${titles.map((title) => `<th scope="col">${title}</th>`).join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`
}
