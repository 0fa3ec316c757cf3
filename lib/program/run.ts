// Runs a user's program in a process of its own, with a module of ours before it.

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { basename, resolve } from 'node:path'
import { invalidArgument, MkwriteError } from '../errors.ts'

/** A program, and how to run it. */
export interface ProgramOptions {
  /** The program: a file that Node.js can run. */
  script: string
  /** Its arguments. */
  args?: readonly string[]
  /** Input and output of the program, as for `child_process.spawn`; default `inherit`. */
  stdio?: StdioOptions
  /** Ends the program with SIGTERM. */
  signal?: AbortSignal
}

/** How a program ended: its exit code, or the name of the signal that ended it. */
export type ProgramEnd = number | NodeJS.Signals

/** What runs before the program, and what it is told. */
interface Preload {
  module: URL
  /** Name of the environment variable that holds `options` as JSON. */
  variable: string
  options: unknown
}

/** @throws MkwriteError `ERR_MKWRITE_INVALID_ARGUMENT`; `ERR_MKWRITE_SYSTEM` if the script cannot be read */
export function checkProgram({ script, args = [] }: ProgramOptions): void {
  if (typeof script !== 'string' || script === '') {
    throw invalidArgument('options.script', 'the path of a file', script)
  }
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string')) {
    throw invalidArgument('options.args', 'an array of strings', args)
  }
  try {
    accessSync(script, constants.R_OK)
  } catch (cause) {
    const { message } = cause as Error
    throw new MkwriteError('ERR_MKWRITE_SYSTEM', `The script cannot be read: ${message}`)
  }
}

/** Script and arguments without folders. */
export const nameOf = ({ script, args = [] }: ProgramOptions): string =>
  [script, ...args].map((part) => basename(part)).join(' ')

/** @param began gets the process once it runs */
export async function runProgram(
  { script, args = [], stdio = 'inherit', signal }: ProgramOptions,
  { module, variable, options }: Preload,
  began?: (program: ChildProcess) => void,
): Promise<ProgramEnd> {
  const commandLine = ['--import', module.href, resolve(script), ...args]
  const env = { ...process.env, [variable]: JSON.stringify(options) }
  const program = spawn(process.execPath, commandLine, { stdio, env })
  began?.(program)
  const stop = (): void => void program.kill('SIGTERM')
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await new Promise<ProgramEnd>((settle, reject) => {
      program.once('error', reject)
      // When its output has been read, too.
      program.once('close', (code, signalName) => settle(code ?? signalName ?? 'SIGKILL'))
    })
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
