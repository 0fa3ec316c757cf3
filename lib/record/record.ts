// Records a program that runs in a process of its own.

import { type StdioOptions, spawn } from 'node:child_process'
import { accessSync, closeSync, constants, openSync, readFileSync, rmSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { invalidArgument, MkwriteError } from '../errors.ts'
import { native } from '../native.ts'
import type { Mechanism } from '../policy.ts'
import { checkInteger, checkNumber, checkOptions } from '../validate.ts'
import { type ChildOptions, environmentVariable } from './child-options.ts'
import { readTrace } from './decode.ts'
import type { Trace } from './trace.ts'

/** What to record, and how. */
export interface RecordOptions {
  /** The program: a file that Node.js can run. */
  script: string
  /** Its arguments. */
  args?: readonly string[]
  /** Where to write the trace; default: the script's name with `.trace` instead of its extension. */
  file?: string
  /** Least milliseconds of a frame; default: a frame is a submission or a collect. */
  interval?: number
  /** Frames after which recording ends; the program goes on. */
  frames?: number
  /** Input and output of the program, as for `child_process.spawn`; default `inherit`. */
  stdio?: StdioOptions
  /** Ends the program with SIGTERM; what it did until then is recorded. */
  signal?: AbortSignal
}

/** What was recorded. */
export interface RecordResult {
  /** Where the trace is. */
  file: string
  /** Bytes of the file. */
  fileSize: number
  /** What it holds. */
  trace: Trace
  /** How the program ended: its exit code, or the name of the signal that ended it. */
  ended: number | NodeJS.Signals
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
  const { script, args, stdio, signal, ...child } = checkRecordOptions(options)
  const { file } = child
  checkScript(script)
  prepareFile(file)
  const preload = new URL('./preload.js', import.meta.url)
  const commandLine = ['--import', preload.href, script, ...args]
  const env = { ...process.env, [environmentVariable]: JSON.stringify(child) }
  const program = spawn(process.execPath, commandLine, { stdio, env })
  const stop = (): void => void program.kill('SIGTERM')
  signal?.addEventListener('abort', stop, { once: true })
  const ended = await new Promise<number | NodeJS.Signals>((settle, reject) => {
    program.once('error', reject)
    program.once('exit', (code, signalName) => settle(code ?? signalName ?? 'SIGKILL'))
  }).finally(() => signal?.removeEventListener('abort', stop))
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

type CheckedOptions = ChildOptions &
  Pick<RecordOptions, 'signal'> & { script: string; args: readonly string[]; stdio: StdioOptions }

function checkRecordOptions(options: RecordOptions): CheckedOptions {
  const known = ['script', 'args', 'file', 'interval', 'frames', 'stdio', 'signal']
  checkOptions('options', options, known)
  const { script, args = [], interval, frames, stdio = 'inherit', signal } = options
  if (typeof script !== 'string' || script === '') {
    throw invalidArgument('options.script', 'the path of a file', script)
  }
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string')) {
    throw invalidArgument('options.args', 'an array of strings', args)
  }
  const { file = `${basename(script).replace(/\.\w+$/, '')}.trace` } = options
  if (typeof file !== 'string' || file === '') {
    throw invalidArgument('options.file', 'the path of a file', file)
  }
  if (interval !== undefined) checkNumber('options.interval', interval, 0.001)
  if (frames !== undefined) checkInteger('options.frames', frames, 1, 2 ** 32)
  return {
    script: resolve(script),
    args,
    stdio,
    ...(signal === undefined ? {} : { signal }),
    file: resolve(file),
    program: [basename(script), ...args.map((arg) => basename(arg))].join(' '),
    interval,
    frames,
    mechanism: exactMechanism(),
  }
}

function exactMechanism(): Mechanism {
  return native.tryMechanism('userfault').available ? 'userfault' : 'write-fault'
}

function checkScript(script: string): void {
  try {
    accessSync(script, constants.R_OK)
  } catch (cause) {
    throw new MkwriteError(
      'ERR_MKWRITE_SYSTEM',
      `The script cannot be read: ${(cause as Error).message}`,
    )
  }
}

/** Finds out now what would otherwise fail at the end of the program. */
function prepareFile(file: string): void {
  try {
    closeSync(openSync(file, 'w'))
  } catch (cause) {
    throw new MkwriteError(
      'ERR_MKWRITE_SYSTEM',
      `The trace cannot be written: ${(cause as Error).message}`,
    )
  }
}
