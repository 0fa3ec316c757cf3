// Lists of pages: as people write them, as collects return them, and as messages show them.

import { invalidArgument } from '../errors.ts'
import type { PageRange } from '../tracker.ts'
import { checkInteger, checkOptions } from '../validate.ts'

/**
 * Which pages: their numbers; ranges of them; or pairs of first page and page count, as
 * `DirtyTracker.collect` returns them (a `Uint32Array`).
 */
export type Pages = Uint32Array | readonly (number | Required<PageRange>)[]

/** The numbers of all pages of pairs of first page and page count. */
export function pagesOfPairs(pairs: Uint32Array): number[] {
  const pages: number[] = []
  for (let i = 0; i < pairs.length; i += 2) {
    const first = pairs[i] as number
    for (let k = 0; k < (pairs[i + 1] as number); k++) pages.push(first + k)
  }
  return pages
}

/** The page numbers that were written down as `value`, ascending and each once. */
export function toPages(name: string, value: unknown): number[] {
  if (value instanceof Uint32Array) {
    if (value.length % 2 === 0) return sorted(pagesOfPairs(value))
    throw invalidArgument(name, 'pairs of first page and page count', value)
  }
  if (!Array.isArray(value)) {
    throw invalidArgument(
      name,
      'a number of pages, an array of page numbers and of { first, count }, or a Uint32Array of pairs',
      value,
    )
  }
  return sorted(value.flatMap((item, index) => pagesOfItem(`${name}[${index}]`, item)))
}

function pagesOfItem(name: string, item: unknown): number[] {
  const limit = 2 ** 32
  if (typeof item === 'number') return [checkInteger(name, item, 0, limit)]
  checkOptions(name, item, ['first', 'count'])
  const { first, count } = item as Required<PageRange>
  const begin = checkInteger(`${name}.first`, first, 0, limit)
  return Array.from({ length: checkInteger(`${name}.count`, count, 1, limit) }, (_, k) => begin + k)
}

const sorted = (pages: number[]): number[] => [...new Set(pages)].sort((a, b) => a - b)

const mostRuns = 12

/** `1, 5 to 8`: ascending pages for people; very many are cut short. */
export function showPages(pages: readonly number[]): string {
  if (pages.length === 0) return 'none'
  const runs: [first: number, last: number][] = []
  for (const page of pages) {
    const run = runs.at(-1)
    if (run !== undefined && page === run[1] + 1) run[1] = page
    else runs.push([page, page])
  }
  const shown = runs
    .slice(0, mostRuns)
    .map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`))
  const hidden = runs.slice(mostRuns).reduce((sum, [first, last]) => sum + last - first + 1, 0)
  return `${shown.join(', ')}${hidden === 0 ? '' : ` and ${hidden} more`}`
}

/** `1 page`, `2 pages`. */
export const countOf = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`
