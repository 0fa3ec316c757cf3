// What a replay is to do.

import { chooseWorking, reasonAgainst } from '../availability.ts'
import { type Policy, policies } from '../policy.ts'
import { checkNumber, checkOptions } from '../validate.ts'

/** What `replay` tells while it runs. */
export interface ReplayProgress {
  /** Steps that are done. */
  done: number
  /** Steps at most. */
  total: number
  /** What is next. */
  step: string
}

/** How to replay. */
export interface ReplayOptions {
  /** Policies to replay under; default: all that work here. */
  policies?: readonly Policy[]
  /** Seconds for timing; default 8. At least three passes are made, and at most 25. */
  seconds?: number
  /** Called before each step. */
  onProgress?: (progress: ReplayProgress) => void
  /** Ends the replay at the next step. */
  signal?: AbortSignal
}

export interface ReplayPlan {
  policies: readonly Policy[]
  seconds: number
  leastPasses: number
  mostPasses: number
}

export function makeReplayPlan(options: ReplayOptions): ReplayPlan {
  checkOptions('options', options, ['policies', 'seconds', 'onProgress', 'signal'])
  const { policies: asked, seconds = 8 } = options
  return {
    policies: chooseWorking('policy', 'options.policies', asked, policies, reasonAgainst),
    seconds: checkNumber('options.seconds', seconds, 0),
    leastPasses: 3,
    mostPasses: 25,
  }
}
