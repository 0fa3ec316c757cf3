// What was measured so far: the samples of each row, pass by pass.

import { type Absence, isTight, type Measurement, summarize } from '../statistics/measured.ts'

export class Book {
  readonly #rows = new Map<string, number[][]>()
  readonly #reasons = new Map<string, string>()
  readonly #excuses = new Map<string, string>()

  /** @param ns one sample */
  record(key: string, pass: number, ns: number): void {
    let passes = this.#rows.get(key)
    if (passes === undefined) {
      passes = []
      this.#rows.set(key, passes)
    }
    passes[pass] ??= []
    passes[pass].push(ns)
  }

  /** Notes why a sample is missing, which tells why a row is if there are no others. */
  excuse(key: string, reason: string): void {
    this.#excuses.set(key, reason)
  }

  /** Notes that a row cannot be measured here. */
  refuse(key: string, reason: string): void {
    this.#reasons.set(key, reason)
  }

  isRefused(key: string): boolean {
    return this.#reasons.has(key)
  }

  isTight(key: string): boolean {
    return isTight((this.#rows.get(key) ?? []).flat())
  }

  /** What is known of a row that was measured or refused. */
  read(key: string): Measurement | Absence {
    const passes = this.#rows.get(key)
    if (passes !== undefined) return summarize(key, passes)
    const reason =
      this.#reasons.get(key) ?? this.#excuses.get(key) ?? 'The time was up before its turn came.'
    return { key, median: null, reason }
  }
}
