// How much of the time that passed threads ran.

export class RunShare {
  #wallNs = 0
  #cpuNs = 0

  add(wallMs: number, cpuNs: number): void {
    this.#wallNs += wallMs * 1e6
    this.#cpuNs += cpuNs
  }

  /** From 0 to 1, since the last call. */
  take(): number {
    const share = this.#wallNs > 0 ? Math.min(this.#cpuNs / this.#wallNs, 1) : 0
    this.#wallNs = 0
    this.#cpuNs = 0
    return share
  }
}
