// Frames over one buffer object: of the library under one policy, and of the loop that does the same
// by hand, where possible on the same memory, with the same writer and the same device copy.

import { BufferObject, internals } from '../buffer-object.ts'
import { native } from '../native.ts'
import type { NativeBench } from '../native-measure.ts'
import type { Mechanism } from '../policy.ts'
import { DirtyTracker } from '../tracker.ts'
import { clockCost, now } from './clock.ts'
import type { SweepContender } from './options.ts'

/** Nanoseconds of CPU time, and counts. */
export interface Frame {
  writeNs: number
  collectNs: number
  copyNs: number
  faults: number
  reportedPages: number
  lostPages: number
}

export const totalNs = ({ writeNs, collectNs, copyNs }: Frame): number =>
  writeNs + collectNs + copyNs

export class Frames implements Disposable {
  readonly #buffer: BufferObject
  readonly #tracker: DirtyTracker
  readonly #view: ArrayBuffer
  readonly #native: NativeBench
  readonly #bareBuffer: BufferObject
  readonly #bareNative: NativeBench
  readonly #bytesPerPage: number
  readonly #clockCost = clockCost()
  /** Every frame writes something else, so that a page that is not copied is stale. */
  #stamp = 1
  readonly #written = new Float64Array(2)
  readonly #bare = new Float64Array(6)

  constructor(contender: SweepContender, size: number, bytesPerPage: number) {
    this.#bytesPerPage = bytesPerPage
    this.#buffer = new BufferObject({ size })
    this.#view = this.#buffer.map()
    // Writes every page, so that none is touched for the first time in a frame.
    this.#native = createBench(this.#buffer, contender)
    // Who looks at contents would see the other's writes, too.
    const looksAtContents = contender === 'compare' || contender === 'auto'
    this.#bareBuffer = looksAtContents ? new BufferObject({ size }) : this.#buffer
    this.#bareNative = looksAtContents ? createBench(this.#bareBuffer, contender) : this.#native
    new Uint8Array(this.#view).fill(1)
    this.#tracker = DirtyTracker.track(this.#buffer, { policy: contender })
    this.#tracker.collect()
  }

  /** Lets the bare loop find out which of its ways is the cheapest for writes like these. */
  chooseBare(pages: Uint32Array): void {
    this.#bareNative.chooseBare(pages, this.#bytesPerPage, this.#stamp)
    this.#stamp += 100
  }

  library(pages: Uint32Array): Frame {
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

  bare(pages: Uint32Array): Frame {
    this.#bareNative.runBare(pages, this.#bytesPerPage, this.#stamp++, this.#bare)
    const [writeNs = 0, collectNs = 0, copyNs = 0, faults = 0, reportedPages = 0, lostPages = 0] =
      this.#bare
    return { writeNs, collectNs, copyNs, faults, reportedPages, lostPages }
  }

  [Symbol.dispose](): void {
    this.#tracker.dispose()
    this.#buffer.destroy()
    this.#bareBuffer.destroy()
  }
}

const createBench = (buffer: BufferObject, contender: SweepContender): NativeBench =>
  new native.measure.Bench(internals.native(buffer), bareMechanismOf(contender))

/** The mechanism of the loop that stands beside a contender: its own, of `auto` the one it builds on. */
export function bareMechanismOf(contender: SweepContender): Mechanism {
  if (contender !== 'auto') return contender
  return native.tryMechanism('userfault').available ? 'userfault' : 'write-fault'
}

function countPages(runs: Uint32Array): number {
  let pages = 0
  for (let i = 1; i < runs.length; i += 2) pages += runs[i] ?? 0
  return pages
}
