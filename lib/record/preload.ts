// Runs before a program that is recorded, in its process.

import { writeFileSync } from 'node:fs'
import { native } from '../native.ts'
import { atTheEnd, takeOptions } from '../program/preload.ts'
import { type ChildOptions, environmentVariable } from './child-options.ts'
import { Recorder } from './recorder.ts'

const options = takeOptions<ChildOptions>(environmentVariable)

if (options !== undefined) {
  const { file, ...recorderOptions } = options
  process.env.MKWRITE_POLICY = options.mechanism
  // Pages that write-fault opens ahead are reported whether they are written or not.
  native.setRunsAhead(false)
  const recorder = new Recorder(recorderOptions)
  atTheEnd(() => writeFileSync(file, recorder.finish()))
}
