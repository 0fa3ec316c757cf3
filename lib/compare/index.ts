// Comparing measurements.

export type { CompareOptions, CompareResult, MissingRow, OverallVerdict } from './compare.ts'
export { compare } from './compare.ts'
export type { ComparedRow, Drift } from './rows.ts'
export type { Verdict } from './verdict.ts'
