// Effects in words.

import type { EffectName } from './effect.ts'

/** An effect in words. */
export interface EffectTitle {
  /** What its values are. */
  title: string
  /** What its times are for: "per page". */
  unit: string
}

/** All effects in words. */
export const effectTitles: Record<EffectName, EffectTitle> = {
  'run-ahead': { title: 'pages opened by one fault', unit: 'per page' },
  threads: { title: 'writers at once', unit: 'per fault' },
  'tlb-shootdown': { title: 'other threads that run meanwhile', unit: 'per fault' },
  'huge-pages': { title: 'pages tracked one by one', unit: 'per page' },
  'huge-regions': { title: 'regions of a huge page', unit: 'per region' },
  views: { title: 'views of a buffer object', unit: 'per dirty page' },
  size: { title: 'MiB of which 64 pages are written', unit: 'per frame' },
  mappings: { title: 'mappings of the process besides', unit: 'per fault' },
  'read-back': { title: 'pages fetched by one touch', unit: 'per page' },
  'clear-refs': { title: 'clear_refs with MiB of heap', unit: 'per clear' },
  'heap-writes': { title: 'heap written after it, MiB', unit: 'per page' },
}
