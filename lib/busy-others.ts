// A thread that runs while this one is timed: it stands for the other threads of a program.

import { native } from './native.ts'
import type { NativeBusyThread } from './native-threads.ts'
import { RunShare } from './run-share.ts'

export class BusyOthers implements Disposable {
  readonly #thread: NativeBusyThread = new native.measure.BusyThread()
  readonly #patienceMs: number
  #begin = { wallMs: 0, cpuNs: 0 }
  readonly #share = new RunShare()

  /** @param patienceMs milliseconds to wait for a processor: other programs may have them all */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs
  }

  /** Lets it run, before a part that is timed. */
  begin(): void {
    this.#thread.spin(this.#patienceMs)
    this.#begin = { wallMs: performance.now(), cpuNs: this.#thread.cpuTime() }
  }

  /** Lets it sleep again. */
  end(): void {
    const cpuNs = this.#thread.cpuTime() - this.#begin.cpuNs
    this.#share.add(performance.now() - this.#begin.wallMs, cpuNs)
    this.#thread.sleep()
  }

  /**
   * How much it really ran, from 0 to 1, between `begin` and `end` since the last call: other programs may
   * have had the processor.
   */
  takeShare(): number {
    return this.#share.take()
  }

  /** What it has counted while it ran. */
  get rounds(): number {
    return this.#thread.rounds()
  }

  [Symbol.dispose](): void {
    this.#thread.end()
  }
}
