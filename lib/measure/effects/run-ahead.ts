// How much it saves to open more pages than the one that faulted.

import type { Plan } from '../options.ts'
import { openSequentialWrites } from './armed.ts'
import { type Effect, effect, joined, type Variant } from './effect.ts'
import { openSequence } from './tracked.ts'

const pagesPerFault = [1, 4, 16, 64]

export function runAhead({ mechanisms, limits }: Plan): Effect {
  if (!mechanisms.includes('write-fault')) return joined([])
  const bare = pagesPerFault.map((value): Variant => {
    return {
      effect: 'run-ahead',
      mechanism: 'write-fault',
      by: 'bare',
      value,
      open: () => openSequentialWrites({ mechanism: 'write-fault', openPages: value }),
    }
  })
  const library: Variant = {
    effect: 'run-ahead',
    mechanism: 'write-fault',
    by: 'library',
    value: 'growing',
    open: () => openSequence('write-fault'),
  }
  return effect('run-ahead', 6, [...bare, library], limits)
}
