// Holds the results against what is claimed. Pure: the same result always gets the same verdicts.

import { geometricMean, median } from 'simple-statistics'
import type { BenchResult, BenchRow } from './result.ts'
import { type Claim, claims, type FrameClaim, type PatternChoice } from './thresholds.ts'

/** What was found about one claim. */
export interface ClaimVerdict {
  /** What is claimed. */
  claim: string
  /** At most so many times the other's cost. */
  limit: number
  /** And so many ns more. */
  plusNs: number
  /** What was held against the limit, worst first. */
  found: {
    /** Name of the pattern, where each must keep the limit by itself. */
    pattern: string | null
    /** What it cost over what the other cost, less what it may cost on top. */
    ratio: number
  }[]
  /** `not measured` where the result has nothing to say about it. */
  verdict: 'holds' | 'missed' | 'not measured'
}

/** Holds a result against each of the claims that `mkwrite bench --check` knows. */
export function checkClaims(result: BenchResult): ClaimVerdict[] {
  return judge(claims, result)
}

export function judge(
  which: readonly Claim[],
  result: Pick<BenchResult, 'environment' | 'rows' | 'scale'>,
): ClaimVerdict[] {
  return which.map((claim) => {
    const found =
      claim.about === 'frames' ? findInFrames(claim, result) : findInScale(claim, result)
    found.sort((a, b) => b.ratio - a.ratio)
    const { times, plusNs = 0 } = { plusNs: 0, ...claim.limit }
    const [worst] = found
    const verdict = worst === undefined ? 'not measured' : worst.ratio <= times ? 'holds' : 'missed'
    return { claim: claim.title, limit: times, plusNs, found, verdict }
  })
}

type Found = ClaimVerdict['found']

function findInScale(
  claim: Exclude<Claim, FrameClaim>,
  { scale }: Pick<BenchResult, 'scale'>,
): Found {
  return scale
    .filter((it) => it.measurement === claim.measurement && it.contender === claim.contender)
    .map((it) => ({ pattern: null, ratio: it.ratio }))
}

function findInFrames(
  claim: FrameClaim,
  { environment, rows }: Pick<BenchResult, 'environment' | 'rows'>,
): Found {
  const bytes = claim.bytesPerPage === 'page' ? environment.pageSize : claim.bytesPerPage
  const table = rows.filter(
    (row) => row.bytesPerPage === bytes && row.cpuWorkMs === claim.cpuWorkMs,
  )
  const found = table
    .filter((row) => row.contender === claim.contender && isChosen(row, claim.patterns))
    .flatMap((row) => {
      const ratio = ratioOf(row, claim, table)
      return ratio === null ? [] : [{ pattern: row.pattern, ratio }]
    })
  if (claim.statistic === 'each' || found.length === 0) return found
  const ratios = found.map(({ ratio }) => ratio)
  return [
    { pattern: null, ratio: claim.statistic === 'median' ? median(ratios) : geometricMean(ratios) },
  ]
}

function isChosen(row: BenchRow, choice: PatternChoice): boolean {
  const { names, except = [], writer, maxUnpredictablePages = Number.POSITIVE_INFINITY } = choice
  return (
    (names === undefined || names.includes(row.pattern)) &&
    !except.includes(row.pattern) &&
    (writer === undefined || row.writer === writer) &&
    row.pagesUnpredictable <= maxUnpredictablePages
  )
}

/** Null where there is nothing to compare with. */
function ratioOf(
  row: BenchRow,
  { over, limit }: FrameClaim,
  table: readonly BenchRow[],
): number | null {
  const other = table.find((it) => it.pattern === row.pattern && it.contender === over)
  if (limit.plusNs !== undefined) {
    // What is allowed on top is taken off first.
    if (other === undefined) return null
    const rest = Math.max(row.nsPerFrame - limit.plusNs, 0)
    // An idle frame may take less than the clock itself, which is 0 ns.
    return rest === 0 ? 0 : rest / other.nsPerFrame
  }
  if (over === 'best') return row.ratioToBest
  if (over === 'bare') return row.ratioToBare
  if (over === 'explicit') return row.ratioToExplicit
  return other === undefined ? null : row.nsPerFrame / other.nsPerFrame
}
