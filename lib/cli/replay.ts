// mkwrite replay

import { readFileSync } from 'node:fs'
import { type Policy, policies } from '../policy.ts'
import { type ReplayOptions, readTrace, renderReplayHtml, replay } from '../record/index.ts'
import { exitCodes, printJson, type Registration, UsageError } from './command.ts'
import { parseNames } from './names.ts'
import { prepareFile, writeText } from './output-file.ts'
import { createProgress } from './progress.ts'
import { parseNumber } from './quantities.ts'
import { renderReplay } from './replay-report.ts'

interface Flags {
  policy?: unknown
  seconds?: unknown
  html?: unknown
  progress?: boolean
  json?: boolean
}

export const replayHelp = {
  title: 'What it shows',
  body: `\
  The trace is done again under every policy that works here: the same pages are written, the same
  ones submitted, and those touched that came back. What that costs more than the same without
  tracking and copies is what coherence would cost the program. explicit is a program that knows what
  it wrote, flushes exactly that, and tracks nothing.

  Times are CPU time of the main thread. of its own is the share of the program's own time, known
  where it was recorded on this machine. Before anything is timed, each policy replays the trace once
  to be checked: whatever was written must arrive; pages that do not are lost.

  Exit code 0: replayed. 1: something was lost. 2: it could not be replayed.`,
}

export const registerReplay: Registration = (cli) => {
  cli
    .command('replay <trace>', 'What coherence would cost the program of a trace')
    .option(
      '--policy <name>',
      `Only this one; may be repeated: ${policies.join(', ')} (default: all that work)`,
    )
    .option('--seconds <count>', 'Time for timing (default: 8)')
    .option('--html <file>', 'Write a page with a heat map of pages and frames, too')
    .option('--progress', 'Show progress on stderr (default: on a terminal)')
    .option('--json', 'Print JSON (schema mkwrite.replay/1)')
    .example((name) => `  $ ${name} replay sheet.trace`)
    .example((name) => `  $ ${name} replay sheet.trace --html sheet.html`)
    .example((name) => `  $ ${name} replay sheet.trace --policy auto --policy userfault --json`)
    .action(async (file: string, flags: Flags) => {
      const trace = readTrace(read(file))
      const options = toOptions(flags)
      const html = flags.html === undefined ? undefined : String(flags.html)
      if (html !== undefined) prepareFile(html)
      const progress = createProgress(flags.progress)
      options.onProgress = ({ done, total, step }) => progress.step(done, total, step)
      const result = await replay(trace, options).finally(() => progress.end())
      if (html !== undefined) writeText(html, renderReplayHtml(trace, result))
      if (flags.json) printJson(result)
      else console.log(renderReplay(result))
      const lost = result.cases.some(({ lostPages, stalePages }) => lostPages + stalePages > 0)
      process.exitCode = lost ? exitCodes.finding : exitCodes.fine
    })
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new UsageError(`The trace cannot be read: ${(error as Error).message}`)
  }
}

function toOptions(flags: Flags): ReplayOptions {
  const options: ReplayOptions = {}
  if (flags.policy !== undefined) {
    options.policies = parseNames<Policy>('--policy', flags.policy, policies)
  }
  if (flags.seconds !== undefined) options.seconds = parseNumber(flags.seconds)
  return options
}
