// One mechanism over one buffer: frames of the library and of the bare loop, in turn, on the same
// memory, with the same writer and the same device copy.

import { BufferObject, internals } from '../buffer-object.ts'
import { native } from '../native.ts'
import type { NativeBench } from '../native-measure.ts'
import type { Mechanism } from '../policy.ts'
import { DirtyTracker } from '../tracker.ts'
import type { PageSource } from './patterns.ts'
import type { Split } from './result.ts'
import { median, percentile } from './samples.ts'

/** What was measured of one contender. */
interface Series {
  frames: { p50: number; p90: number }
  split: Split
  reportedPages: number
  lostPages: number
  faults: number
}

interface Frame {
  writeNs: number
  collectNs: number
  copyNs: number
  faults: number
  reportedPages: number
  lostPages: number
}

/** How long to measure. */
export interface Budget {
  seconds: number
  /** As many are made even if that takes longer, up to `patience` times as long. */
  repetitions: number
}

const patience = 4

/** More would not change a median. */
const maxRepetitions = 300

const { now } = native.measure

/** What lies between two readings of the clock with nothing in between, in ns. */
function clockCost(): number {
  return median(
    Array.from({ length: 1001 }, () => {
      const begin = now()
      return now() - begin
    }),
  )
}

export class Bench implements Disposable {
  readonly #buffer: BufferObject
  readonly #tracker: DirtyTracker
  readonly #view: ArrayBuffer
  readonly #native: NativeBench
  readonly #bytesPerPage: number
  readonly #clockCost = clockCost()
  /** Every frame writes something else, so that a page that is not copied is stale. */
  #stamp = 1
  readonly #written = new Float64Array(2)
  readonly #bare = new Float64Array(6)

  constructor(mechanism: Mechanism, size: number, bytesPerPage: number) {
    this.#bytesPerPage = bytesPerPage
    this.#buffer = new BufferObject({ size })
    this.#view = this.#buffer.map()
    // Writes every page, so that none is touched for the first time in a frame.
    this.#native = new native.measure.Bench(internals.native(this.#buffer), mechanism)
    new Uint8Array(this.#view).fill(1)
    this.#tracker = DirtyTracker.track(this.#buffer, { policy: mechanism })
    this.#tracker.collect()
  }

  get pages(): number {
    return this.#buffer.size / native.pageSize
  }

  run(pages: PageSource, budget: Budget): { repetitions: number; library: Series; bare: Series } {
    const begin = performance.now()
    this.#native.chooseBare(pages(), this.#bytesPerPage, this.#stamp)
    this.#stamp += 100
    const library: Frame[] = []
    const bare: Frame[] = []
    // Wall-clock time here: it is the user's that is budgeted.
    const wantsMore = (rounds: number): boolean => {
      const spent = (performance.now() - begin) / 1000 / budget.seconds
      return rounds < budget.repetitions ? spent < patience : spent < 1 && rounds < maxRepetitions
    }
    let round = -1 // the first is for warming up
    while (round < 1 || wantsMore(round)) {
      // Whoever comes second finds other things in the caches, so they take turns.
      if (round % 2 === 0) library.push(this.#libraryFrame(pages()))
      bare.push(this.#bareFrame(pages()))
      if (round % 2 !== 0) library.push(this.#libraryFrame(pages()))
      round++
    }
    return { repetitions: round, library: summarize(library), bare: summarize(bare) }
  }

  #libraryFrame(pages: Uint32Array): Frame {
    const signalsBefore = this.#tracker.stats.writeFaults
    this.#native.write(this.#view, pages, this.#bytesPerPage, this.#stamp++, this.#written)
    const begin = now()
    const runs = this.#tracker.collect()
    const end = now()
    const copyNs = this.#native.copy(runs)
    const [writeNs = 0, minorFaults = 0] = this.#written
    return {
      writeNs,
      collectNs: Math.max(end - begin - this.#clockCost, 0),
      copyNs,
      faults: minorFaults + this.#tracker.stats.writeFaults - signalsBefore,
      reportedPages: countPages(runs),
      lostPages: this.#native.countStale(pages),
    }
  }

  #bareFrame(pages: Uint32Array): Frame {
    this.#native.runBare(pages, this.#bytesPerPage, this.#stamp++, this.#bare)
    const [writeNs = 0, collectNs = 0, copyNs = 0, faults = 0, reportedPages = 0, lostPages = 0] =
      this.#bare
    return { writeNs, collectNs, copyNs, faults, reportedPages, lostPages }
  }

  [Symbol.dispose](): void {
    this.#tracker.dispose()
    this.#buffer.destroy()
  }
}

function countPages(runs: Uint32Array): number {
  let pages = 0
  for (let i = 1; i < runs.length; i += 2) pages += runs[i] ?? 0
  return pages
}

/** The first frame counts only for what it lost. */
function summarize(frames: readonly Frame[]): Series {
  const timed = frames.slice(1)
  const medianOf = (pick: (frame: Frame) => number) => median(timed.map(pick))
  const totals = timed.map((frame) => frame.writeNs + frame.collectNs + frame.copyNs)
  return {
    frames: { p50: median(totals), p90: percentile(totals, 0.9) },
    split: {
      writeNs: medianOf((frame) => frame.writeNs),
      collectNs: medianOf((frame) => frame.collectNs),
      copyNs: medianOf((frame) => frame.copyNs),
    },
    reportedPages: medianOf((frame) => frame.reportedPages),
    lostPages: frames.reduce((sum, frame) => sum + frame.lostPages, 0),
    faults: medianOf((frame) => frame.faults),
  }
}
