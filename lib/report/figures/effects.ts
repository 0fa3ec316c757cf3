// What costs depend on, one thing at a time.

import { type EffectRow, effectTitles } from '../../measure/index.ts'
import { type Bar, drawBars } from '../bar-plot.ts'
import type { Figure } from '../figure.ts'
import { formatInterval, formatTime } from '../words.ts'

/** One for each effect of which something was measured. */
export function effectFigures(rows: readonly EffectRow[]): Figure[] {
  const names = [...new Set(rows.map((row) => row.effect))]
  return names.flatMap((name) => {
    const own = rows.filter((row) => row.effect === name)
    if (own.every((row) => row.median === null)) return []
    const { title, unit } = effectTitles[name]
    const byHand = own.every((row) => row.by === 'bare') ? ', by hand' : ''
    const full = `${title} (${unit}${byHand})`
    const isMixed = new Set(own.map((row) => row.by)).size > 1
    const contenders = new Set(own.map((row) => row.mechanism))
    const nameOf = ({ mechanism, by, value }: EffectRow): string => {
      const who = contenders.size > 1 ? `${mechanism}, ` : ''
      return `${who}${value}${isMixed && by === 'bare' ? ' by hand' : ''}`
    }
    const svg = drawBars({ title: full, bars: own.map((row) => toBar(nameOf(row), row)) })
    return [{ name: `effect-${name}`, title: full, svg }]
  })
}

function toBar(name: string, row: EffectRow): Bar {
  if (row.median === null) return { name, parts: [], text: '', tip: '', reason: row.reason }
  return {
    name,
    parts: [{ ns: row.median, colour: row.mechanism }],
    interval: row.interval,
    text: formatTime(row.median),
    tip: `${name}\n${formatInterval(row.median, row.interval)}\n${row.count} samples`,
  }
}
