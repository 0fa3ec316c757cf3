// Measuring what tracking costs.

export type { MeasureEnvironment } from './environment.ts'
export { measure } from './measure.ts'
export type { MeasureOptions, MeasureProgress } from './options.ts'
export type { Pattern } from './patterns.ts'
export { patterns } from './patterns.ts'
export type { Floors, MeasureResult, Split, SweepCase } from './result.ts'
