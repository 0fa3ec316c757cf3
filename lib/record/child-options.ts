// What `record` tells the process that it records in.

import type { RecorderOptions } from './recorder.ts'

export const environmentVariable = 'MKWRITE_RECORD'

/** As JSON in the environment variable. */
export interface ChildOptions extends RecorderOptions {
  /** Absolute path of the trace. */
  file: string
}
