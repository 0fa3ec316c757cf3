// Lines over logarithmic axes.

import { drawing, figureWidth } from './figure.ts'
import { drawLegend, type LegendEntry } from './legend.ts'
import { colourOf } from './palette.ts'
import { type LogScale, logScale } from './scale.ts'
import { element, label } from './svg.ts'

export interface LinePoint {
  x: number
  y: number
  /** From where to where the truth lies. */
  interval?: readonly [number, number]
}

export interface Line extends Omit<LegendEntry, 'isBar'> {
  points: readonly LinePoint[]
  /** Whether each point is marked. */
  hasMarks?: boolean
}

export interface LinePlot {
  title: string
  lines: readonly Line[]
  xTitle: string
  yTitle: string
  formatX(value: number): string
  formatY(value: number): string
  /** Labels of the x axis, where they are not powers of ten. */
  xTicks?: readonly number[]
  /** Dashed lines from top to bottom, with a word. */
  marks?: readonly { x: number; text: string; tip: string }[]
  /** Where a dashed line goes from left to right. */
  level?: number
  /** What is told about all lines at one place of the x axis; nothing where undefined. */
  tips: readonly { x: number; text: string }[]
}

const plotHeight = 200
const left = 66
const right = 10
const bottom = 38

export function drawLines(plot: LinePlot): string {
  const legend = drawLegend(plot.lines)
  // Words of marks stand above the plot.
  const top = legend.height + (plot.marks?.length ? 14 : 2)
  const points = plot.lines.flatMap((line) => line.points)
  const ys = points.flatMap(({ y, interval }) => [y, ...(interval ?? [])])
  const x = logScale(
    points.map((point) => point.x),
    [left, figureWidth - right],
  )
  const y = logScale(
    [...ys, ...(plot.level === undefined ? [] : [plot.level])],
    [top + plotHeight, top],
  )
  const parts = [
    legend.svg,
    drawAxes(plot, x, y, top),
    ...(plot.marks ?? []).map((mark) => drawMark(mark, x, top)),
    plot.level === undefined ? '' : drawLevel(plot.level, y),
    ...plot.lines.map((line) => drawLine(line, x, y)),
    ...drawTips(plot, x, top),
  ]
  return drawing(plot.title, top + plotHeight + bottom, parts.join(''))
}

function drawAxes(plot: LinePlot, x: LogScale, y: LogScale, top: number): string {
  const base = top + plotHeight
  const end = figureWidth - right
  const xTicks = plot.xTicks ?? x.ticks
  const middle = top + plotHeight / 2
  return [
    ...y.minorTicks.map((value) =>
      element('line', { x1: left, y1: y(value), x2: end, y2: y(value), class: 'grid' }),
    ),
    ...xTicks.map((value) =>
      element('line', { x1: x(value), y1: top, x2: x(value), y2: base, class: 'grid' }),
    ),
    element('line', { x1: left, y1: base, x2: end, y2: base, class: 'axis' }),
    ...y.ticks.map((value) =>
      label(left - 6, y(value) + 4, plot.formatY(value), { 'text-anchor': 'end' }),
    ),
    ...xTicks.map((value) =>
      label(Math.min(x(value), end - 12), base + 15, plot.formatX(value), {
        'text-anchor': 'middle',
      }),
    ),
    label((left + end) / 2, base + 32, plot.xTitle, { 'text-anchor': 'middle', class: 'soft' }),
    label(13, middle, plot.yTitle, {
      'text-anchor': 'middle',
      class: 'soft',
      transform: `rotate(-90 13 ${Math.round(middle)})`,
    }),
  ].join('')
}

function drawLine(
  { points, colour, isDashed, isStrong, hasMarks }: Line,
  x: LogScale,
  y: LogScale,
): string {
  const name = colourOf(colour)
  const looks = ['series', `s-${name}`]
  if (isDashed) looks.push('dashed')
  if (isStrong) looks.push('strong')
  const d = points
    .map((point, index) => {
      return `${index === 0 ? 'M' : 'L'}${x(point.x).toFixed(1)} ${y(point.y).toFixed(1)}`
    })
    .join('')
  const whiskers = points.flatMap(({ x: at, interval }) => {
    if (interval === undefined) return []
    const ends = { x1: x(at), y1: y(interval[0]), x2: x(at), y2: y(interval[1]) }
    return [element('line', { ...ends, class: `whisker s-${name}` })]
  })
  const marks = hasMarks
    ? points.map((point) =>
        element('circle', { cx: x(point.x), cy: y(point.y), r: 2.6, class: `f-${name}` }),
      )
    : []
  return [...whiskers, element('path', { d, class: looks.join(' ') }), ...marks].join('')
}

function drawMark(
  { x: value, text, tip }: { x: number; text: string; tip: string },
  x: LogScale,
  top: number,
): string {
  const at = x(value)
  return [
    element('line', { x1: at, y1: top, x2: at, y2: top + plotHeight, class: 'mark' }),
    label(at, top - 4, text, { 'text-anchor': 'middle', class: 'soft', 'data-tip': tip }),
  ].join('')
}

function drawLevel(value: number, y: LogScale): string {
  const at = y(value)
  return element('line', { x1: left, y1: at, x2: figureWidth - right, y2: at, class: 'mark' })
}

/** Columns, each from halfway to its neighbour on the left to halfway to the one on the right. */
function drawTips({ tips }: LinePlot, x: LogScale, top: number): string[] {
  const sorted = tips.toSorted((a, b) => a.x - b.x)
  return sorted.map((tip, index) => {
    const at = x(tip.x)
    const before = sorted[index - 1]
    const after = sorted[index + 1]
    const begin = before === undefined ? left : (at + x(before.x)) / 2
    const end = after === undefined ? figureWidth - right : (at + x(after.x)) / 2
    const box = { x: begin, y: top, width: end - begin, height: plotHeight }
    return element('rect', { ...box, class: 'hit', 'data-tip': tip.text, tabindex: 0 })
  })
}
