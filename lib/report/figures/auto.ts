// Whether `auto` is as cheap as the cheapest mechanism.

import type { Pattern, SweepCase } from '../../measure/index.ts'
import type { Figure } from '../figure.ts'
import { drawLines, type Line } from '../line-plot.ts'
import { formatShare } from '../words.ts'

interface Comparison {
  pattern: Pattern
  fraction: number
  /** Of `auto` to the cheapest. */
  ratio: number
  best: string
}

const patternColours: Record<Pattern, string> = {
  random: 'userfault',
  sequential: 'write-fault',
  strided: 'compare',
}

/** Nothing where `auto`, or what it is held against, was not measured. */
export function autoFigures(sweep: readonly SweepCase[]): Figure[] {
  const compared = compareWithBest(sweep)
  const fractions = [...new Set(compared.map((it) => it.fraction))]
  if (fractions.length < 2) return []
  const title = 'auto against the cheapest mechanism'
  const lines = [...new Set(compared.map((it) => it.pattern))].map((pattern): Line => {
    const points = compared
      .filter((it) => it.pattern === pattern)
      .sort((a, b) => a.fraction - b.fraction)
      .map(({ fraction, ratio }) => ({ x: fraction, y: ratio }))
    return { name: pattern, colour: patternColours[pattern], points, hasMarks: true }
  })
  const svg = drawLines({
    title,
    lines,
    xTitle: 'dirty pages',
    yTitle: 'auto / cheapest mechanism',
    formatX: formatShare,
    formatY: (value) => String(Number(value.toPrecision(2))),
    level: 1,
    tips: fractions.map((x) => ({ x, text: describe(compared, x) })),
  })
  return [{ name: 'auto', title, svg }]
}

function compareWithBest(sweep: readonly SweepCase[]): Comparison[] {
  return sweep
    .filter((it) => it.mechanism === 'auto')
    .flatMap(({ pattern, dirtyFraction: fraction, nsPerFrame }) => {
      const [best] = sweep
        .filter((it) => it.mechanism !== 'auto')
        .filter((it) => it.pattern === pattern && it.dirtyFraction === fraction)
        .sort((a, b) => a.nsPerFrame.p50 - b.nsPerFrame.p50)
      if (best === undefined) return []
      const ratio = nsPerFrame.p50 / best.nsPerFrame.p50
      return [{ pattern, fraction, ratio, best: best.mechanism }]
    })
}

function describe(compared: readonly Comparison[], fraction: number): string {
  const lines = compared
    .filter((it) => it.fraction === fraction)
    .map(({ pattern, ratio, best }) => `${pattern}: ${ratio.toFixed(2)} times ${best}`)
  return [`${formatShare(fraction)} dirty`, ...lines].join('\n')
}
