// How fast adaptive contenders get used to another pattern.

import { median } from 'simple-statistics'
import { native } from '../native.ts'
import { Competitor } from './competitor.ts'
import type { ContenderName } from './contenders.ts'
import { totalNs } from './frame-result.ts'
import { FrameMaker, layoutOf } from './frames.ts'
import type { BenchSwitch } from './result.ts'
import type { BenchPattern } from './writes.ts'

/** From which pattern to which. A table of plain data. */
export const benchSwitches: readonly { from: string; to: string }[] = [
  { from: 'idle', to: 'streaming' },
  { from: 'streaming', to: 'idle' },
  { from: 'random-1', to: 'ring-5' },
  { from: 'random-1', to: 'streaming' },
  { from: 'streaming', to: 'hot-10' },
  { from: 'hot-10', to: 'random-25' },
]

/** Frames before the change; after it; and how many of the latter, the last ones, count as settled. */
const framesBefore = 48
const framesAfter = 48
const settledFrames = 16

/** Within this of the settled cost it has adapted: a factor, and ns for frames that cost next to nothing. */
const tolerance = { times: 1.3, plusNs: 5000 }

/** @param repetitions each with fresh memory; medians of each frame over them count */
export async function measureSwitch(
  contender: ContenderName,
  from: BenchPattern,
  to: BenchPattern,
  { size, repetitions }: { size: number; repetitions: number },
  pause: () => Promise<void>,
): Promise<BenchSwitch> {
  const layout = layoutOf(from, size)
  const runs: number[][] = []
  let lostPages = 0
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const competitor = new Competitor(contender, from, layout)
    try {
      const before = new FrameMaker(from, layout, native.pageSize, 1)
      const after = new FrameMaker(to, layout, native.pageSize, 1 + framesBefore)
      competitor.run(before.next(framesBefore), null)
      await pause()
      const frames = competitor.run(after.next(framesAfter), null)
      await pause()
      runs.push(frames.map(totalNs))
      lostPages += frames.reduce((sum, frame) => sum + frame.lostPages, 0)
    } finally {
      competitor[Symbol.dispose]()
    }
  }
  const costs = Array.from({ length: framesAfter }, (_, frame) =>
    median(runs.map((run) => run[frame] ?? Number.NaN)),
  )
  return { contender, from: from.name, to: to.name, ...findAdaptation(costs), lostPages }
}

/** @param costs of the frames after the change, in ns */
export function findAdaptation(
  costs: readonly number[],
): Pick<BenchSwitch, 'frames' | 'extraMs' | 'settledNsPerFrame'> {
  const settled = median(costs.slice(-settledFrames))
  const limit = settled * tolerance.times + tolerance.plusNs
  const isGood = (frame: number) => (costs[frame] ?? 0) <= limit
  // A single good frame may be luck.
  const found = costs.findIndex((_, frame) => isGood(frame) && isGood(frame + 1))
  const frames = found === -1 ? costs.length : found
  const extraNs = costs.slice(0, frames).reduce((sum, ns) => sum + ns - settled, 0)
  return { frames, extraMs: extraNs / 1e6, settledNsPerFrame: settled }
}
