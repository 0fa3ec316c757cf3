// Records a program that runs in a process of its own.

import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { invalidArgument, MkwriteError } from '../errors.ts'
import { native } from '../native.ts'
import type { Mechanism } from '../policy.ts'
import {
  checkProgram,
  nameOf,
  type ProgramEnd,
  type ProgramOptions,
  runProgram,
} from '../program/run.ts'
import { checkInteger, checkNumber, checkOptions } from '../validate.ts'
import { type ChildOptions, environmentVariable } from './child-options.ts'
import { readTrace } from './decode.ts'
import type { Trace } from './trace.ts'

/** What to record, and how. What a program that `signal` ended did until then is recorded. */
export interface RecordOptions extends ProgramOptions {
  /** Where to write the trace; default: the script's name with `.trace` instead of its extension. */
  file?: string
  /** Least milliseconds of a frame; default: a frame is a submission or a collect. */
  interval?: number
  /** Frames after which recording ends; the program goes on. */
  frames?: number
}

/** What was recorded. */
export interface RecordResult {
  /** Where the trace is. */
  file: string
  /** Bytes of the file. */
  fileSize: number
  /** What it holds. */
  trace: Trace
  /** How the program ended. */
  ended: ProgramEnd
}

/**
 * Runs a program and records which pages it writes. Buffer objects that it makes with a policy get an
 * exact one instead: `userfault` where it works, else `write-fault`; so do its trackers. What its main
 * thread submits and collects is recorded.
 *
 * @throws MkwriteError (as a rejection) `ERR_MKWRITE_INVALID_ARGUMENT` and `ERR_MKWRITE_OUT_OF_RANGE` for
 *   options; `ERR_MKWRITE_SYSTEM` if the script cannot be read, the trace cannot be written, or the
 *   program ends without leaving one
 */
export async function record(options: RecordOptions): Promise<RecordResult> {
  const childOptions = checkRecordOptions(options)
  const { file } = childOptions
  prepareFile(file)
  const ended = await runProgram(options, {
    module: new URL('./preload.js', import.meta.url),
    variable: environmentVariable,
    options: childOptions,
  })
  const bytes = readFileSync(file)
  if (bytes.length === 0) {
    rmSync(file)
    throw new MkwriteError(
      'ERR_MKWRITE_SYSTEM',
      `The program ended (${ended}) without leaving a trace: it did not get as far as to its end, or not in order.`,
    )
  }
  return { file, fileSize: bytes.length, trace: readTrace(bytes), ended }
}

function checkRecordOptions(options: RecordOptions): ChildOptions {
  const known = ['script', 'args', 'file', 'interval', 'frames', 'stdio', 'signal']
  checkOptions('options', options, known)
  checkProgram(options)
  const { script, interval, frames } = options
  const { file = `${basename(script).replace(/\.\w+$/, '')}.trace` } = options
  if (typeof file !== 'string' || file === '') {
    throw invalidArgument('options.file', 'the path of a file', file)
  }
  if (interval !== undefined) checkNumber('options.interval', interval, 0.001)
  if (frames !== undefined) checkInteger('options.frames', frames, 1, 2 ** 32)
  return {
    file: resolve(file),
    program: nameOf(options),
    interval,
    frames,
    mechanism: exactMechanism(),
  }
}

function exactMechanism(): Mechanism {
  return native.tryMechanism('userfault').available ? 'userfault' : 'write-fault'
}

/** Finds out now what would otherwise fail at the end of the program. */
function prepareFile(file: string): void {
  try {
    closeSync(openSync(file, 'w'))
  } catch (cause) {
    const { message } = cause as Error
    throw new MkwriteError('ERR_MKWRITE_SYSTEM', `The trace cannot be written: ${message}`)
  }
}
