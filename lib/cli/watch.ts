// mkwrite watch

import { nameOf } from '../program/run.ts'
import { type WatchOptions, type WatchResult, type WatchSnapshot, watch } from '../watch/index.ts'
import { exitCodes, type Registration } from './command.ts'
import { interruptible } from './interruptible.ts'
import { LiveLines } from './live-lines.ts'
import { parseNumber } from './quantities.ts'
import { style } from './table.ts'
import { nothingYet, renderLine, renderScreen } from './watch-report.ts'

interface Flags {
  interval?: unknown
  json?: boolean
  /** What stands behind the script. */
  '--'?: string[]
}

export const watchHelp = {
  title: 'What it shows',
  body: `\
  The program runs as it is. Of each buffer object that its main thread submits, or that a tracker of
  it collects: the mechanism in force, faults (signals; those that the kernel resolves by itself are
  counted for the process as kernel faults), faults that waited for the device, pages that were
  reported as written, bytes that were sent and that came back, per second and in all. Under auto,
  how many pages are tracked and how many are kept open.

  On a terminal the table changes in place, and what the program prints scrolls above it. Elsewhere a
  line is printed each time, and the program's output goes to stderr.

  Exit code 0: the program ended well. 1: it failed. 2: it could not be run.`,
}

export const registerWatch: Registration = (cli) => {
  cli
    .command(
      'watch <script> [...args]',
      'A live view of a program: faults, pages, bytes, mechanisms',
    )
    .option('--interval <ms>', 'Milliseconds between two looks (default: 500)')
    .option('--json', 'Print JSON (schema mkwrite.watch/1), one document a line')
    .example((name) => `  $ ${name} watch examples/sheet.mjs 2000`)
    .example((name) => `  $ ${name} watch --interval 100 app.mjs --its-own-option`)
    .action(async (script: string, args: string[], flags: Flags) => {
      const options: Omit<WatchOptions, 'signal'> = {
        script,
        args: [...args, ...(flags['--'] ?? [])],
      }
      if (flags.interval !== undefined) options.interval = parseNumber(flags.interval)
      const show = chooseView(flags.json === true)
      const { ended } = await show(options)
      process.exitCode = ended === 0 ? exitCodes.fine : exitCodes.finding
    })
}

type View = (options: Omit<WatchOptions, 'signal'>) => Promise<WatchResult>

function chooseView(json: boolean): View {
  if (json) return (options) => printLines(options, (now) => JSON.stringify(now))
  return process.stdout.isTTY ? showLive : (options) => printLines(options, renderLine, true)
}

async function printLines(
  options: Omit<WatchOptions, 'signal'>,
  render: (now: WatchSnapshot, before: WatchSnapshot | undefined) => string,
  withEnd = false,
): Promise<WatchResult> {
  let before: WatchSnapshot | undefined
  const result = await interruptible((signal) =>
    watch({
      ...options,
      signal,
      onOutput: (line) => process.stderr.write(`${line}\n`),
      onSnapshot: (now) => {
        console.log(render(now, before))
        before = now
      },
    }),
  )
  if (withEnd) console.log(renderEnd(result))
  return result
}

async function showLive(options: Omit<WatchOptions, 'signal'>): Promise<WatchResult> {
  const lines = new LiveLines(process.stdout)
  const program = nameOf(options)
  let before: WatchSnapshot | undefined
  try {
    lines.show([style('bold', program), nothingYet])
    const result = await interruptible((signal) =>
      watch({
        ...options,
        signal,
        onOutput: (line) => lines.print(line),
        onSnapshot: (now) => {
          lines.show(renderScreen(program, now, before, lines.room))
          before = now
        },
      }),
    )
    console.log(renderEnd(result))
    return result
  } finally {
    lines.end()
  }
}

function renderEnd({ ended, last }: WatchResult): string {
  const { submissions = 0, collects = 0, time = 0 } = last ?? {}
  const steps = `${submissions} submissions and ${collects} collects in ${(time / 1000).toFixed(1)} s`
  const text = `The program ended with ${ended} after ${steps}.`
  return ended === 0 ? text : style('yellow', text)
}
