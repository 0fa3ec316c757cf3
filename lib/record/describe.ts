// What is said of a replay, wherever it is shown.

import type { ReplayResult } from './replay-result.ts'

/** Below that, more would have come out on an idle machine. */
const poorlyReplayed = 0.8

/** How the program's other threads were replayed, as sentences; empty if nothing is to be said. */
export function describeOthers({ program, othersRan }: ReplayResult): string {
  if (othersRan === null) return ''
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`
  const found = `Other threads ran ${percent(program.othersShare)} of the time while the main thread did, and one that runs stands for them.`
  return othersRan < poorlyReplayed
    ? `${found} It got a processor in ${percent(othersRan)} of its time only: without other programs, faults would cost more.`
    : found
}
