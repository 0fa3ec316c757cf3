// Where time goes: of a fault, and of a frame.

import type { FaultRow, SweepCase } from '../../measure/index.ts'
import { type Bar, drawBars } from '../bar-plot.ts'
import type { Figure } from '../figure.ts'
import { formatShare, formatTime } from '../words.ts'

const faultParts = [
  { name: 'entry and delivery', colour: 'part0' },
  { name: 'handler', colour: 'part1' },
  { name: 'un-protect', colour: 'part2' },
  { name: 'return', colour: 'part3' },
]

const frameParts = [
  { name: 'write', colour: 'part2' },
  { name: 'collect', colour: 'part0' },
  { name: 'copy', colour: 'part3' },
]

function toBar(
  name: string,
  times: readonly number[],
  parts: readonly { name: string; colour: string }[],
): Bar {
  const total = times.reduce((sum, ns) => sum + ns, 0)
  const lines = parts.map((part, index) => {
    const ns = times[index] ?? 0
    return `${part.name}: ${formatTime(ns)} (${Math.round((100 * ns) / total)} %)`
  })
  return {
    name,
    parts: parts.map(({ colour }, index) => ({ ns: times[index] ?? 0, colour })),
    text: formatTime(total),
    tip: [name, ...lines].join('\n'),
  }
}

export function splitFigures(faults: readonly FaultRow[], sweep: readonly SweepCase[]): Figure[] {
  return [...faultSplit(faults), ...frameSplit(sweep)]
}

function faultSplit(faults: readonly FaultRow[]): Figure[] {
  const bars = faults.flatMap(({ kind, pattern, split }) => {
    if (split === null) return []
    const { deliveryNs, handlerNs, unprotectNs, returnNs } = split
    return [
      toBar(`${kind}, ${pattern}`, [deliveryNs, handlerNs, unprotectNs, returnNs], faultParts),
    ]
  })
  if (bars.length === 0) return []
  const title = 'A fault, with a handler by hand'
  return [{ name: 'split-faults', title, svg: drawBars({ title, bars, legend: faultParts }) }]
}

/** For random pages, at one page in ten if that was measured: there, all contenders take part. */
function frameSplit(sweep: readonly SweepCase[]): Figure[] {
  const pattern = sweep.some((it) => it.pattern === 'random') ? 'random' : sweep[0]?.pattern
  const cases = sweep.filter((it) => it.pattern === pattern)
  const [fraction] = [...new Set(cases.map((it) => it.dirtyFraction))].sort(
    (a, b) => Math.abs(Math.log(a / 0.1)) - Math.abs(Math.log(b / 0.1)),
  )
  if (fraction === undefined) return []
  const bars = cases
    .filter((it) => it.dirtyFraction === fraction)
    .map(({ mechanism, split }) =>
      toBar(mechanism, [split.writeNs, split.collectNs, split.copyNs], frameParts),
    )
  const title = `A frame with ${formatShare(fraction)} ${pattern} dirty pages`
  return [{ name: 'split-frames', title, svg: drawBars({ title, bars, legend: frameParts }) }]
}
