// mkwrite record

import { type RecordOptions, type RecordResult, record } from '../record/index.ts'
import { exitCodes, printJson, type Registration } from './command.ts'
import { interruptible } from './interruptible.ts'
import { parseNumber } from './quantities.ts'
import { style } from './table.ts'

interface Flags {
  output?: unknown
  interval?: unknown
  frames?: unknown
  json?: boolean
  /** What stands behind the script. */
  '--'?: string[]
}

export const recordHelp = {
  title: 'What it does',
  body: `\
  Runs the program with Node.js and records which pages of its buffer objects it writes, which ones
  the device writes, and which of these come back, frame by frame. A frame ends with a submission, or
  with a collect where a tracker is used without a device; with --interval, with the first one after
  that time. What stands behind the script is the script's own.

  Exact pages are needed. So whatever policies the program asks for, its buffer objects get
  userfault, or write-fault where that does not work; policy 'none' stays.

  mkwrite replay tells what the trace would cost under each policy.

  Exit code 0: recorded. 1: recorded, but the program failed. 2: it could not be recorded.`,
}

export const registerRecord: Registration = (cli) => {
  cli
    .command('record <script> [...args]', 'Record what a program of yours writes, into a trace')
    .option('-o, --output <file>', "The trace (default: the script's name with .trace)")
    .option('--interval <ms>', 'Least milliseconds of a frame (default: a frame is a submission)')
    .option('--frames <count>', 'Record this many; the program goes on')
    .option(
      '--json',
      "Print JSON (schema mkwrite.record/1); the program's output then goes to stderr",
    )
    .example((name) => `  $ ${name} record examples/sheet.mjs 300`)
    .example((name) => `  $ ${name} record --frames 100 -o app.trace app.mjs --its-own-option`)
    .action(async (script: string, args: string[], flags: Flags) => {
      const program = [...args, ...(flags['--'] ?? [])]
      const result = await interruptible((signal) =>
        record({ ...toOptions(flags), script, args: program, signal }),
      )
      if (flags.json) printJson(toJson(result))
      else console.log(render(result))
      process.exitCode = result.ended === 0 ? exitCodes.fine : exitCodes.finding
    })
}

function toOptions(flags: Flags): Omit<RecordOptions, 'script'> {
  const options: Omit<RecordOptions, 'script'> = {}
  if (flags.output !== undefined) options.file = String(flags.output)
  if (flags.interval !== undefined) options.interval = parseNumber(flags.interval)
  if (flags.frames !== undefined) options.frames = parseNumber(flags.frames)
  if (flags.json) options.stdio = ['inherit', 2, 2]
  return options
}

function toJson({ file, fileSize, ended, trace }: RecordResult): object {
  const { frames, ...header } = trace
  return { schema: 'mkwrite.record/1', file, fileSize, ended, ...header, frames: frames.length }
}

function render({ file, fileSize, ended, trace }: RecordResult): string {
  const { frames, buffers, mechanism } = trace
  const pages = buffers.reduce((sum, buffer) => sum + buffer.pages, 0)
  const lines = [
    `${frames.length} frames of ${buffers.length} buffer objects with ${pages} pages, tracked with ${mechanism}: ${file} (${fileSize} bytes)`,
  ]
  if (frames.length === 0) {
    lines.push(
      style(
        'yellow',
        'The main thread of the program submitted and collected nothing, so there is nothing to replay.',
      ),
    )
  }
  if (ended !== 0) lines.push(style('yellow', `The program ended with ${ended}.`))
  return lines.join('\n')
}
