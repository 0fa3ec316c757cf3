// Runs before a program that is watched, in its process.

import { writeSync } from 'node:fs'
import { atTheEnd, takeOptions } from '../program/preload.ts'
import { type ChildOptions, environmentVariable, snapshotDescriptor } from './child-options.ts'
import { Watcher } from './watcher.ts'

const options = takeOptions<ChildOptions>(environmentVariable)
if (options !== undefined) watch(options)

function watch({ interval }: ChildOptions): void {
  let last = 0
  const send = (): void => {
    last = performance.now()
    try {
      writeSync(snapshotDescriptor, `${JSON.stringify(watcher.snapshot())}\n`)
    } catch {
      // Nobody listens any more. The program goes on.
      watcher.stop()
      clearInterval(timer)
    }
  }
  const sendIfDue = (): void => {
    if (performance.now() - last >= interval) send()
  }
  // A program that never comes back to its event loop is seen by its submissions, one that rests by
  // the timer.
  const watcher = new Watcher(sendIfDue)
  const timer = setInterval(sendIfDue, interval).unref()
  atTheEnd(send)
}
