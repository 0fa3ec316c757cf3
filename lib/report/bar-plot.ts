// Horizontal bars, of one part or of several.

import { drawing, figureWidth } from './figure.ts'
import { drawLegend } from './legend.ts'
import { colourOf } from './palette.ts'
import { element, label, textWidth } from './svg.ts'

export interface Bar {
  name: string
  /** Parts of its length, in nanoseconds. */
  parts: readonly { ns: number; colour: string }[]
  interval?: readonly [number, number]
  /** What stands behind it. */
  text: string
  tip: string
  /** Instead of a bar: why there is none. */
  reason?: string
}

export interface BarPlot {
  title: string
  bars: readonly Bar[]
  /** Names of the parts, where there are several. */
  legend?: readonly { name: string; colour: string }[]
}

const barHeight = 14
const rowHeight = 24

export function drawBars({ title, bars, legend = [] }: BarPlot): string {
  const key = drawLegend(legend.map((entry) => ({ ...entry, isBar: true })))
  const left = Math.min(Math.max(...bars.map(({ name }) => textWidth(name))) + 10, 170)
  const space = Math.max(...bars.map(({ text }) => textWidth(text))) + 10
  const longest = Math.max(...bars.map((bar) => Math.max(lengthOf(bar), bar.interval?.[1] ?? 0)))
  const scale = (figureWidth - left - space) / (longest || 1)
  const rows = bars.map((bar, index) => drawBar(bar, key.height + index * rowHeight, left, scale))
  return drawing(title, key.height + bars.length * rowHeight + 4, key.svg + rows.join(''))
}

const lengthOf = ({ parts }: Bar): number => parts.reduce((sum, { ns }) => sum + ns, 0)

function drawBar(bar: Bar, y: number, left: number, scale: number): string {
  const middle = y + rowHeight / 2
  const name = label(left - 6, middle + 4, bar.name, { 'text-anchor': 'end' })
  if (bar.reason !== undefined) {
    const short = label(left, middle + 4, 'not here', { class: 'soft', 'data-tip': bar.reason })
    return name + short
  }
  let x = left
  const parts = bar.parts.map(({ ns, colour }) => {
    const box = { x, y: middle - barHeight / 2, width: ns * scale, height: barHeight }
    x += ns * scale
    return element('rect', { ...box, class: `f-${colourOf(colour)}` })
  })
  const [low, high] = bar.interval ?? [0, 0]
  const whisker =
    bar.interval === undefined
      ? ''
      : element('line', {
          x1: left + low * scale,
          y1: middle,
          x2: left + high * scale,
          y2: middle,
          class: 's-auto whisker',
        })
  const end = Math.max(x, left + high * scale)
  const hit = element('rect', {
    x: 0,
    y,
    width: figureWidth,
    height: rowHeight,
    class: 'hit',
    'data-tip': bar.tip,
    tabindex: 0,
  })
  return [name, ...parts, whisker, label(end + 6, middle + 4, bar.text), hit].join('')
}
