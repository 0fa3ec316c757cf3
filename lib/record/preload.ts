// Runs before a program that is recorded, in its process.

import { writeFileSync } from 'node:fs'
import { atTheEnd, takeOptions } from '../program/preload.ts'
import { type ChildOptions, environmentVariable } from './child-options.ts'
import { Recorder } from './recorder.ts'

const options = takeOptions<ChildOptions>(environmentVariable)

if (options !== undefined) {
  const { file, ...recorderOptions } = options
  process.env.MKWRITE_POLICY = options.mechanism
  const recorder = new Recorder(recorderOptions)
  atTheEnd(() => writeFileSync(file, recorder.finish()))
}
