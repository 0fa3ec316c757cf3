// What `watch` tells the process that it watches.

export const environmentVariable = 'MKWRITE_WATCH'

/** File descriptor of the watched process to which snapshots go, one JSON document a line. */
export const snapshotDescriptor = 3

/** As JSON in the environment variable. */
export interface ChildOptions {
  /** Milliseconds between snapshots. */
  interval: number
}
