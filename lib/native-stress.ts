// The part of the addon's interface that runs stress tests.

/** What happened in a stress test. */
export interface NativeStressCounts {
  /** Slots of 8 bytes that CPU writers wrote. */
  cpuWrites: number
  /** Slots that the device wrote. */
  deviceWrites: number
  /** Collects of all buffer objects. */
  collects: number
  /** Pages that both the CPU and the device wrote between two submissions, counted at each. */
  samePageConflicts: number
  /**
   * Slots that did not hold what was written to them last, or did not hold it where it must have
   * arrived. Anything but 0 is a bug.
   */
  lostUpdates: number
  /** Slots that the CPU read older than a fence promised. Anything but 0 is a bug. */
  staleReads: number
  /** Quiescent points, at which all CPU and device memory was compared byte for byte. */
  comparisons: number
  /** Submissions to the device. */
  submissions: number
  /** Page faults that waited for the device. */
  waits: number
  /** Resources that had to leave device memory for others. */
  evictions: number
  /** Views opened and closed while everything was running. */
  viewsOpened: number
  /** Times that a system call wrote under CPU access. */
  cpuAccesses: number
  /** Times that a stream of writes went on through the fourth buffer object, page after page. */
  streams: number
  /** Ranges declared dirty that nobody had written. */
  dirtyMarks: number
  /** Submissions refused because their pages were under CPU access. */
  busySubmissions: number
  /** Submissions whose update the device refused, by injection. */
  refusedUpdates: number
  /** Visits of a writer to a page that left it as it was. */
  undoneWrites: number
  /** Changes of mechanism, under policies that change it. */
  mechanismSwitches: number
  /** Pages opened ahead of their first write, by run-ahead and for the stream. */
  pagesOpenedAhead: number
  /** Pages found unchanged, and so not sent: with `trim`. */
  pagesTrimmed: number
}

export interface NativeStressOptions {
  policy: string
  milliseconds: number
  threads: number
  views: number
  /** Of each buffer object. */
  pages: number
  deviceWrites: boolean
  trim: boolean
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
