// Counts tests in vitest's JSON reports and words the last lines of the output.

import { existsSync, readFileSync } from 'node:fs'

/**
 * @typedef {object} TestCounts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/**
 * @param {string[]} reports paths of vitest's JSON reports; a missing one counts nothing
 * @returns {TestCounts}
 */
export function countTests(reports) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const path of reports.filter((it) => existsSync(it))) {
    const report = JSON.parse(readFileSync(path, 'utf8'))
    counts.passed += report.numPassedTests
    counts.failed += report.numFailedTests
    counts.skipped += report.numPendingTests + report.numTodoTests
  }
  return counts
}

/**
 * One line per kernel, then the totals.
 *
 * @param {import('./lane.mjs').LaneResult[]} results
 * @returns {string[]}
 */
export function summaryLines(results) {
  const total = { passed: 0, failed: 0 }
  const lines = results.map(({ release, tests, problems, seconds }) => {
    total.passed += tests?.passed ?? 0
    total.failed += tests?.failed ?? 0
    const ran = tests && `${tests.passed + tests.failed} tests ran, ${tests.skipped} skipped`
    const verdict = problems.length === 0 ? 'ok' : `FAILED (${problems.join('; ')})`
    return [`${release}:`, ran && `${ran},`, `${seconds.toFixed(0)} s:`, verdict]
      .filter((part) => part !== undefined)
      .join(' ')
  })
  return [...lines, `${total.passed} passed, ${total.failed} failed`]
}
