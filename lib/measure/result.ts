// What a measurement returns: the JSON of `mkwrite measure --json`.

import type { Crossover } from './crossovers.ts'
import type { EffectRow } from './effects/effect.ts'
import type { MeasureEnvironment } from './environment.ts'
import type { FaultRow } from './faults.ts'
import type { Floors } from './floors.ts'
import type { MeasureMode } from './modes.ts'
import type { Noise } from './noise.ts'
import type { SweepCase } from './sweep.ts'

/** The clock of single faults. */
export interface FaultClock {
  /** The processor's own counter, or CLOCK_MONOTONIC where that cannot be trusted. */
  source: 'counter' | 'CLOCK_MONOTONIC'
  /** Of the counter, measured against CLOCK_MONOTONIC. */
  nsPerTick: number
  /** What reading it takes, in nanoseconds; taken off every time. */
  overheadNs: number
  /** The smallest difference between two readings, in nanoseconds. */
  resolutionNs: number
  /** Why it is not the counter; null if it is. */
  reason: string | null
}

/** What two measurements must have in common to be compared row by row. */
export interface MeasureSettings {
  /** As asked for. */
  mode: MeasureMode
  /** Bytes of the sweep's buffer. */
  size: number
  /** Bytes written to each dirty page of the sweep. */
  bytesPerPage: number
}

/** The result of `measure()`. */
export interface MeasureResult {
  /** Changes when fields change their meaning or go. */
  schema: 'mkwrite.measure/2'
  /** The machine. */
  environment: MeasureEnvironment
  /** What was asked for, as far as results depend on it. */
  settings: MeasureSettings
  /** How single faults were timed. */
  clock: FaultClock
  /** How quiet the machine was, and how well the results are known. */
  noise: Noise
  /** The steps by themselves; null unless measured. */
  floors: Floors | null
  /** Latencies of single faults. */
  faults: FaultRow[]
  /** One for each contender, pattern and dirty fraction. */
  sweep: SweepCase[]
  /** Where another mechanism becomes the cheapest. */
  crossovers: Crossover[]
  /** What costs depend on. */
  effects: EffectRow[]
}
