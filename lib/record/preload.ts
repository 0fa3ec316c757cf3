// Runs before a program that is recorded (`node --import`), in its process.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { type ChildOptions, environmentVariable } from './child-options.ts'
import { Recorder } from './recorder.ts'

const { [environmentVariable]: given } = process.env

// Programs that this one starts, and its workers, are not recorded.
delete process.env[environmentVariable]
if (given !== undefined && isMainThread) record(JSON.parse(given) as ChildOptions)

function record({ file, ...options }: ChildOptions): void {
  process.env.MKWRITE_POLICY = options.mechanism
  const recorder = new Recorder(options)
  const write = (): void => writeFileSync(file, recorder.finish())

  // Devices end in a listener of their own, which comes with the first of them; what they tell in it
  // belongs to the trace, so it is written after that.
  const listenLate = (): void => {
    unsubscribe('mkwrite:submit', listenLate)
    process.removeListener('exit', write)
    process.once('exit', write)
  }
  process.once('exit', write)
  subscribe('mkwrite:submit', listenLate)

  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.on(signal, () => {
      // A program that handles it itself ends, or not, as it likes.
      if (process.listenerCount(signal) === 1) process.exit(128 + number)
    })
  }
}
