// Traces of programs: recording and replaying.

export type { ProgramEnd, ProgramOptions } from '../program/run.ts'
export type { Losses } from './check.ts'
export { readTrace } from './decode.ts'
export { renderReplayHtml } from './page/page.ts'
export type { RecordOptions, RecordResult } from './record.ts'
export { record } from './record.ts'
export { replay } from './replay.ts'
export type { ReplayOptions, ReplayProgress } from './replay-options.ts'
export type {
  FrameCost,
  ProgramSummary,
  Recommendation,
  ReplayCase,
  ReplayedTrace,
  ReplayResult,
} from './replay-result.ts'
export type {
  Runs,
  Trace,
  TraceBuffer,
  TraceCollect,
  TraceFrame,
  TraceHeader,
  TraceMachine,
  TraceReadBack,
  TraceShare,
  TraceStep,
  TraceSubmit,
} from './trace.ts'
