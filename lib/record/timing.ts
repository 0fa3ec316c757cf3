// Times of all contenders, pass by pass.

import { mean } from 'simple-statistics'
import { BusyOthers } from '../busy-others.ts'
import { runsMeanwhile, typicalTimes } from './mix.ts'
import { OwnWork } from './own-work.ts'
import { type Contender, type FrameTime, Stage } from './stage.ts'
import type { Trace } from './trace.ts'

/** Times of each frame, pass by pass: with no other thread running, and with one. */
interface Passes {
  idle: FrameTime[][]
  busy: FrameTime[][]
}

/** More changes little any more. */
const longestRestMs = 4

/** For each step, so it must not be much; what other programs keep it from is left out. */
const patienceMs = 0.5

export class Timing implements Disposable {
  readonly #trace: Trace
  readonly #contenders: readonly Contender[]
  readonly #times: ReadonlyMap<Contender, Passes>
  /** Made only for a program whose other threads run while its main thread does. */
  readonly #others: BusyOthers | undefined
  readonly #ownWork = new OwnWork()
  readonly #mostIdleMs: number
  #passes = 0

  /** @param seconds for the least number of passes: sleeping shall take no longer than computing */
  constructor(
    trace: Trace,
    contenders: readonly Contender[],
    { seconds, leastPasses }: { seconds: number; leastPasses: number },
  ) {
    this.#trace = trace
    this.#contenders = contenders
    this.#times = new Map(contenders.map((contender) => [contender, { idle: [], busy: [] }]))
    const { frames } = trace
    const isShared = frames.some(({ othersShare }) => runsMeanwhile(othersShare))
    if (isShared) this.#others = new BusyOthers(patienceMs)
    const rests = frames.length * contenders.length * leastPasses * (isShared ? 2 : 1)
    this.#mostIdleMs = Math.min(longestRestMs, (seconds * 1000) / rests)
  }

  /** How often each contender has replayed the trace: with other threads idle, and as often busy. */
  get passes(): number {
    return this.#passes
  }

  pass(): void {
    for (let turn = 0; turn < this.#contenders.length; turn++) {
      // Whoever comes first finds other things in the caches.
      const index = (turn + this.#passes) % this.#contenders.length
      const contender = this.#contenders[index] as Contender
      const { idle, busy } = this.#of(contender)
      idle.push(this.#timeOnce(contender))
      if (this.#others !== undefined) busy.push(this.#timeOnce(contender, this.#others))
    }
    this.#passes++
  }

  /** What each frame typically takes. */
  typical(contender: Contender, pick: (time: FrameTime) => number): number[] {
    const { idle, busy } = this.#of(contender)
    return typicalTimes(
      this.#trace.frames.map(({ othersShare }, frame) => ({
        othersShare,
        idle: idle.map((pass) => pick(pass[frame] as FrameTime)),
        busy: busy.map((pass) => {
          const time = pass[frame] as FrameTime
          return { ns: pick(time), ran: time.ran }
        }),
      })),
    )
  }

  /** How much the thread that stands for the others ran where it was to; null if it never was. */
  othersRan(): number | null {
    const ran = this.#trace.frames.flatMap(({ othersShare }, frame) =>
      runsMeanwhile(othersShare)
        ? [...this.#times.values()].flatMap(({ busy }) => busy.map((pass) => pass[frame]?.ran ?? 0))
        : [],
    )
    return ran.length > 0 ? mean(ran) : null
  }

  [Symbol.dispose](): void {
    this.#others?.[Symbol.dispose]()
  }

  #timeOnce(contender: Contender, others?: BusyOthers): FrameTime[] {
    const stage = new Stage(this.#trace, contender)
    try {
      return this.#trace.frames.map((frame) =>
        stage.time(frame, {
          mostIdleMs: this.#mostIdleMs,
          ownWork: this.#ownWork,
          others: runsMeanwhile(frame.othersShare) ? others : undefined,
        }),
      )
    } finally {
      stage[Symbol.dispose]()
    }
  }

  #of(contender: Contender): Passes {
    return this.#times.get(contender) as Passes
  }
}
