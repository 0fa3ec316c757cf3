// Which line or bar is which: a row of names above the drawing, in as many lines as it takes.

import { figureWidth } from './figure.ts'
import { colourOf } from './palette.ts'
import { element, label, textWidth } from './svg.ts'

export interface LegendEntry {
  name: string
  /** Name in the palette. */
  colour: string
  isDashed?: boolean
  isStrong?: boolean
  /** A filled square in place of a line. */
  isBar?: boolean
}

const swatch = 18
const gap = 14
const lineHeight = 16

export function drawLegend(entries: readonly LegendEntry[]): { svg: string; height: number } {
  let x = 4
  let y = 11
  const parts = entries.map((entry) => {
    const width = swatch + 4 + textWidth(entry.name)
    if (x > 4 && x + width > figureWidth) {
      x = 4
      y += lineHeight
    }
    const part = drawSwatch(entry, x, y) + label(x + swatch + 4, y, entry.name)
    x += width + gap
    return part
  })
  return { svg: parts.join(''), height: entries.length === 0 ? 4 : y + 8 }
}

function drawSwatch(
  { colour, isDashed, isStrong, isBar }: LegendEntry,
  x: number,
  y: number,
): string {
  if (isBar) {
    const look = `f-${colourOf(colour)}`
    return element('rect', { x: x + 5, y: y - 9, width: 10, height: 10, rx: 2, class: look })
  }
  const looks = ['series', `s-${colourOf(colour)}`]
  if (isDashed) looks.push('dashed')
  if (isStrong) looks.push('strong')
  return element('line', { x1: x, y1: y - 4, x2: x + swatch, y2: y - 4, class: looks.join(' ') })
}
