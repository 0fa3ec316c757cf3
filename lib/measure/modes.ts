// How much is measured: three sets of defaults.

import type { Limits } from './take-turns.ts'

/** How much is measured. */
export type MeasureMode = 'quick' | 'standard' | 'thorough'

export interface ModeDefaults {
  /** Bytes of the sweep's buffer. */
  size: number
  seconds: number
  /** Times that everything is measured anew. */
  passes: number
  /** Of each pass. */
  limits: Limits
  /** Batches of each floor and pass. */
  floorBatches: number
  dirtyFractions: readonly number[]
  /** Sizes of buffers whose effect is measured. */
  sizesMiB: readonly number[]
  /** Additional mappings whose effect is measured. */
  mappingCounts: readonly number[]
  /** Heaps that clear_refs is measured with. */
  heapsMiB: readonly number[]
}

const MiB = 1024 * 1024
const fractions = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1]

export const modes: Record<MeasureMode, ModeDefaults> = {
  quick: {
    size: 4 * MiB,
    seconds: 7,
    passes: 3,
    limits: { minRounds: 2, maxRounds: 40 },
    floorBatches: 3,
    dirtyFractions: [0.01, 0.1, 1],
    sizesMiB: [1, 16],
    mappingCounts: [0, 10_000],
    heapsMiB: [0, 64],
  },
  standard: {
    size: 32 * MiB,
    seconds: 40,
    passes: 4,
    limits: { minRounds: 2, maxRounds: 100 },
    floorBatches: 6,
    dirtyFractions: fractions,
    sizesMiB: [1, 16, 64, 256],
    mappingCounts: [0, 1000, 10_000, 30_000],
    heapsMiB: [0, 64, 256],
  },
  thorough: {
    size: 64 * MiB,
    seconds: 300,
    passes: 8,
    limits: { minRounds: 4, maxRounds: 300 },
    floorBatches: 10,
    dirtyFractions: fractions,
    sizesMiB: [1, 16, 64, 256],
    mappingCounts: [0, 1000, 10_000, 30_000],
    heapsMiB: [0, 64, 256],
  },
}
