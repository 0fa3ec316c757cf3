// The part of the addon's interface that runs stress tests.

/** See lib/stress/result.ts. */
interface NativeStressCounts {
  cpuWrites: number
  deviceWrites: number
  collects: number
  samePageConflicts: number
  lostUpdates: number
  staleReads: number
  comparisons: number
  submissions: number
  waits: number
  evictions: number
  viewsOpened: number
  cpuAccesses: number
  streams: number
  dirtyMarks: number
  busySubmissions: number
  refusedUpdates: number
  mechanismSwitches: number
  pagesOpenedAhead: number
}

export interface NativeStressOptions {
  policy: string
  milliseconds: number
  threads: number
  views: number
  /** Of each buffer object. */
  pages: number
  deviceWrites: boolean
  seed: number
}

/** One run, on threads of its own; it begins when it is made. */
interface NativeStressRun {
  counts(): NativeStressCounts
  /** Ends it before its time; `onDone` is called all the same. */
  stop(): void
  /** The last counts; throws what kept the test from going on. Waits for the end. */
  finish(): NativeStressCounts
}

export type NativeStressConstructor = new (
  options: NativeStressOptions,
  onDone: () => void,
) => NativeStressRun
