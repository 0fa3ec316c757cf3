// All effects.

import type { Plan } from '../options.ts'
import { clearRefs } from './clear-refs.ts'
import { type Effect, joined } from './effect.ts'
import { hugePages } from './huge-pages.ts'
import { mappings } from './mappings.ts'
import { readBack } from './read-back.ts'
import { runAhead } from './run-ahead.ts'
import { sizes } from './sizes.ts'
import { threads } from './threads.ts'
import { tlbShootdown } from './tlb-shootdown.ts'
import { views } from './views.ts'

export function allEffects(plan: Plan): Effect {
  return joined([
    runAhead(plan),
    threads(plan),
    tlbShootdown(plan),
    hugePages(plan),
    views(plan),
    sizes(plan),
    mappings(plan),
    readBack(plan),
    clearRefs(plan),
  ])
}
