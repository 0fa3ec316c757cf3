// What more views cost: each is protected, or scanned, by itself.

import { faultingMechanisms } from '../../policy.ts'
import type { Plan } from '../options.ts'
import { type Effect, effect } from './effect.ts'
import { openFrames } from './tracked.ts'

const counts = [1, 2, 4]
const size = 16 * 1024 * 1024
const dirtyPages = 256

export function views({ mechanisms, limits }: Plan): Effect {
  const variants = mechanisms
    .filter((mechanism) => faultingMechanisms.includes(mechanism))
    .flatMap((mechanism) =>
      counts.map((value) => ({
        effect: 'views' as const,
        mechanism,
        by: 'library' as const,
        value,
        open() {
          const { sample, close } = openFrames(mechanism, size, dirtyPages, value)
          return { sample: () => sample() / dirtyPages, ...(close && { close }) }
        },
      })),
    )
  return effect('views', 2 * variants.length, variants, limits)
}
