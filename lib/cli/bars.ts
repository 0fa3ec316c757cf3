// Bars for terminals, of characters that are legible without colours.

import { type Style, style } from './table.ts'

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A bar of `width` characters for a share from 0 to 1. */
export function bar(share: number, width: number): string {
  const steps = Math.round(Math.min(Math.max(share, 0), 1) * width * 8)
  return '█'.repeat(Math.floor(steps / 8)) + (eighths[steps % 8] ?? '')
}

const segmentStyles: { character: string; style: Style }[] = [
  { character: '█', style: 'blue' },
  { character: '▒', style: 'magenta' },
  { character: '▓', style: 'yellow' },
  { character: '░', style: 'green' },
]

/** One bar made of several parts, each with a look of its own; together as long as `width`. */
export function stackedBar(parts: readonly number[], width: number): string {
  const total = parts.reduce((sum, part) => sum + part, 0)
  let drawn = 0
  let sum = 0
  return parts
    .map((part, index) => {
      sum += part
      // Rounding each end, not each length, keeps the whole as long as it must be.
      const end = total === 0 ? 0 : Math.round((sum / total) * width)
      const text = segmentText(index, end - drawn)
      drawn = end
      return text
    })
    .join('')
}

/** What the parts of a stacked bar look like. */
export const legend = (names: readonly string[]): string =>
  names.map((name, index) => `${segmentText(index, 2)} ${name}`).join('  ')

function segmentText(index: number, length: number): string {
  const look = segmentStyles[index % segmentStyles.length]
  return look === undefined ? '' : style(look.style, look.character.repeat(length))
}
