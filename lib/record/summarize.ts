// What a trace says about its program.

import { mean, sum } from 'simple-statistics'
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
    mean(steady.map(({ steps }) => sum(steps.map(count))))
  const dirty = (step: TraceStep): Runs[] =>
    step.kind === 'collect' ? [step.dirty] : step.shares.map((share) => share.dirty)
  const used = (step: TraceStep): number =>
    step.kind === 'collect' ? step.pages : sum(step.shares.map((share) => countPages(share.used)))
  const written = (step: TraceStep): Runs[] =>
    step.kind === 'collect' ? [] : step.shares.map((share) => share.written)
  const readBack = (step: TraceStep): Runs[] =>
    step.kind === 'collect' ? [] : step.readBacks.map(({ runs }) => runs)
  return {
    recordedMs: mean(steady.map(({ cpuNs }) => cpuNs)) / 1e6,
    pages: sum(buffers.map(({ pages }) => pages)),
    dirtyPages: perFrame((step) => sum(dirty(step).map(countPages))),
    dirtyRuns: perFrame((step) => sum(dirty(step).map((runs) => runs.length / 2))),
    usedPages: perFrame(used),
    writtenPages: perFrame((step) => sum(written(step).map(countPages))),
    pagesReadBack: perFrame((step) => sum(readBack(step).map(countPages))),
    othersShare: mean(steady.map(({ othersShare }) => othersShare)),
  }
}

export function countSteps(frames: readonly TraceFrame[], kind: TraceStep['kind']): number {
  return sum(frames.map(({ steps }) => steps.filter((step) => step.kind === kind).length))
}
