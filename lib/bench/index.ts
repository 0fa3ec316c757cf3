// Measuring mechanisms and policies against each other, and against what they are held to.

export type { MeasureEnvironment } from '../measure/environment.ts'
export type { MeasureProgress } from '../measure/options.ts'
export type { PageSource } from '../measure/patterns.ts'
export { bench } from './bench.ts'
export type { ClaimVerdict } from './check.ts'
export { checkClaims } from './check.ts'
export type { ContenderName } from './contenders.ts'
export { contenderNames } from './contenders.ts'
export type { BenchOptions, BenchPart, BenchTable } from './options.ts'
export { benchParts, benchTables } from './options.ts'
export { benchPatterns } from './patterns.ts'
export type { BenchResult, BenchRow, BenchScale, BenchSplit, BenchSwitch } from './result.ts'
export type {
  BenchPattern,
  NothingWritten,
  PhasedWrites,
  RandomWrites,
  RewritingWrites,
  ScatteredWrites,
  StreamWrites,
  WindowWrites,
  Writes,
} from './writes.ts'
