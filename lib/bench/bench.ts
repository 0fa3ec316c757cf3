// Runs everything, step by step.

import { setImmediate } from 'node:timers/promises'
import { sum } from 'simple-statistics'
import { describeEnvironment } from '../measure/environment.ts'
import { native } from '../native.ts'
import type { NativeCpuWork } from '../native-bench.ts'
import { probe } from '../probe.ts'
import { isAdaptive } from './contenders.ts'
import { layoutOf } from './frames.ts'
import { type BenchOptions, type BenchTable, makePlan, type Plan } from './options.ts'
import { benchPatterns } from './patterns.ts'
import { race } from './race.ts'
import type { BenchResult, BenchRow } from './result.ts'
import { measureIdleCollect, measureManyBuffers, possibleBuffers } from './scale.ts'
import { summarize } from './summary.ts'
import { benchSwitches, measureSwitch } from './switches.ts'
import type { BenchPattern } from './writes.ts'

const bytesOfLine = 64
/** With other work, frames take longer, and what is compared is a small part of them. */
const shareOf = (table: BenchTable): number => (table === 'work' ? 3 : 1)

/** Gives other work on this thread its turn. */
type Pause = () => Promise<void>

interface Step {
  name: string
  run(pause: Pause): Promise<void>
}

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
  const result: BenchResult = {
    schema: 'mkwrite.bench/1',
    environment: describeEnvironment(),
    size: 0,
    rows: [],
    switches: [],
    scale: [],
  }
  const plan = makePlan(options)
  result.size = plan.size
  const steps = [
    ...(plan.parts.includes('frames') ? frameSteps(plan, result) : []),
    ...(plan.parts.includes('switches') ? switchSteps(plan, result) : []),
    ...(plan.parts.includes('scale') ? scaleSteps(plan, result) : []),
  ]
  const pause = async (): Promise<void> => {
    options.signal?.throwIfAborted()
    await setImmediate()
  }
  for (const [done, step] of steps.entries()) {
    options.onProgress?.({ done, total: steps.length, step: step.name })
    await pause()
    await step.run(pause)
  }
  return result
}

function frameSteps(plan: Plan, { rows }: BenchResult): Step[] {
  const cases = plan.tables.flatMap((table) =>
    plan.patterns
      // How much of a page the device writes makes no difference.
      .filter((pattern) => table !== 'line' || pattern.writer !== 'device')
      .map((pattern) => ({ table, pattern })),
  )
  let work: NativeCpuWork | undefined
  let end = Number.POSITIVE_INFINITY
  return cases.map(({ table, pattern }, done) => ({
    name: `${table}: ${pattern.name}`,
    run: async (pause) => {
      if (done === 0) end = performance.now() + plan.seconds * 1000
      if (table === 'work') work ??= new native.measure.CpuWork(plan.cpuWork)
      // What one case did not use, or used too much, is shared by those to come.
      const left = sum(cases.slice(done).map((it) => shareOf(it.table)))
      const seconds = (Math.max(end - performance.now(), 0) / 1000 / left) * shareOf(table)
      const used = table === 'work' ? (work ?? null) : null
      rows.push(...(await measureCase(plan, table, pattern, used, seconds, pause)))
    },
  }))
}

async function measureCase(
  plan: Plan,
  table: BenchTable,
  pattern: BenchPattern,
  work: NativeCpuWork | null,
  seconds: number,
  pause: Pause,
): Promise<BenchRow[]> {
  const bytesPerPage = table === 'line' ? bytesOfLine : native.pageSize
  const { series, pagesWritten } = await race(
    pattern,
    { ...plan, bytesPerPage, work, seconds },
    pause,
  )
  const { buffers, pagesEach } = layoutOf(pattern, plan.size)
  const about = {
    pattern: pattern.name,
    writer: pattern.writer ?? 'cpu',
    bytesPerPage,
    cpuWorkMs: table === 'work' ? plan.cpuWork : 0,
    pagesWritten,
    pagesUnpredictable: Math.round((pattern.unpredictable ?? 0) * buffers * pagesEach),
  }
  return summarize(about, series)
}

function switchSteps(plan: Plan, { switches }: BenchResult): Step[] {
  const patternNamed = (name: string) => benchPatterns.find((pattern) => pattern.name === name)
  return plan.contenders.filter(isAdaptive).flatMap((contender) =>
    benchSwitches.flatMap((change): Step[] => {
      const [from, to] = [patternNamed(change.from), patternNamed(change.to)]
      if (from === undefined || to === undefined) return []
      return [
        {
          name: `${contender}: from ${from.name} to ${to.name}`,
          run: async (pause) => {
            switches.push(await measureSwitch(contender, from, to, plan, pause))
          },
        },
      ]
    }),
  )
}

function scaleSteps(plan: Plan, { scale }: BenchResult): Step[] {
  const found = probe().mechanisms
  const steps: Step[] = []
  const buffers = possibleBuffers(plan.manyBuffers)
  for (const policy of ['write-fault', 'userfault', 'auto'] as const) {
    if (!plan.contenders.includes(policy)) continue
    if (policy !== 'write-fault' && found.userfault.available) {
      steps.push({
        name: `collect from idle memory under ${policy}`,
        run: async () => {
          scale.push(measureIdleCollect(policy, plan.idleSize, plan.idleRounds))
        },
      })
    }
    steps.push({
      name: `submit with one of ${buffers} buffer objects under ${policy}`,
      run: async (pause) => {
        scale.push(await measureManyBuffers(policy, buffers, plan.submits, pause))
      },
    })
  }
  return steps
}
