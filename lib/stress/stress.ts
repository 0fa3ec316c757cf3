// Runs a stress test on native threads.

import { native } from '../native.ts'
import { makePlan, type StressOptions } from './options.ts'
import type { StressResult } from './result.ts'

const progressInterval = 250 // ms

/**
 * Lets several threads write to buffer objects through several views, while collects, submissions and
 * device writes to other bytes of the same pages race with them; at every quiescent point CPU and
 * device memory are compared byte for byte. `lostUpdates` and `staleReads` of the result must be 0.
 *
 * Runs on threads of its own; the calling thread goes on.
 *
 * @throws MkwriteError (as a rejection) `ERR_MKWRITE_MECHANISM_UNAVAILABLE` with the reason and the
 *   remedy, `ERR_MKWRITE_INVALID_ARGUMENT` and `ERR_MKWRITE_OUT_OF_RANGE` for options,
 *   `ERR_MKWRITE_OUT_OF_MEMORY`; what else keeps the test from going on
 */
export async function stress(options: StressOptions = {}): Promise<StressResult> {
  const plan = makePlan(options)
  const { signal, onProgress } = options
  signal?.throwIfAborted()

  let done!: () => void
  const ended = new Promise<void>((resolve) => {
    done = resolve
  })
  const run = new native.Stress(plan, done)
  const stop = (): void => run.stop()
  signal?.addEventListener('abort', stop, { once: true })
  let failure: { error: unknown } | undefined
  const report = (): void => {
    try {
      onProgress?.(run.counts())
    } catch (error) {
      failure ??= { error }
      stop()
    }
  }
  const timer = setInterval(report, progressInterval)
  try {
    await ended
  } finally {
    clearInterval(timer)
    signal?.removeEventListener('abort', stop)
  }
  const counts = run.finish()
  if (failure !== undefined) throw failure.error
  signal?.throwIfAborted()
  const { policy, milliseconds, threads, views, pages, trim, seed } = plan
  return {
    schema: 'mkwrite.stress/1',
    mechanism: policy,
    seconds: milliseconds / 1000,
    threads,
    ...counts,
    views,
    size: pages * native.pageSize,
    trim,
    seed,
  }
}
