// What a trace says about its program.

import { mean } from 'simple-statistics'
import { countPages } from '../events.ts'
import type { ProgramSummary } from './replay-result.ts'
import type { Runs, Trace, TraceFrame, TraceStep } from './trace.ts'

/** Frames that means are made of: the first one holds the setting up, if there is another. */
export function steadyFrames<Item>(frames: readonly Item[]): readonly Item[] {
  return frames.length > 1 ? frames.slice(1) : frames
}

export function summarizeProgram({ frames, buffers }: Trace): Omit<ProgramSummary, 'ownMs'> {
  const steady = steadyFrames(frames)
  const perFrame = (count: (step: TraceStep) => number): number =>
    mean(steady.map(({ steps }) => steps.reduce((sum, step) => sum + count(step), 0)))
  const sum = (lists: readonly Runs[], count: (runs: Runs) => number): number =>
    lists.reduce((total, runs) => total + count(runs), 0)
  const dirty = (step: TraceStep): Runs[] =>
    step.kind === 'collect' ? [step.dirty] : step.shares.map((share) => share.dirty)
  const used = (step: TraceStep): number =>
    step.kind === 'collect'
      ? step.pages
      : sum(
          step.shares.map((share) => share.used),
          countPages,
        )
  const written = (step: TraceStep): Runs[] =>
    step.kind === 'collect' ? [] : step.shares.map((share) => share.written)
  const readBack = (step: TraceStep): Runs[] =>
    step.kind === 'collect' ? [] : step.readBacks.map(({ runs }) => runs)
  return {
    recordedMs: mean(steady.map(({ cpuNs }) => cpuNs)) / 1e6,
    pages: buffers.reduce((total, { pages }) => total + pages, 0),
    dirtyPages: perFrame((step) => sum(dirty(step), countPages)),
    dirtyRuns: perFrame((step) => sum(dirty(step), (runs) => runs.length / 2)),
    usedPages: perFrame(used),
    writtenPages: perFrame((step) => sum(written(step), countPages)),
    pagesReadBack: perFrame((step) => sum(readBack(step), countPages)),
    othersShare: mean(steady.map(({ othersShare }) => othersShare)),
  }
}

export function countSteps(frames: readonly TraceFrame[], kind: TraceStep['kind']): number {
  return frames.reduce(
    (sum, { steps }) => sum + steps.filter((step) => step.kind === kind).length,
    0,
  )
}
