// All contenders under one pattern, in turn.

import { randomIntegers } from '../measure/patterns.ts'
import { native } from '../native.ts'
import {
  frameResultLength,
  type NativeContender,
  type NativeCpuWork,
  type NativeFrameBatch,
} from '../native-bench.ts'
import { type ContenderName, isAdaptive } from './contenders.ts'
import { decodeResults, type FrameResult } from './frame-result.ts'
import { frameSource } from './page-sources.ts'
import type { BenchPattern } from './patterns.ts'

/** What a contender did in its timed turns. */
export interface Series {
  contender: ContenderName
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
  seconds: number
}

interface Frames {
  batch: NativeFrameBatch
  /** The first that writes anything; -1: none. */
  written: number
}

/** Stamps that come before those of the first frame: what choose() uses. */
const reservedStamps = 100

export class Race {
  readonly #pattern: BenchPattern
  readonly #options: RaceOptions
  readonly #framesPerTurn: number
  readonly #nextFrames: () => Frames
  readonly #random = randomIntegers()
  /** Mean pages of the frames that were made so far. */
  pagesWritten = 0

  constructor(pattern: BenchPattern, options: RaceOptions) {
    this.#pattern = pattern
    this.#options = options
    const { period = 1 } = pattern
    this.#framesPerTurn = Math.ceil(options.framesPerTurn / period) * period
    this.#nextFrames = this.#frames()
  }

  /** Runs them; `pause` is awaited between turns. */
  async run(pause: () => Promise<void>): Promise<Series[]> {
    const { contenders, minRounds, maxRounds, seconds } = this.#options
    const { buffers, pagesEach } = layoutOf(this.#pattern, this.#options.size)
    const competitors: (Series & { native: NativeContender })[] = []
    try {
      for (const contender of contenders) {
        const made = new native.measure.Contender(contender, buffers, pagesEach)
        competitors.push({ contender, turns: [], native: made })
      }
      await this.#warmUp(competitors, pause)
      const begin = performance.now()
      for (let round = 0; round < maxRounds; round++) {
        if (round >= minRounds && (performance.now() - begin) / 1000 >= seconds) break
        const frames = this.#nextFrames()
        for (const competitor of this.#shuffled(competitors)) {
          competitor.turns.push(this.#turn(competitor.native, frames))
          await pause()
        }
      }
    } finally {
      for (const competitor of competitors) competitor.native.end()
    }
    return competitors
  }

  async #warmUp(
    competitors: readonly (Series & { native: NativeContender })[],
    pause: () => Promise<void>,
  ): Promise<void> {
    const turns = Math.ceil(this.#options.warmUpFrames / this.#framesPerTurn)
    for (let turn = 0; turn < turns; turn++) {
      const frames = this.#nextFrames()
      for (const { contender, native: made } of competitors) {
        if (turn < turns - 1 && !isAdaptive(contender)) continue
        if (frames.written !== -1) made.choose(frames.batch, frames.written)
        this.#turn(made, frames)
        await pause()
      }
    }
  }

  #turn(contender: NativeContender, { batch }: Frames): FrameResult[] {
    const results = new Float64Array(this.#framesPerTurn * frameResultLength)
    contender.run(batch, this.#options.work, results)
    return decodeResults(results)
  }

  #frames(): () => Frames {
    const { bytesPerPage, size } = this.#options
    const { buffers, pagesEach } = layoutOf(this.#pattern, size)
    const source = frameSource(this.#pattern, buffers * pagesEach, pagesEach)
    let made = 0
    let written = 0
    return () => {
      const stamp = reservedStamps + made
      const pages: number[] = []
      const ends = new Uint32Array(this.#framesPerTurn)
      for (let i = 0; i < ends.length; i++) {
        for (const page of source()) pages.push(page)
        ends[i] = pages.length
      }
      made += ends.length
      written += pages.length
      this.pagesWritten = written / made
      return {
        batch: new native.measure.FrameBatch(Uint32Array.from(pages), ends, bytesPerPage, stamp),
        written: ends.findIndex((end) => end > 0),
      }
    }
  }

  #shuffled<Item>(items: readonly Item[]): Item[] {
    const shuffled = [...items]
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.#random(i + 1)
      ;[shuffled[i], shuffled[j]] = [shuffled[j] as Item, shuffled[i] as Item]
    }
    return shuffled
  }
}

function layoutOf(pattern: BenchPattern, size: number): { buffers: number; pagesEach: number } {
  const { count, bytes } = pattern.buffers ?? { count: 1, bytes: size }
  return { buffers: count, pagesEach: Math.ceil(bytes / native.pageSize) }
}
