// Stress tests.

export type { StressOptions } from './options.ts'
export type { StressCounts, StressResult } from './result.ts'
export { stress } from './stress.ts'
