// The part of the addon's interface that is about what other threads do meanwhile.

/** A thread that computes on demand; it begins asleep. See native/measure/busy_thread.h. */
export interface NativeBusyThread {
  /** Lets it run, and waits that long until it does; false: other programs keep it from that. */
  spin(milliseconds: number): boolean
  /** Lets it sleep, soon. */
  sleep(): void
  /** CPU time that it has had, in ns. */
  cpuTime(): number
  /** What it counts while it runs. */
  rounds(): number
  /** Ends it. Every other call throws from then on. */
  end(): void
}

/** All threads of this process but the one that made it. */
interface NativeOtherThreads {
  /** CPU time that they have had since it was made, in ns. */
  cpuTime(): number
}

export interface NativeThreadMeasure {
  BusyThread: new () => NativeBusyThread
  OtherThreads: new () => NativeOtherThreads
}
