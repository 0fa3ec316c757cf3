// What a frame costs, by how much of the buffer it writes.

import type { Crossover, Pattern, SweepCase } from '../../measure/index.ts'
import type { Figure } from '../figure.ts'
import { drawLines, type Line } from '../line-plot.ts'
import { formatInterval, formatShare, formatTime } from '../words.ts'

const unique = <Value>(values: readonly Value[]): Value[] => [...new Set(values)]

/** One for each pattern: time of a frame against the share of dirty pages. */
export function costFigures(
  sweep: readonly SweepCase[],
  crossovers: readonly Crossover[],
): Figure[] {
  return unique(sweep.map((it) => it.pattern))
    .filter((pattern) => fractionsOf(sweep, pattern).length > 1)
    .map((pattern) => {
      const title = `Frames that write ${pattern} pages`
      const cases = sweep.filter((it) => it.pattern === pattern)
      const crossing = crossovers.filter((it) => it.pattern === pattern)
      return { name: `cost-${pattern}`, title, svg: draw(title, cases, crossing) }
    })
}

const fractionsOf = (sweep: readonly SweepCase[], pattern: Pattern): number[] =>
  unique(sweep.filter((it) => it.pattern === pattern).map((it) => it.dirtyFraction))

function draw(
  title: string,
  cases: readonly SweepCase[],
  crossovers: readonly Crossover[],
): string {
  const fractions = unique(cases.map((it) => it.dirtyFraction))
  const lines = unique(cases.map((it) => it.mechanism)).map((name): Line => {
    const points = cases
      .filter((it) => it.mechanism === name)
      .sort((a, b) => a.dirtyFraction - b.dirtyFraction)
      .map(({ dirtyFraction, nsPerFrame, ...row }) => ({
        x: dirtyFraction,
        y: nsPerFrame.p50,
        ...(row.median === null ? {} : { interval: row.interval }),
      }))
    return { name, colour: name, points, hasMarks: true, isStrong: name === 'auto' }
  })
  return drawLines({
    title,
    lines,
    xTitle: 'dirty pages',
    yTitle: 'time of a frame',
    formatX: formatShare,
    formatY: formatTime,
    marks: crossovers.map(({ dirtyFraction, below, above }) => ({
      x: dirtyFraction,
      text: formatShare(Number(dirtyFraction.toPrecision(2))),
      tip: `From ${formatShare(dirtyFraction)} on ${above} is cheaper than ${below}.`,
    })),
    tips: fractions.map((x) => ({ x, text: describe(cases, x) })),
  })
}

/** All contenders at one share, the cheapest first. */
function describe(cases: readonly SweepCase[], fraction: number): string {
  const here = cases
    .filter((it) => it.dirtyFraction === fraction)
    .sort((a, b) => a.nsPerFrame.p50 - b.nsPerFrame.p50)
  const lines = here.map((it) => {
    const time =
      it.median === null ? formatTime(it.nsPerFrame.p50) : formatInterval(it.median, it.interval)
    return `${it.mechanism}: ${time}, ${formatTime(it.nsPerDirtyPage)} a page`
  })
  return [`${formatShare(fraction)} dirty: ${here[0]?.dirtyPages ?? 0} pages`, ...lines].join('\n')
}
