// Stands for a program's own work: it empties the caches that tracking fills, and finds empty what tracking has
// emptied, TLB included.

/**
 * Bytes for each nanosecond of the program's CPU time: what passes through caches in code that computes
 * over arrays, as far as anybody can say without knowing the program.
 */
const bytesPerNs = 4
/** More leaves no less of what was in a processor's own caches. */
const mostBytes = 4 * 2 ** 20
/** Less is left for later. */
const leastBytes = 4096

/**
 * Passes over memory of its own, reading half of it and writing half of it: as much while the program
 * touches its pages, which it mostly does to compute with them, as afterwards.
 */
export class OwnWork {
  readonly #memory = new Uint8Array(mostBytes).fill(1)
  #at = 0
  /** Bytes for each page. */
  #perPage = 0
  #afterwards = 0
  #owed = 0

  /**
   * Begins a step.
   *
   * @param cpuNs for how long the program computed, in nanoseconds
   * @param pages how many it touches
   */
  begin(cpuNs: number, pages: number): void {
    const bytes = Math.min(cpuNs * bytesPerNs, mostBytes)
    this.#perPage = bytes / 2 / Math.max(pages, 1)
    this.#afterwards = bytes - this.#perPage * pages
  }

  /** A page has been touched. */
  touched(): void {
    this.#owed += this.#perPage
    if (this.#owed >= leastBytes) this.#pass()
  }

  /** Does what is left of the step. */
  end(): void {
    this.#owed += this.#afterwards
    this.#pass()
  }

  #pass(): void {
    const half = mostBytes / 2
    const bytes = Math.min(Math.floor(this.#owed / 2), half)
    if (this.#at + bytes > half) this.#at = 0
    const from = half + this.#at
    this.#memory.copyWithin(this.#at, from, from + bytes)
    this.#at += bytes
    this.#owed = 0
  }
}
