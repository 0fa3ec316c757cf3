// Measures what tracking costs on this machine.

import { setImmediate } from 'node:timers/promises'
import { MkwriteError } from '../errors.ts'
import { native } from '../native.ts'
import type { Mechanism } from '../policy.ts'
import { Bench } from './bench.ts'
import { describeEnvironment } from './environment.ts'
import { type MeasureOptions, makePlan, type Plan } from './options.ts'
import { type Pattern, pageSource } from './patterns.ts'
import type { MeasureResult, SweepCase } from './result.ts'

/**
 * Measures the floors of this machine, then each mechanism under each pattern and dirty fraction:
 * frames of {write, collect and re-arm, copy} through the library, in turn with frames of a bare loop
 * that does the same work without it. After each frame every written page is compared with its copy.
 *
 * Runs on the calling thread; between steps, other work on it gets its turn.
 *
 * @throws MkwriteError `ERR_MKWRITE_MECHANISM_UNAVAILABLE` if a mechanism that was asked for does not
 *   work here, `ERR_MKWRITE_INVALID_ARGUMENT` and `ERR_MKWRITE_OUT_OF_RANGE` for options,
 *   `ERR_MKWRITE_OUT_OF_MEMORY`
 */
export async function measure(options: MeasureOptions = {}): Promise<MeasureResult> {
  const environment = describeEnvironment()
  const plan = makePlan(options)
  const { mechanisms, patterns, dirtyFractions, bytesPerPage } = plan
  const total = 1 + mechanisms.length * patterns.length * dirtyFractions.length
  let done = 0
  const begin = async (step: string): Promise<void> => {
    options.signal?.throwIfAborted()
    options.onProgress?.({ done: done++, total, step })
    await setImmediate()
  }

  await begin('floors')
  const floors = native.measure.floors(plan.batches)

  const sweep: SweepCase[] = []
  const end = performance.now() + plan.seconds * 1000
  for (const mechanism of mechanisms) {
    const bench = new Bench(mechanism, plan.size, bytesPerPage)
    try {
      for (const pattern of patterns) {
        for (const fraction of dirtyFractions) {
          await begin(`${mechanism}, ${pattern}, ${fraction * 100} % dirty`)
          // What one case did not use, or used too much, is shared by those to come.
          const left = Math.max(end - performance.now(), 0) / 1000
          const seconds = left / (total - done + 1)
          sweep.push(measureCase(bench, mechanism, pattern, fraction, { ...plan, seconds }))
        }
      }
    } finally {
      bench[Symbol.dispose]()
    }
  }
  return { schema: 'mkwrite.measure/1', environment, bytesPerPage, floors, sweep }
}

function measureCase(
  bench: Bench,
  mechanism: Mechanism,
  pattern: Pattern,
  dirtyFraction: number,
  budget: Pick<Plan, 'repetitions' | 'seconds'>,
): SweepCase {
  const { pages } = bench
  const dirtyPages = Math.max(Math.round(pages * dirtyFraction), 1)
  const { repetitions, library, bare } = bench.run(pageSource(pattern, pages, dirtyPages), budget)
  if (bare.lostPages > 0) {
    throw new MkwriteError(
      'ERR_MKWRITE_SYSTEM',
      `The bare ${mechanism} loop lost ${bare.lostPages} pages, so the kernel's mechanism is broken here and nothing measured with it counts. Please report it with the output of \`mkwrite probe --json\`.`,
    )
  }
  return {
    mechanism,
    pattern,
    pages,
    dirtyFraction,
    dirtyPages,
    repetitions,
    reportedPages: library.reportedPages,
    lostPages: library.lostPages,
    faults: library.faults,
    nsPerFrame: library.frames,
    nsPerDirtyPage: library.frames.p50 / dirtyPages,
    bareNsPerDirtyPage: bare.frames.p50 / dirtyPages,
    split: library.split,
    bareSplit: bare.split,
  }
}
