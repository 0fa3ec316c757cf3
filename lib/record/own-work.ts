// Stands for a program's own work: it empties the caches that tracking fills, and finds empty what tracking has
// emptied, TLB included.

/**
 * Bytes for each nanosecond of the program's CPU time: what passes through caches in code that computes
 * over arrays, as far as anybody can say without knowing the program.
 */
const bytesPerNs = 4
/** More leaves no less of what was in a processor's own caches. */
const mostBytes = 4 * 2 ** 20

/** Passes over memory of its own, reading half of it and writing half of it. */
export class OwnWork {
  readonly #memory = new Uint8Array(mostBytes).fill(1)

  /** @param cpuNs for how long the program computed, in nanoseconds */
  pass(cpuNs: number): void {
    const half = Math.floor(Math.min(cpuNs * bytesPerNs, mostBytes) / 2)
    this.#memory.copyWithin(0, half, 2 * half)
  }
}
