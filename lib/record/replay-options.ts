// What a replay is to do.

import { invalidArgument, MkwriteError } from '../errors.ts'
import { type Policy, policies } from '../policy.ts'
import { probe } from '../probe.ts'
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
  const working = workingPolicies()
  return {
    policies: asked === undefined ? working : checkPolicies(asked, working),
    seconds: checkNumber('options.seconds', seconds, 0),
    leastPasses: 3,
    mostPasses: 25,
  }
}

function checkPolicies(asked: readonly Policy[], working: readonly Policy[]): readonly Policy[] {
  const isKnown = (item: Policy): boolean => policies.includes(item)
  if (!Array.isArray(asked) || asked.length === 0 || !asked.every(isKnown)) {
    const names = policies.map((item) => `"${item}"`).join(', ')
    throw invalidArgument('options.policies', `an array of some of ${names}`, asked)
  }
  const missing = asked.find((policy) => !working.includes(policy))
  if (missing !== undefined) {
    throw new MkwriteError(
      'ERR_MKWRITE_MECHANISM_UNAVAILABLE',
      `The policy "${missing}" does not work on this machine; \`mkwrite probe\` says why.`,
    )
  }
  return [...new Set(asked)]
}

/** All policies that work here. */
function workingPolicies(): Policy[] {
  const { mechanisms } = probe()
  const scans = mechanisms['soft-dirty'].available || mechanisms.userfault.available
  return policies.filter((policy) => {
    if (policy === 'auto') return true
    return policy === 'kernel' ? scans : mechanisms[policy].available
  })
}
