// What a stress test returns: the JSON of `mkwrite stress --json`.

import type { NativeStressCounts } from '../native-stress.ts'
import type { Policy } from '../policy.ts'

/** What happened in a stress test. */
export interface StressCounts extends NativeStressCounts {}

/** The result of `stress()`. */
export interface StressResult extends StressCounts {
  /** Changes when fields change their meaning or go. */
  schema: 'mkwrite.stress/1'
  /** The mechanism or policy that was asked for. */
  mechanism: Policy
  /** As asked for. */
  seconds: number
  /** CPU writers. */
  threads: number
  /** Of each buffer object, those aside that open and close meanwhile. */
  views: number
  /** Bytes of each of the four buffer objects. */
  size: number
  /** Whether buffer objects could have a twin. */
  trim: boolean
  /** Gives the same random numbers again. What threads do between them differs all the same. */
  seed: number
}
