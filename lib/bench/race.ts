// All contenders under one pattern, in turn.

import { shuffle, sum } from 'simple-statistics'
import { randomIntegers } from '../measure/patterns.ts'
import type { NativeCpuWork } from '../native-bench.ts'
import { Competitor } from './competitor.ts'
import { type ContenderName, isAdaptive } from './contenders.ts'
import type { FrameResult } from './frame-result.ts'
import { FrameMaker, layoutOf } from './frames.ts'
import type { BenchPattern } from './writes.ts'

/** What a contender did in its timed turns. */
export interface Series {
  contender: ContenderName
  /** Frames of each turn. Turn `i` of all contenders that made as many is of the same frames. */
  turns: FrameResult[][]
}

export interface RaceOptions {
  contenders: readonly ContenderName[]
  /** Bytes of the buffer object, where the pattern does not say otherwise. */
  size: number
  bytesPerPage: number
  work: NativeCpuWork | null
  /** Frames that a contender runs in a row, or a few more: whole periods of the pattern. */
  framesPerTurn: number
  /** Frames that an adaptive contender gets to settle, at least. */
  warmUpFrames: number
  /** As many turns for each contender, even if that takes longer than `seconds`. */
  minRounds: number
  /** More would not change a median. */
  maxRounds: number
  /** Time for all of them, of which each gets its share. */
  seconds: number
}

/**
 * Most claims are about the quotient of these, so they run one right after the other, which what disturbs
 * the machine meanwhile disturbs alike, and get a larger share of the time.
 */
const closelyCompared: ReadonlySet<ContenderName> = new Set(['explicit', 'auto'])
const shareOf = (name: ContenderName): number => (closelyCompared.has(name) ? 3 : 1)

/** Later than what choosing uses. */
const firstStamp = 100

/** Runs them; `pause` is awaited between turns. */
export async function race(
  pattern: BenchPattern,
  options: RaceOptions,
  pause: () => Promise<void>,
): Promise<{ series: Series[]; pagesWritten: number }> {
  const layout = layoutOf(pattern, options.size)
  const maker = new FrameMaker(pattern, layout, options.bytesPerPage, firstStamp)
  const { period = 1 } = pattern
  const framesPerTurn = Math.ceil(options.framesPerTurn / period) * period
  const warmUpTurns = Math.ceil(options.warmUpFrames / framesPerTurn)
  const competitors: Competitor[] = []
  try {
    for (const name of options.contenders) {
      if (Competitor.canRun(name, pattern)) competitors.push(new Competitor(name, pattern, layout))
    }
    for (let turn = 0; turn < warmUpTurns; turn++) {
      const frames = maker.next(framesPerTurn)
      for (const competitor of competitors) {
        // The others have nothing to learn.
        if (turn < warmUpTurns - 1 && !isAdaptive(competitor.name)) continue
        competitor.choose(frames)
        competitor.run(frames, options.work)
        await pause()
      }
    }
    const series = competitors.map(({ name }): Series => ({ contender: name, turns: [] }))
    const nextOrder = orders(competitors.map(({ name }) => name))
    // Wall-clock time here: it is the user's that is budgeted.
    const shares = competitors.map(({ name }) => shareOf(name))
    const unit = (options.seconds * 1000) / sum(shares)
    const spent = competitors.map(() => 0)
    let frameCount = 0
    let pageCount = 0
    for (let round = 0; round < options.maxRounds; round++) {
      // Who is slow leaves first, so that its turns are not taken from those who are to be told apart.
      const isIn = (index: number) =>
        round < options.minRounds || (spent[index] ?? 0) < unit * (shares[index] ?? 1)
      const runners = nextOrder().filter(isIn)
      if (runners.length === 0) break
      const frames = maker.next(framesPerTurn)
      frameCount += frames.count
      pageCount += frames.pages
      for (const index of runners) {
        const begin = performance.now()
        const turn = competitors[index]?.run(frames, options.work)
        if (turn !== undefined) series[index]?.turns.push(turn)
        spent[index] = (spent[index] ?? 0) + performance.now() - begin
        await pause()
      }
    }
    return { series, pagesWritten: pageCount / frameCount }
  } finally {
    for (const competitor of competitors) competitor[Symbol.dispose]()
  }
}

/** Makes random orders of the contenders' numbers, with those side by side that are compared closely. */
function orders(names: readonly ContenderName[]): () => number[] {
  const random = randomIntegers()
  const fraction = () => random(2 ** 30) / 2 ** 30
  const numbers = names.map((_, index) => index)
  const isClose = (index: number) => closelyCompared.has(names[index] as ContenderName)
  const groups = [
    numbers.filter(isClose),
    ...numbers.filter((it) => !isClose(it)).map((it) => [it]),
  ]
  return () => shuffle(groups, fraction).flatMap((group) => shuffle(group, fraction))
}
