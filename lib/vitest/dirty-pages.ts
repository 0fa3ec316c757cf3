// toHaveDirtyPages

import { invalidArgument } from '../errors.ts'
import { DirtyTracker } from '../tracker.ts'
import { checkInteger } from '../validate.ts'
import { countOf, type Pages, pagesOfPairs, showPages, toPages } from './pages.ts'
import type { Verdict } from './verdict.ts'

export function toHaveDirtyPages(received: unknown, expected: number | Pages): Verdict {
  const isCount = typeof expected === 'number'
  const wanted = isCount ? [] : toPages('expected', expected)
  if (isCount) checkInteger('expected', expected, 0, 2 ** 32)
  const found = dirtyPagesOf(received)
  if (isCount) {
    return {
      pass: found.length === expected,
      actual: found.length,
      expected,
      message: () =>
        found.length === expected
          ? `expected other than ${countOf(expected, 'dirty page')}: ${showPages(found)}`
          : `expected ${countOf(expected, 'dirty page')}, found ${found.length}: ${showPages(found)}${hint(received)}`,
    }
  }
  const missing = wanted.filter((page) => !found.includes(page))
  const extra = found.filter((page) => !wanted.includes(page))
  const pass = missing.length === 0 && extra.length === 0
  return {
    pass,
    actual: showPages(found),
    expected: showPages(wanted),
    message: () =>
      pass
        ? `expected other dirty pages than ${showPages(wanted)}`
        : [
            `expected dirty pages ${showPages(wanted)}, found ${showPages(found)}`,
            ...(missing.length > 0 ? [`not dirty: ${showPages(missing)}`] : []),
            ...(extra.length > 0 ? [`dirty besides: ${showPages(extra)}${hint(received)}`] : []),
          ].join('\n'),
  }
}

function dirtyPagesOf(received: unknown): number[] {
  if (received instanceof DirtyTracker) return pagesOfPairs(received.collect())
  if (received instanceof Uint32Array) return toPages('received', received)
  throw invalidArgument('received', 'a DirtyTracker, or what its collect() returned', received)
}

/** Why pages may be dirty that nobody wrote. */
function hint(received: unknown): string {
  if (!(received instanceof DirtyTracker)) return ''
  const { mechanism, pagesKeptOpen } = received.stats
  if (mechanism === 'full') return " (the mechanism 'full' reports all pages)"
  return pagesKeptOpen > 0 ? " (the policy 'auto' reports pages that it leaves open)" : ''
}
