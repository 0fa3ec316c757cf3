// Watching programs while they run.

export type { ProgramEnd, ProgramOptions } from '../program/run.ts'
export type { WatchedBuffer, WatchedRegions, WatchSnapshot } from './snapshot.ts'
export type { WatchOptions, WatchResult } from './watch.ts'
export { watch } from './watch.ts'
