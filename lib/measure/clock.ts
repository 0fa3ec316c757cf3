// The one clock of all measurements: CPU time of the calling thread.

import { median } from 'simple-statistics'
import { native } from '../native.ts'

/** Nanoseconds. */
export const now: () => number = native.measure.now

/** What lies between two readings of the clock with nothing in between, in ns. */
export function clockCost(): number {
  return median(
    Array.from({ length: 1001 }, () => {
      const begin = now()
      return now() - begin
    }),
  )
}
