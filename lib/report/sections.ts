// The parts of the page, each under the question that it answers.

import type { EffectRow, FaultRow, Floors, MeasureResult, SweepCase } from '../measure/index.ts'
import type { Figure } from './figure.ts'
import type { FigureGroups } from './figures/index.ts'
import { element, escapeText } from './svg.ts'
import { left, renderTable, wrapped } from './table.ts'
import { formatInterval, formatShare, formatTime } from './words.ts'

/** Nothing if there is nothing to show. */
export function renderSections(result: MeasureResult, figures: FigureGroups): string[] {
  const { sweep, crossovers, faults, effects, floors } = result
  return [
    section('Which mechanism is the cheapest?', sweep.length > 0, [
      paragraph(
        'A frame writes some pages, finds out which and arms them again, and copies those. The cheapest mechanism is the lowest line; dashed lines mark where another one takes over.',
      ),
      list(
        crossovers.map(
          ({ pattern, below, above, dirtyFraction }) =>
            `From ${formatShare(dirtyFraction)} ${pattern} dirty pages on, ${above} is cheaper than ${below}.`,
        ),
      ),
      renderFigures(figures.cost),
      details('All cases', renderSweep(sweep)),
    ]),
    section('Is auto as cheap as the cheapest?', figures.auto.length > 0, [
      paragraph(
        'The policy auto finds out by itself what is cheapest. At 1 it costs as much as the best mechanism for that pattern and share; below, less.',
      ),
      renderFigures(figures.auto),
    ]),
    section('How long does a single fault take?', faults.length > 0, [
      paragraph(
        'Half of all faults take no longer than the left end of a line, 999 of 1000 no longer than its value at 99.9 %. Dashed lines are handlers written by hand, without the library.',
      ),
      renderFigures(figures.latency),
      details('All faults', renderFaults(faults)),
    ]),
    section('Where does the time go?', figures.split.length > 0, [renderFigures(figures.split)]),
    section('What does it depend on?', figures.effects.length > 0, [
      paragraph('One thing is changed at a time. Thin lines show how well a time is known.'),
      renderFigures(figures.effects),
      list(renderReasons(effects), 'note'),
    ]),
    section('What can no mechanism go below?', floors !== null, [
      paragraph('The steps that tracking is made of, each by itself.'),
      floors === null ? '' : renderFloors(floors),
    ]),
  ].filter((text) => text !== '')
}

function section(title: string, exists: boolean, parts: readonly string[]): string {
  if (!exists) return ''
  return `<section>\n<h2>${escapeText(title)}</h2>\n${parts.filter((it) => it !== '').join('\n')}\n</section>`
}

const paragraph = (text: string, look?: string): string =>
  element('p', { class: look }, escapeText(text))

function list(items: readonly string[], look?: string): string {
  if (items.length === 0) return ''
  return element('ul', { class: look }, items.map((it) => `<li>${escapeText(it)}</li>`).join(''))
}

const details = (title: string, content: string): string =>
  `<details><summary>${escapeText(title)}</summary>\n${content}\n</details>`

function renderFigures(figures: readonly Figure[]): string {
  const items = figures.map(
    ({ name, title, svg }) =>
      `<figure id="${name}"><figcaption>${escapeText(capitalize(title))}</figcaption>${svg}</figure>`,
  )
  return `<div class="figures">\n${items.join('\n')}\n</div>`
}

const capitalize = (text: string): string =>
  text.startsWith('auto') ? text : text.charAt(0).toUpperCase() + text.slice(1)

/** What was not measured, by reason. */
function renderReasons(effects: readonly EffectRow[]): string[] {
  const reasons = new Map<string, string[]>()
  for (const row of effects) {
    if (row.median !== null) continue
    const { effect, mechanism, value, reason } = row
    reasons.set(reason, [...(reasons.get(reason) ?? []), `${effect} (${mechanism}, ${value})`])
  }
  return [...reasons].map(([reason, names]) => `Not measured: ${names.join(', ')}. ${reason}`)
}

function renderSweep(sweep: readonly SweepCase[]): string {
  const head = [left('mechanism'), left('pattern'), 'dirty', 'pages', 'reported', 'lost', 'faults']
  const more = ['a frame', '90 % of frames', 'a dirty page', 'by hand', 'ratio', 'frames']
  const rows = sweep.map((it) => [
    left(it.mechanism),
    left(it.pattern),
    formatShare(it.dirtyFraction),
    ...[it.dirtyPages, it.reportedPages, it.lostPages, it.faults].map(String),
    it.median === null ? '' : formatInterval(it.median, it.interval),
    formatTime(it.nsPerFrame.p90),
    formatTime(it.nsPerDirtyPage),
    formatTime(it.bare.nsPerDirtyPage),
    (it.nsPerDirtyPage / it.bare.nsPerDirtyPage).toFixed(2),
    it.median === null ? '' : String(it.count),
  ])
  return renderTable([...head, ...more], rows)
}

function renderFaults(faults: readonly FaultRow[]): string {
  const head = [left('fault'), left('mechanism'), left('pages'), left('resolved by')]
  const rows = faults.map((it) => {
    const about = [left(it.kind), left(it.mechanism), left(it.pattern)]
    const by = left(it.by === 'bare' ? 'handler by hand' : 'library')
    const { latency } = it
    if (latency === null) return [...about, by, ...Array.from({ length: 7 }, () => '')]
    const { p50, p90, p99, p999, max, mean, count } = latency
    return [...about, by, ...[p50, p90, p99, p999, max, mean].map(formatTime), String(count)]
  })
  return renderTable([...head, '50 %', '90 %', '99 %', '99.9 %', 'max', 'mean', 'faults'], rows)
}

const floorNames: Record<keyof Floors, [string, string]> = {
  syscall: ['system call', 'what any mprotect or scan costs at least'],
  minorFault: ['minor fault', 'a first write that the kernel resolves by itself'],
  signalRoundTrip: ['signal round trip', 'a fault that a handler resolves, without what it does'],
  mprotectPair: ['mprotect pair', 'opening one page and closing it again'],
  memcpyPage: ['memcpy of a page', 'what full pays for every page'],
  memcmpPage: ['memcmp of a page', 'what compare pays for every page'],
}

function renderFloors(floors: Floors): string {
  const rows = (Object.keys(floorNames) as (keyof Floors)[]).map((key) => {
    const { [key]: row } = floors
    const [name, note] = floorNames[key]
    const time = row.median === null ? row.reason : formatInterval(row.median, row.interval)
    return [left(name), time, wrapped(note)]
  })
  return renderTable([left('step'), 'time', left('')], rows)
}
