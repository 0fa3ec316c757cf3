// Whole frames of each contender, under each pattern and dirty fraction.

import { median } from 'simple-statistics'
import { MkwriteError } from '../errors.ts'
import { native } from '../native.ts'
import type { Mechanism } from '../policy.ts'
import type { Absence, Measurement } from '../statistics/measured.ts'
import type { Book } from './book.ts'
import { type Experiment, SharedResource, type Turn } from './experiment.ts'
import { bareMechanismOf, type Frame, Frames, totalNs } from './frames.ts'
import type { Plan, SweepContender } from './options.ts'
import { type PageSource, type Pattern, pageSource } from './patterns.ts'
import { percentile } from './samples.ts'
import { type Limits, takeTurns } from './take-turns.ts'

/** Where a frame's time goes: nanoseconds per frame, the median of each phase by itself. */
export interface Split {
  /** The writes, with the faults that they cause. */
  writeNs: number
  /** Finding the written pages, and arming them again. */
  collectNs: number
  /** Copying the written pages to the device's copy. */
  copyNs: number
}

/** A loop written by hand, in turn with the library on the same memory. */
export type BareCase = (Measurement | Absence) & {
  /** The contender's own; of `auto` the one that it builds on. */
  mechanism: Mechanism
  /** Its median frame over `dirtyPages`. */
  nsPerDirtyPage: number
  /** Where its time goes. */
  split: Split
}

/** One contender under one pattern and one dirty fraction; `median` and `samples` are of a frame. */
export type SweepCase = (Measurement | Absence) & {
  /** How the written pages were found out. */
  mechanism: SweepContender
  /** Which pages were written. */
  pattern: Pattern
  /** Pages of the buffer. */
  pages: number
  /** Share of the pages that each frame writes, 0 to 1. */
  dirtyFraction: number
  /** Pages that each frame writes. */
  dirtyPages: number
  /** Pages that a collect reported, median. More than `dirtyPages` is over-reporting. */
  reportedPages: number
  /** Pages, of all frames, whose copy was stale after the frame. Anything but 0 is a bug. */
  lostPages: number
  /** Page faults per frame, median: signals, and those that the kernel resolves by itself. */
  faults: number
  /** Time of one frame of the library: nanoseconds. */
  nsPerFrame: {
    /** The median. */
    p50: number
    /** Nine of ten frames took no longer. */
    p90: number
  }
  /** The library's median frame over `dirtyPages`. */
  nsPerDirtyPage: number
  /** Where the library's time goes. */
  split: Split
  /** The same work without the library. */
  bare: BareCase
}

/** Frames that a contender which adapts gets to settle in. */
const settling = 24

/** One case: its frames of all passes. */
class Case {
  readonly key: string
  readonly #bareKey: string
  readonly experiment: Experiment
  readonly #about: Pick<
    SweepCase,
    'mechanism' | 'pattern' | 'dirtyFraction' | 'dirtyPages' | 'pages'
  >
  readonly #library: Frame[] = []
  readonly #bare: Frame[] = []
  readonly #next: PageSource
  #lostPages = 0

  constructor(
    mechanism: SweepContender,
    pattern: Pattern,
    dirtyFraction: number,
    frames: SharedResource<Frames>,
    { size, limits }: Plan,
  ) {
    const pages = Math.ceil(size / native.pageSize)
    const dirtyPages = Math.max(Math.round(pages * dirtyFraction), 1)
    this.#about = { mechanism, pattern, dirtyFraction, dirtyPages, pages }
    this.#next = pageSource(pattern, pages, dirtyPages)
    this.key = `sweep/${mechanism}/${pattern}/${dirtyFraction}`
    const bareMechanism = bareMechanismOf(mechanism)
    this.#bareKey = `${this.key}/bare${bareMechanism === mechanism ? '' : `-${bareMechanism}`}`
    this.experiment = {
      step: `${mechanism}, ${pattern}, ${dirtyFraction * 100} % dirty`,
      weight: 1,
      uses: frames,
      run: (turn) => this.#run(turn, frames.get(), limits),
    }
  }

  #run(turn: Turn, frames: Frames, limits: Limits): void {
    const { mechanism } = this.#about
    const library: Frame[] = []
    const bare: Frame[] = []
    const warmUp = mechanism === 'auto' ? settling : 1
    const subjects = [
      {
        key: this.key,
        warmUp,
        open: () => ({
          sample: () => {
            const frame = frames.library(this.#next())
            library.push(frame)
            return totalNs(frame)
          },
        }),
      },
      {
        key: this.#bareKey,
        open: () => {
          frames.chooseBare(this.#next())
          return {
            sample: () => {
              const frame = frames.bare(this.#next())
              bare.push(frame)
              return totalNs(frame)
            },
          }
        },
      },
    ]
    takeTurns(subjects, turn, limits)
    this.#lostPages += library.reduce((sum, { lostPages }) => sum + lostPages, 0)
    const lostByBare = bare.reduce((sum, { lostPages }) => sum + lostPages, 0)
    if (lostByBare > 0) {
      throw new MkwriteError(
        'ERR_MKWRITE_SYSTEM',
        `The bare ${bareMechanismOf(mechanism)} loop lost ${lostByBare} pages, so the kernel's mechanism is broken here and nothing measured with it counts. Please report it with the output of \`mkwrite probe --json\`.`,
      )
    }
    // What warmed up counts only for what it lost.
    this.#library.push(...library.slice(warmUp))
    this.#bare.push(...bare.slice(1))
  }

  read(book: Book): SweepCase {
    const { dirtyPages } = this.#about
    const totals = this.#library.map(totalNs)
    const medianOf = (pick: (frame: Frame) => number) => median(this.#library.map(pick))
    return {
      ...book.read(this.key),
      ...this.#about,
      reportedPages: medianOf((frame) => frame.reportedPages),
      lostPages: this.#lostPages,
      faults: medianOf((frame) => frame.faults),
      nsPerFrame: { p50: median(totals), p90: percentile(totals, 0.9) },
      nsPerDirtyPage: median(totals) / dirtyPages,
      split: splitOf(this.#library),
      bare: this.#readBare(book),
    }
  }

  #readBare(book: Book): BareCase {
    const middle = median(this.#bare.map(totalNs))
    return {
      ...book.read(this.#bareKey),
      mechanism: bareMechanismOf(this.#about.mechanism),
      nsPerDirtyPage: middle / this.#about.dirtyPages,
      split: splitOf(this.#bare),
    }
  }
}

function splitOf(frames: readonly Frame[]): Split {
  const medianOf = (pick: (frame: Frame) => number) => median(frames.map(pick))
  return {
    writeNs: medianOf((frame) => frame.writeNs),
    collectNs: medianOf((frame) => frame.collectNs),
    copyNs: medianOf((frame) => frame.copyNs),
  }
}

/** All cases of the sweep. */
export class Sweep {
  readonly #cases: Case[] = []

  constructor(plan: Plan) {
    for (const contender of plan.contenders) {
      const frames = new SharedResource(() => new Frames(contender, plan.size, plan.bytesPerPage))
      for (const pattern of plan.patterns) {
        for (const fraction of plan.dirtyFractions) {
          this.#cases.push(new Case(contender, pattern, fraction, frames, plan))
        }
      }
    }
  }

  get experiments(): Experiment[] {
    return this.#cases.map(({ experiment }) => experiment)
  }

  read(book: Book): SweepCase[] {
    return this.#cases.map((it) => it.read(book))
  }
}
