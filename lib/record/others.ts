// How much of a program's other threads ran while its main thread did. That decides what mprotect costs:
// it interrupts each CPU on which another thread of the process runs.

import { native } from '../native.ts'
import type { NativeThreadMeasure } from '../native-threads.ts'
import { RunShare } from '../run-share.ts'
import { shareUnits } from './format.ts'

/**
 * Looks from when the main thread goes on to when it submits: while it sleeps, other threads run at no
 * cost to it, and above all the device does what it waits for.
 */
export class OthersMeter {
  readonly #threads: InstanceType<NativeThreadMeasure['OtherThreads']> | undefined
  #begin: { wallMs: number; othersNs: number } = { wallMs: 0, othersNs: 0 }
  readonly #share = new RunShare()

  constructor() {
    try {
      this.#threads = new native.measure.OtherThreads()
    } catch {
      // Without /proc nobody can tell, and the trace says 0.
    }
    this.begin()
  }

  /** The main thread goes on. */
  begin(): void {
    this.#begin = this.#now()
  }

  /** It submits or collects. */
  end(): void {
    const { wallMs, othersNs } = this.#now()
    this.#share.add(wallMs - this.#begin.wallMs, othersNs - this.#begin.othersNs)
    this.begin()
  }

  /** Of what was looked at since the last call. */
  takeShare(): number {
    return Math.round(this.#share.take() * shareUnits) / shareUnits
  }

  #now(): { wallMs: number; othersNs: number } {
    return { wallMs: performance.now(), othersNs: this.#threads?.cpuTime() ?? 0 }
  }
}
