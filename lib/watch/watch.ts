// Watches a program that runs in a process of its own.

import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { checkProgram, type ProgramEnd, type ProgramOptions, runProgram } from '../program/run.ts'
import { checkNumber, checkOptions } from '../validate.ts'
import { type ChildOptions, environmentVariable, snapshotDescriptor } from './child-options.ts'
import type { WatchSnapshot } from './snapshot.ts'

/** What to watch, and how. */
export interface WatchOptions extends Omit<ProgramOptions, 'stdio'> {
  /** Milliseconds between snapshots; default 500. */
  interval?: number
  /** Called with each snapshot, the last one included. */
  onSnapshot?: (snapshot: WatchSnapshot) => void
  /** Called with each line that the program prints; default: it goes where ours goes. */
  onOutput?: (line: string) => void
}

/** How it ended. */
export interface WatchResult {
  /** How the program ended. */
  ended: ProgramEnd
  /** How it stood at its end; undefined if it did not get as far as to tell. */
  last: WatchSnapshot | undefined
}

/**
 * Runs a program, and tells from time to time how its buffer objects stand: those that its main thread
 * submits or tracks.
 *
 * @throws MkwriteError (as a rejection) `ERR_MKWRITE_INVALID_ARGUMENT` and `ERR_MKWRITE_OUT_OF_RANGE` for
 *   options; `ERR_MKWRITE_SYSTEM` if the script cannot be read
 */
export async function watch(options: WatchOptions): Promise<WatchResult> {
  const known = ['script', 'args', 'interval', 'signal', 'onSnapshot', 'onOutput']
  checkOptions('options', options, known)
  checkProgram(options)
  const { interval = 500, onSnapshot, onOutput, ...program } = options
  checkNumber('options.interval', interval, 10)
  let last: WatchSnapshot | undefined
  const output = onOutput === undefined ? 'inherit' : 'pipe'
  const ended = await runProgram(
    { ...program, stdio: ['inherit', output, output, 'pipe'] },
    {
      module: new URL('./preload.js', import.meta.url),
      variable: environmentVariable,
      options: { interval } satisfies ChildOptions,
    },
    ({ stdio }) => {
      eachLine(stdio[snapshotDescriptor] as Readable, (line) => {
        last = JSON.parse(line) as WatchSnapshot
        onSnapshot?.(last)
      })
      if (onOutput === undefined) return
      for (const stream of [stdio[1], stdio[2]]) eachLine(stream as Readable, onOutput)
    },
  )
  return { ended, last }
}

function eachLine(stream: Readable, visit: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', visit)
}
