// What huge pages do to tracking: they fall apart when it is exact, and are fast when it need not be.

import type { MemoryKind } from '../../native-faults.ts'
import type { Plan } from '../options.ts'
import { openRegionWrites, openSequentialWrites } from './armed.ts'
import { type Effect, effect, joined, type Variant } from './effect.ts'

const transparent: MemoryKind[] = ['shared', 'shared-huge', 'anonymous', 'anonymous-huge']
/** Pages of 4 KiB in a huge page of 2 MiB. */
const pagesPerRegion = 512

export function hugePages({ mechanisms, limits }: Plan): Effect {
  const faulting = mechanisms.filter((name) => name === 'write-fault' || name === 'userfault')
  const exact = faulting.flatMap((mechanism): Variant[] =>
    transparent.map((memory) => ({
      effect: 'huge-pages',
      mechanism,
      by: 'bare',
      value: memory,
      open: () => openSequentialWrites({ mechanism, memory }),
    })),
  )
  const regions = faulting
    .filter((name) => name === 'write-fault')
    .flatMap((mechanism): Variant[] => [
      ...transparent.map(
        (memory): Variant => ({
          effect: 'huge-regions',
          mechanism,
          by: 'bare',
          value: memory,
          open: () => openRegionWrites({ mechanism, memory, openPages: pagesPerRegion }),
        }),
      ),
      {
        effect: 'huge-regions',
        mechanism,
        by: 'bare',
        value: 'reserved-huge',
        open: () => openRegionWrites({ mechanism, memory: 'reserved-huge', openPages: 1 }),
      },
    ])
  return joined([
    effect('huge pages', 8, exact, limits),
    effect('regions of a huge page', 5, regions, limits),
  ])
}
