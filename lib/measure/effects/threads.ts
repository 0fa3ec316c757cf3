// What faults cost when several threads have them at once.

import { availableParallelism } from 'node:os'
import { faultingMechanisms } from '../../policy.ts'
import type { Plan } from '../options.ts'
import { type Effect, effect } from './effect.ts'
import { openThreads } from './tracked.ts'

export function threads({ mechanisms, limits }: Plan): Effect {
  const counts = [...new Set([1, 2, availableParallelism()])].sort((a, b) => a - b)
  const variants = mechanisms
    .filter((mechanism) => faultingMechanisms.includes(mechanism))
    .flatMap((mechanism) =>
      counts.map((value) => ({
        effect: 'threads' as const,
        mechanism,
        by: 'library' as const,
        value,
        open: () => openThreads(mechanism, value),
      })),
    )
  return effect('threads', 3 * variants.length, variants, limits)
}
