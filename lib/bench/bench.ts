// Runs all contenders over all patterns.

import { setImmediate } from 'node:timers/promises'
import { describeEnvironment } from '../measure/environment.ts'
import { native } from '../native.ts'
import type { NativeCpuWork } from '../native-bench.ts'
import { type BenchOptions, type BenchTable, makePlan } from './options.ts'
import { Race } from './race.ts'
import type { BenchResult, BenchRow } from './result.ts'
import { summarize } from './summary.ts'

const bytesOfLine = 64

/**
 * Runs frames of {write, find out which pages were written and arm them again, copy those} through
 * the library under each mechanism and policy, and through what it is held against: loops written by
 * hand, a program that says itself what it wrote, and one that copies everything. All take turns in
 * one process, over the same pages. After each frame every written page is compared with its copy.
 *
 * Runs on the calling thread; between turns, other work on it gets its turn.
 *
 * @throws MkwriteError `ERR_MKWRITE_MECHANISM_UNAVAILABLE` if a contender that was asked for does not
 *   work here, `ERR_MKWRITE_INVALID_ARGUMENT` and `ERR_MKWRITE_OUT_OF_RANGE` for options,
 *   `ERR_MKWRITE_OUT_OF_MEMORY`
 */
export async function bench(options: BenchOptions = {}): Promise<BenchResult> {
  const environment = describeEnvironment()
  const plan = makePlan(options)
  const pause = async (): Promise<void> => {
    options.signal?.throwIfAborted()
    await setImmediate()
  }
  const cases = plan.tables.flatMap((table) => plan.patterns.map((pattern) => ({ table, pattern })))
  const works = new Map<BenchTable, NativeCpuWork>()
  if (plan.tables.includes('work')) works.set('work', new native.measure.CpuWork(plan.cpuWork))

  const rows: BenchRow[] = []
  const end = performance.now() + plan.seconds * 1000
  for (const [done, { table, pattern }] of cases.entries()) {
    options.onProgress?.({ done, total: cases.length, step: `${table}: ${pattern.name}` })
    await pause()
    const bytesPerPage = table === 'line' ? bytesOfLine : native.pageSize
    // What one case did not use, or used too much, is shared by those to come.
    const seconds = Math.max(end - performance.now(), 0) / 1000 / (cases.length - done)
    const race = new Race(pattern, {
      ...plan,
      seconds,
      bytesPerPage,
      work: works.get(table) ?? null,
    })
    const series = await race.run(pause)
    const { pagesWritten } = race
    const cpuWorkMs = table === 'work' ? plan.cpuWork : 0
    rows.push(
      ...summarize({ pattern: pattern.name, bytesPerPage, cpuWorkMs, pagesWritten }, series),
    )
  }
  return { schema: 'mkwrite.bench/1', environment, size: plan.size, rows }
}
