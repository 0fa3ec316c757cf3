// Measuring mechanisms and policies against each other, and against what they are held to.

export type { MeasureEnvironment } from '../measure/environment.ts'
export type { MeasureProgress } from '../measure/options.ts'
export type { PageSource } from '../measure/patterns.ts'
export { bench } from './bench.ts'
export type { ContenderName } from './contenders.ts'
export { contenderNames } from './contenders.ts'
export type { BenchOptions, BenchTable } from './options.ts'
export { benchTables } from './options.ts'
export type { BenchPattern, Writes } from './patterns.ts'
export { benchPatterns } from './patterns.ts'
export type { BenchResult, BenchRow, BenchSplit } from './result.ts'
