// What it saves to fetch more pages from the device than the one that was touched.

import type { Plan } from '../options.ts'
import { openReadBack } from '../read-back.ts'
import { type Effect, effect, joined } from './effect.ts'

const count = 1024

export function readBack({ mechanisms, limits }: Plan): Effect {
  if (!mechanisms.includes('write-fault')) return joined([])
  const variants = ([1, 16] as const).map((value) => ({
    effect: 'read-back' as const,
    mechanism: 'write-fault' as const,
    by: 'library' as const,
    value,
    open() {
      const { touch, close } = openReadBack(value, count, 'sequential')
      return { sample: () => touch().reduce((sum, ns) => sum + ns, 0) / count, close }
    },
  }))
  return effect('readback', 4, variants, limits)
}
