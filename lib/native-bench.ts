// The part of the addon's interface that runs contenders side by side.

declare const native_class: unique symbol

/** Frames in a row, for any contender to run. */
export interface NativeFrameBatch {
  readonly [native_class]: 'FrameBatch'
}

/** A fixed amount of computing. */
export interface NativeCpuWork {
  readonly [native_class]: 'CpuWork'
}

/** Numbers in the results of each frame: work, write, collect, copy ns; faults, reported, lost. */
export const frameResultLength = 7

export interface NativeContender {
  /** Lets it find out how to do frames like this one most cheaply, where there is more than one way. */
  choose(frames: NativeFrameBatch, index: number): void
  /** Runs the frames; `results` receives `frameResultLength` numbers for each. */
  run(frames: NativeFrameBatch, work: NativeCpuWork | null, results: Float64Array): void
  /** Gives its memory back. */
  end(): void
}
