// Replays a trace under every policy.

import { setImmediate } from 'node:timers/promises'
import { max, mean, median, quantile } from 'simple-statistics'
import { MkwriteError } from '../errors.ts'
import type { Policy } from '../policy.ts'
import { probe } from '../probe.ts'
import { version } from '../version.ts'
import { Check, type Losses } from './check.ts'
import { recommend } from './recommend.ts'
import { makeReplayPlan, type ReplayOptions } from './replay-options.ts'
import type { ReplayCase, ReplayResult } from './replay-result.ts'
import { type Contender, Stage, type StageCounts } from './stage.ts'
import { countSteps, steadyFrames, summarizeProgram } from './summarize.ts'
import { Timing } from './timing.ts'
import type { Trace, TraceFrame, TraceMachine } from './trace.ts'

/**
 * Does what a traced program did again, under every policy that works here: writes the same pages,
 * submits the same uses, touches the same pages that the device wrote. What that costs more than the
 * same without tracking and copies is what coherence would cost the program. Each policy first replays
 * the trace once to be checked: whatever was written must arrive.
 *
 * Runs on the calling thread; between passes, other work on it gets its turn.
 *
 * @throws MkwriteError (as a rejection) `ERR_MKWRITE_UNSUPPORTED` for a trace of a machine with pages of
 *   another size; `ERR_MKWRITE_INVALID_TRACE` for one without frames; `ERR_MKWRITE_MECHANISM_UNAVAILABLE` if a policy that was asked for does not work here;
 *   `ERR_MKWRITE_INVALID_ARGUMENT` and `ERR_MKWRITE_OUT_OF_RANGE` for options; `ERR_MKWRITE_OUT_OF_MEMORY`
 */
export async function replay(trace: Trace, options: ReplayOptions = {}): Promise<ReplayResult> {
  const plan = makeReplayPlan(options)
  if (trace.frames.length === 0) {
    throw new MkwriteError(
      'ERR_MKWRITE_INVALID_TRACE',
      'The trace has no frames: its program submitted and collected nothing.',
    )
  }
  const { policies: chosen, seconds, leastPasses, mostPasses } = plan
  const contenders: Contender[] = ['none', 'explicit', ...chosen]
  const begin = async (step: string, done: number): Promise<void> => {
    options.signal?.throwIfAborted()
    options.onProgress?.({ done, total: contenders.length + mostPasses, step })
    await setImmediate()
  }

  const checks = new Map<Contender, Checked>()
  for (const [index, contender] of contenders.entries()) {
    await begin(`checking ${contender}`, index)
    checks.set(contender, checkOnce(trace, contender))
  }
  const timing = new Timing(trace, contenders, plan)
  try {
    const end = performance.now() + seconds * 1000
    for (let passes = 0; passes < leastPasses || performance.now() < end; passes++) {
      if (passes === mostPasses) break
      await begin(`pass ${passes + 1}`, contenders.length + passes)
      timing.pass()
    }
    return summarize(trace, chosen, timing, checks)
  } finally {
    timing[Symbol.dispose]()
  }
}

type Checked = StageCounts & Losses

/** What a contender did per frame, the first one left out, and what was lost on the way. */
function checkOnce(trace: Trace, contender: Contender): Checked {
  const stage = new Stage(trace, contender)
  const check = new Check(trace)
  try {
    const isChecked = contender !== 'none' && contender !== 'explicit'
    const run = (frame: TraceFrame): void => stage.check(frame, isChecked ? check : undefined)
    const steady = steadyFrames(trace.frames)
    for (const frame of trace.frames.slice(0, trace.frames.length - steady.length)) run(frame)
    const before = stage.counts()
    for (const frame of steady) run(frame)
    const counts = stage.counts()
    if (isChecked) check.finish(stage)
    const { lostPages, stalePages } = check
    const perFrame = (name: keyof Omit<StageCounts, 'mechanism'>): number =>
      (counts[name] - before[name]) / steady.length
    return {
      mechanism: counts.mechanism,
      lostPages,
      stalePages,
      faults: perFrame('faults'),
      pagesReported: perFrame('pagesReported'),
      bytesUpdated: perFrame('bytesUpdated'),
      bytesReadBack: perFrame('bytesReadBack'),
    }
  } finally {
    stage[Symbol.dispose]()
  }
}

function summarize(
  trace: Trace,
  chosen: readonly Policy[],
  timing: Timing,
  checks: ReadonlyMap<Contender, Checked>,
): ReplayResult {
  const { frames, ...header } = trace
  const baseTouch = timing.typical('none', ({ touchNs }) => touchNs)
  const baseSubmit = timing.typical('none', ({ submitNs }) => submitNs)

  const measured = (['explicit', ...chosen] as const).map((policy): ReplayCase => {
    const touch = timing
      .typical(policy, ({ touchNs }) => touchNs)
      .map((ns, i) => ns - (baseTouch[i] ?? 0))
    const submit = timing
      .typical(policy, ({ submitNs }) => submitNs)
      .map((ns, i) => ns - (baseSubmit[i] ?? 0))
    const msOfFrames = touch.map((ns, i) => (ns + (submit[i] ?? 0)) / 1e6)
    const steady = steadyFrames(msOfFrames)
    const checked = checks.get(policy) as Checked
    return {
      policy,
      ...checked,
      msPerFrame: {
        mean: mean(steady),
        p50: median(steady),
        p90: quantile(steady, 0.9),
        max: max(steady),
      },
      touchMs: mean(steadyFrames(touch)) / 1e6,
      submitMs: mean(steadyFrames(submit)) / 1e6,
      percent: null,
      setUpMs: msOfFrames[0] ?? 0,
      msOfFrames,
    }
  })
  const replayedOn = describeMachine()
  const summary = summarizeProgram(trace)
  const program = { ...summary, ownMs: ownTime(trace, summary.recordedMs, measured, replayedOn) }
  const cases = measured
    .map((it) => ({ ...it, percent: percentOf(it, program.ownMs) }))
    .sort((a, b) => a.msPerFrame.mean - b.msPerFrame.mean)
  return {
    schema: 'mkwrite.replay/1',
    trace: {
      ...header,
      frames: frames.length,
      submissions: countSteps(frames, 'submit'),
      collects: countSteps(frames, 'collect'),
    },
    replayedOn,
    passes: timing.passes,
    othersRan: timing.othersRan(),
    program,
    cases,
    recommendation: recommend(cases, program),
  }
}

const percentOf = ({ msPerFrame }: ReplayCase, ownMs: number | null): number | null =>
  ownMs === null ? null : (100 * msPerFrame.mean) / ownMs

/** What was recorded, without what recording itself cost, which is known where it was replayed. */
function ownTime(
  { mechanism, recordedOn }: Trace,
  recordedMs: number,
  cases: readonly ReplayCase[],
  here: TraceMachine,
): number | null {
  const isSameMachine = (['kernel', 'arch', 'cpu'] as const).every(
    (it) => recordedOn[it] === here[it],
  )
  const tracking = cases.find(({ policy }) => policy === mechanism)
  if (!isSameMachine || tracking === undefined) return null
  const own = recordedMs - tracking.msPerFrame.mean
  return own > 0 ? own : null
}

function describeMachine(): TraceMachine {
  const { kernel, arch, cpu } = probe()
  return { kernel, arch, cpu, node: process.version, mkwrite: version }
}
