// Compares two measurements row by row.

import { checkBoolean, checkNumber, checkOptions } from '../validate.ts'
import { reasonsAgainst, warningsAbout } from './comparable.ts'
import { readDocument } from './document.ts'
import { type ComparedRow, compareRows, type Drift } from './rows.ts'
import type { Verdict } from './verdict.ts'

/** How to compare. */
export interface CompareOptions {
  /** A difference that matters, as a share; default 0.1. */
  threshold?: number
  /** Whether to compare although the machines or the options differ. */
  force?: boolean
}

/**
 * - `regression`: rows are slower.
 * - `improvement`: rows are faster, none slower.
 * - `equal`: no row is surely either, and most are surely the same.
 * - `unclear`: no row is surely either, but most are too noisy to tell.
 * - `incomparable`: nothing was compared.
 */
export type OverallVerdict = 'regression' | 'improvement' | 'equal' | 'unclear' | 'incomparable'

/** A row that the new document lacks. */
export interface MissingRow {
  /** Its key in the old one. */
  key: string
  /** Why it was not measured, if the new document says so. */
  reason: string | null
}

/** The result of `compare()`: rows, or why there are none. */
export interface CompareResult {
  /** Changes when fields change their meaning or go. */
  schema: 'mkwrite.compare/1'
  /** Of both documents: `mkwrite.measure/2`. */
  of: string
  /** Whether they were compared. */
  comparable: boolean
  /** Why they should not be compared; not empty although they were, if that was forced. */
  reasons: string[]
  /** What else should be known. */
  warnings: string[]
  /** As asked for. */
  threshold: number
  /** What is said about all rows together in which the library has a part. */
  verdict: OverallVerdict
  /** Of these rows, by verdict. */
  counts: Record<Verdict, number>
  /** What the machine did. */
  drift: Drift
  /** All rows that both documents have. */
  rows: ComparedRow[]
  /** Keys of rows that the new document lacks, and why as far as it says. */
  onlyInBase: MissingRow[]
  /** Keys of rows that the old document lacks. */
  onlyInOther: string[]
}

/**
 * Compares two results of `measure()` or `bench()`, or what their `--json` printed. A row is slower or
 * faster if it changed by more than the threshold beyond doubt. Where it was measured in turn with a
 * loop written by hand, the change of that one is taken off first: it is the machine's.
 *
 * @param base the old one
 * @param other the new one
 * @throws MkwriteError `ERR_MKWRITE_INVALID_ARGUMENT` for what is no such result, and for options
 */
export function compare(
  base: unknown,
  other: unknown,
  options: CompareOptions = {},
): CompareResult {
  checkOptions('options', options, ['threshold', 'force'])
  const threshold = checkNumber('options.threshold', options.threshold ?? 0.1, 0)
  const force = checkBoolean('options.force', options.force ?? false)
  const before = readDocument('base', base)
  const after = readDocument('other', other)
  const reasons = reasonsAgainst(before, after)
  const comparable = reasons.length === 0 || (force && before.schema === after.schema)
  const { rows, drift } = comparable
    ? compareRows(before, after, threshold)
    : { rows: [], drift: { controls: 0, ratio: 1, factor: 1 } }
  const counts: Record<Verdict, number> = { slower: 0, faster: 0, same: 0, noisy: 0 }
  for (const { verdict, isControl } of rows) if (!isControl) counts[verdict]++
  return {
    schema: 'mkwrite.compare/1',
    of: before.schema,
    comparable,
    reasons,
    warnings: warningsAbout(before, after),
    threshold,
    verdict: comparable ? overall(counts) : 'incomparable',
    counts,
    drift,
    rows,
    onlyInBase: [...before.rows.keys()]
      .filter((key) => !after.rows.has(key))
      .map((key) => ({ key, reason: after.absent.get(key) ?? null })),
    onlyInOther: [...after.rows.keys()].filter((key) => !before.rows.has(key)),
  }
}

function overall({ slower, faster, same, noisy }: Record<Verdict, number>): OverallVerdict {
  if (slower > 0) return 'regression'
  if (faster > 0) return 'improvement'
  return noisy > same ? 'unclear' : 'equal'
}
