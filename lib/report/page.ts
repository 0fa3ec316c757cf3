// A measurement as one HTML file that needs nothing else: no network, no other file.

import type { MeasureEnvironment, MeasureResult, Noise } from '../measure/index.ts'
import { drawFigures } from './figures/index.ts'
import { hoverScript } from './hover.ts'
import { renderSections } from './sections.ts'
import { pageStyle } from './style.ts'
import { escapeText } from './svg.ts'
import { left, renderTable, wrapped } from './table.ts'
import { formatShare } from './words.ts'

/** Nothing is loaded, whatever somebody writes into a result. */
const policy =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

/**
 * The whole report: figures, tables, the machine, and the result itself as JSON in a `script` element
 * with the id `result`. Light or dark, as the reader's system is.
 */
export function renderHtml(result: MeasureResult): string {
  const { environment: it } = result
  const title = `mkwrite measure: ${it.cpu}, Linux ${it.kernel}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="icon" href="data:,">
<title>${escapeText(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<header>
<h1>What page faults, scans and copies cost here</h1>
<p>${escapeText(describeMachine(it))}</p>
<p>${escapeText(describeVersions(result))}</p>
</header>
${renderLost(result)}
${renderNoise(result.noise)}
${renderSections(result, drawFigures(result)).join('\n')}
${renderEnvironment(it)}
</main>
<script type="application/json" id="result">${JSON.stringify(result).replaceAll('<', '\\u003c')}</script>
<script>${hoverScript}</script>
</body>
</html>
`
}

function describeMachine(it: MeasureEnvironment): string {
  const around = [
    it.hypervisor === null ? '' : `, under ${it.hypervisor}`,
    it.container === null ? '' : `, in a container (${it.container})`,
  ]
  return `${it.cpu}, ${it.cpus} processors, ${it.arch}, Linux ${it.kernel}${around.join('')}. Fingerprint ${it.fingerprint}.`
}

function describeVersions({ environment, settings }: MeasureResult): string {
  const size = settings.size / (1024 * 1024)
  return `mkwrite ${environment.mkwrite}, Node.js ${environment.node}. Frames on a buffer of ${Number(size.toPrecision(3))} MiB, ${settings.bytesPerPage} bytes written to each dirty page.`
}

function renderLost({ sweep }: MeasureResult): string {
  const lost = sweep.reduce((sum, it) => sum + it.lostPages, 0)
  if (lost === 0) return ''
  return `<p class="bad">${lost} written pages did not reach their copy. That is a bug; these times mean nothing.</p>`
}

function renderNoise({ rows, tightRows, medianDrift, otherLoad, stolen }: Noise): string {
  const quality = `Of ${rows} medians ${tightRows} are known within 5 %; between passes half of them drifted by less than ${formatShare(medianDrift)}.`
  const load = [
    (otherLoad ?? 0) > 0.1
      ? ` Other programs took ${formatShare(otherLoad ?? 0)} of the processors' time.`
      : '',
    (stolen ?? 0) > 0.01
      ? ` The hypervisor gave ${formatShare(stolen ?? 0)} of it to other guests.`
      : '',
  ].join('')
  const look = load === '' && medianDrift <= 0.1 ? 'note' : 'warning'
  return `<p class="${look}">${escapeText(quality + load)}</p>`
}

/** Everything that one needs to compare two results. */
function renderEnvironment(environment: MeasureEnvironment): string {
  const rows = Object.entries(environment).map(([name, value]) => [
    left(name),
    wrapped(show(value)),
  ])
  return `<section>
<h2>What was it measured on?</h2>
<details><summary>All that is known about the machine</summary>
${renderTable([left(''), left('')], rows)}
</details>
</section>`
}

function show(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value ?? '–')
  return Object.entries(value)
    .map(([name, inner]) => `${name}: ${inner ?? '–'}`)
    .join('; ')
}
