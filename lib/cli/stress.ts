// mkwrite stress

import { mechanisms, type Policy, policies } from '../policy.ts'
import { probe } from '../probe.ts'
import {
  type StressCounts,
  type StressOptions,
  type StressResult,
  stress,
} from '../stress/index.ts'
import { exitCodes, printJson, type Registration } from './command.ts'
import { parseNames } from './names.ts'
import { createProgress } from './progress.ts'
import { parseNumber, parseSize } from './quantities.ts'
import { renderTable, style } from './table.ts'

interface Flags {
  seconds?: unknown
  threads?: unknown
  mechanism?: unknown
  views?: unknown
  /** False after --no-device-writes. */
  deviceWrites?: boolean
  trim?: boolean
  size?: unknown
  seed?: unknown
  progress?: boolean
  json?: boolean
}

export const stressHelp = {
  title: 'What it does',
  body: `\
  Threads write to four buffer objects through several views, each thread to its own bytes of every
  page. Meanwhile commands copy these buffer objects and write to other bytes of the same pages,
  several submissions in flight; resources share pages and get evicted; views come and go; system
  calls write under CPU access. Every tenth of a second everybody rests, and CPU and device memory
  are compared byte for byte with what was written last.

  lost updates: bytes that do not hold, or did not reach, what was written last.
  stale reads: bytes that the CPU read older than a fence promised.

  Exit code 0: there were none. 1: there were. 2: the test could not run as asked.`,
}

export const registerStress: Registration = (cli) => {
  cli
    .command('stress', 'Racing writers against collects and device writes, checked byte for byte')
    .option('--seconds <count>', 'How long, for each mechanism (default: 10)')
    .option('--threads <count>', 'CPU writers (default: 4)')
    .option(
      '--mechanism <name>',
      `Only this one; may be repeated: ${policies.join(', ')} (default: all mechanisms that work)`,
    )
    .option('--views <count>', 'Views of each buffer object (default: 2)')
    .option('--no-device-writes', 'Trackers alone: no device, no submissions')
    .option('--trim', 'With --mechanism auto: compare with twins before a slow bus')
    .option('--size <bytes>', 'Size of each buffer object, such as 4MiB (default: 4MiB)')
    .option('--seed <number>', 'Where random numbers begin (default: another one each time)')
    .option('--progress', 'Show progress on stderr (default: on a terminal)')
    .option(
      '--json',
      'Print JSON (schema mkwrite.stress/1): one result, or an array if several mechanisms ran',
    )
    .example((name) => `  $ ${name} stress --seconds 20 --threads 4`)
    .example((name) => `  $ ${name} stress --mechanism write-fault --no-device-writes`)
    .action(async (flags: Flags) => {
      const options = toOptions(flags)
      const chosen = chooseMechanisms(flags.mechanism)
      const results: StressResult[] = []
      for (const [index, mechanism] of chosen.entries()) {
        const progress = createProgress(flags.progress)
        const show = (counts?: StressCounts): void =>
          progress.step(index, chosen.length, describe(mechanism, counts))
        show()
        // A line for each mechanism is enough where lines stay.
        if (process.stderr.isTTY) options.onProgress = show
        results.push(await stress({ ...options, mechanism }).finally(() => progress.end()))
      }
      if (flags.json) printJson(results.length === 1 ? results[0] : results)
      else console.log(render(results))
      process.exitCode = results.some(found) ? exitCodes.finding : exitCodes.fine
    })
}

function toOptions(flags: Flags): StressOptions {
  const options: StressOptions = {}
  for (const name of ['seconds', 'threads', 'views', 'seed'] as const) {
    if (flags[name] !== undefined) options[name] = parseNumber(flags[name])
  }
  if (flags.size !== undefined) options.size = parseSize('--size', flags.size)
  if (flags.deviceWrites === false) options.deviceWrites = false
  if (flags.trim) options.trim = true
  return options
}

/** Those asked for, or all mechanisms that work here. */
function chooseMechanisms(given: unknown): readonly Policy[] {
  const asked = parseNames<Policy>('--mechanism', given, policies)
  if (asked.length > 0) return [...new Set(asked)]
  const available = probe().mechanisms
  return mechanisms.filter((name) => available[name].available)
}

const found = ({ lostUpdates, staleReads }: StressCounts): boolean =>
  lostUpdates > 0 || staleReads > 0

function describe(mechanism: Policy, counts?: StressCounts): string {
  if (counts === undefined) return mechanism
  const { cpuWrites, deviceWrites, lostUpdates, staleReads } = counts
  return `${mechanism}: ${cpuWrites} CPU writes, ${deviceWrites} device writes, ${lostUpdates} lost, ${staleReads} stale`
}

function render(results: readonly StressResult[]): string {
  const columns = [
    { title: 'mechanism', align: 'left' as const },
    { title: 'CPU writes' },
    { title: 'device writes' },
    { title: 'collects' },
    { title: 'same page' },
    { title: 'waits' },
    { title: 'evictions' },
    { title: 'comparisons' },
    { title: 'lost updates' },
    { title: 'stale reads' },
  ]
  const must0 = (count: number) => style(count === 0 ? 'green' : ['bold', 'red'], String(count))
  const rows = results.map((it) => [
    style('bold', it.mechanism),
    ...[it.cpuWrites, it.deviceWrites, it.collects, it.samePageConflicts].map(String),
    ...[it.waits, it.evictions, it.comparisons].map(String),
    must0(it.lostUpdates),
    must0(it.staleReads),
  ])
  const verdict = results.some(found)
    ? style(
        ['bold', 'red'],
        `Memory was not what it had to be. That is a bug. Seeds: ${results
          .filter(found)
          .map((it) => `${it.mechanism} ${it.seed}`)
          .join(', ')}`,
      )
    : 'Nothing was lost, and nothing read was stale.'
  return `${renderTable(columns, rows)}\n${verdict}`
}
