// Two documents row by row.

import { controlFor, isControl } from './controls.ts'
import type { Document, Row } from './document.ts'
import { adjustedRatioOf, type Ratio, ratioOf, seededRandom } from './ratio.ts'
import { judge, type Verdict } from './verdict.ts'

/** What became of one row. */
export interface ComparedRow {
  /** Its key in both documents. */
  key: string
  /** What is said about it. */
  verdict: Verdict
  /** The old median in nanoseconds. */
  base: number
  /** The new one. */
  other: number
  /** New over old. */
  ratio: number
  /**
   * The same with the change of its control taken off: what the row costs over the loop written by
   * hand, new over old. Null where there is no such loop.
   */
  adjusted: number | null
  /** From where to where the truth about `adjusted`, or else `ratio`, lies with 99 % confidence. */
  interval: [number, number]
  /** Whether the library has no part in it: it shows what the machine does, and is never a regression. */
  isControl: boolean
}

/** What rows changed in which the library has no part: by that much, the machine is another. */
export interface Drift {
  /** How many there are. */
  controls: number
  /** The median of their ratios. */
  ratio: number
  /** Nineteen of twenty changed by no more than this factor, up or down. */
  factor: number
}

export function compareRows(
  base: Document,
  other: Document,
  threshold: number,
): { rows: ComparedRow[]; drift: Drift } {
  const random = seededRandom()
  const pairs = [...base.rows.values()].flatMap((row): [Row, Row][] => {
    const found = other.rows.get(row.key)
    return found === undefined ? [] : [[row, found]]
  })
  const ratios = new Map(pairs.map(([was, is]) => [was.key, ratioOf(was, is, random)]))
  const drift = driftOf([...ratios].filter(([key]) => isControl(key)).map(([, ratio]) => ratio))
  const rows = pairs.map(([was, is]): ComparedRow => {
    const ratio = ratios.get(was.key) as Ratio
    const adjusted = adjust(base, other, was.key, random)
    const mine = isControl(was.key)
    return {
      key: was.key,
      // Without a control that does the same, a row must change by more than the machine did.
      verdict: judge(adjusted ?? ratio, threshold, mine || adjusted?.isOwn ? 1 : drift.factor),
      base: was.median,
      other: is.median,
      ratio: ratio.value,
      adjusted: adjusted?.value ?? null,
      interval: (adjusted ?? ratio).interval,
      isControl: mine,
    }
  })
  return { rows, drift }
}

/** Without what its control did; undefined where there is none, or no samples. */
function adjust(
  base: Document,
  other: Document,
  key: string,
  random: () => number,
): (Ratio & { isOwn: boolean }) | undefined {
  const control = controlFor(key, base.rows.keys())
  if (control === undefined) return undefined
  const pairIn = ({ rows }: Document) => {
    const [row, beside] = [rows.get(key), rows.get(control.key)]
    return row && beside && { row, control: beside }
  }
  const [was, is] = [pairIn(base), pairIn(other)]
  const ratio = was && is && adjustedRatioOf(was, is, random)
  return ratio && { ...ratio, isOwn: control.isOwn }
}

function driftOf(ratios: readonly Ratio[]): Drift {
  const logs = ratios.map(({ value }) => Math.log(value)).sort((a, b) => a - b)
  const sizes = logs.map(Math.abs).sort((a, b) => a - b)
  return {
    controls: ratios.length,
    ratio: Math.exp(logs[Math.floor(logs.length / 2)] ?? 0),
    factor: Math.exp(sizes[Math.floor(sizes.length * 0.95)] ?? 0),
  }
}
