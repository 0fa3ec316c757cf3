// How much it saves to open more pages than the one that faulted.

import type { Plan } from '../options.ts'
import { openSequentialWrites } from './armed.ts'
import { type Effect, effect, joined } from './effect.ts'

const pagesPerFault = [1, 4, 16, 64]

export function runAhead({ mechanisms, limits }: Plan): Effect {
  if (!mechanisms.includes('write-fault')) return joined([])
  const variants = pagesPerFault.map((value) => ({
    effect: 'run-ahead' as const,
    mechanism: 'write-fault' as const,
    by: 'bare' as const,
    value,
    open: () => openSequentialWrites({ mechanism: 'write-fault', openPages: value }),
  }))
  return effect('run-ahead', 5, variants, limits)
}
