// What can be chosen about a stress test, and its checks.

import { reasonAgainst, unavailable } from '../availability.ts'
import { invalidArgument } from '../errors.ts'
import { native } from '../native.ts'
import type { NativeStressOptions } from '../native-stress.ts'
import { checkPolicy, type Policy } from '../policy.ts'
import { probe } from '../probe.ts'
import { checkBoolean, checkInteger, checkNumber, checkOptions } from '../validate.ts'
import type { StressCounts } from './result.ts'

/** How to run a stress test. */
export interface StressOptions {
  /** A mechanism, or a policy that chooses among them. Default: `write-fault`. */
  mechanism?: Policy
  /** How long; default 10. The last comparison comes after that. */
  seconds?: number
  /** CPU writers, 1 to 64; default 4. Each has a thread. */
  threads?: number
  /** Views of each buffer object that the writers share, 1 to 64; default 2. */
  views?: number
  /**
   * Whether a device writes to the same pages; default true. Without, trackers are tested that have
   * no device.
   */
  deviceWrites?: boolean
  /**
   * Under `auto`: whether each buffer object may have a twin (`twinLimit`), behind a bus so slow that
   * pages are compared with it before they are sent; default false.
   */
  trim?: boolean
  /** Bytes of each buffer object, 4 pages to 1 GiB; default 4 MiB. There are four. */
  size?: number
  /** Where random numbers begin, 0 to 2^32 - 1; default: another one each time. */
  seed?: number
  /** Called several times a second with what happened so far. */
  onProgress?: (counts: StressCounts) => void
  /** Ends the test early; `stress()` then rejects with the signal's reason. */
  signal?: AbortSignal
}

const MiB = 1024 * 1024
const maxThreads = 64

/** Options with everything decided. */
export type Plan = NativeStressOptions & { policy: Policy }

export function makePlan(options: StressOptions): Plan {
  checkOptions('options', options, [
    'mechanism',
    'seconds',
    'threads',
    'views',
    'deviceWrites',
    'trim',
    'size',
    'seed',
    'onProgress',
    'signal',
  ])
  const { pageSize } = native
  const { mechanism = 'write-fault', seconds = 10, threads = 4, views = 2 } = options
  const {
    deviceWrites = true,
    trim = false,
    size = 4 * MiB,
    seed = Math.floor(Math.random() * 2 ** 32),
  } = options
  checkInteger('options.size', size, 4 * pageSize, 1024 * MiB)
  const policy = checkPolicy('options.mechanism', mechanism)
  const reason = reasonAgainst(policy, probe())
  if (reason !== undefined) throw unavailable('mechanism', policy, reason)
  if (checkBoolean('options.trim', trim) && policy !== 'auto') {
    throw invalidArgument('options.trim', `false unless options.mechanism is 'auto'`, trim)
  }
  return {
    policy,
    milliseconds: checkNumber('options.seconds', seconds, 0) * 1000,
    threads: checkInteger('options.threads', threads, 1, maxThreads),
    views: checkInteger('options.views', views, 1, maxThreads),
    deviceWrites: checkBoolean('options.deviceWrites', deviceWrites),
    trim,
    pages: Math.ceil(size / pageSize),
    seed: checkInteger('options.seed', seed, 0, 2 ** 32 - 1),
  }
}
