// What a matcher returns.

export interface Verdict {
  pass: boolean
  /** For failures; with `.not` those of `pass: true`. */
  message: () => string
  actual?: unknown
  expected?: unknown
}
