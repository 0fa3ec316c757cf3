// mkwrite measure

import { type MeasureOptions, measure, type Pattern, patterns } from '../measure/index.ts'
import { native } from '../native.ts'
import { type Mechanism, mechanisms } from '../policy.ts'
import { exitCodes, printJson, type Registration, toList, UsageError } from './command.ts'
import { renderReport } from './measure-report.ts'
import { parseNames } from './names.ts'
import { createProgress } from './progress.ts'
import { parseNumber, parseSize } from './quantities.ts'

interface Flags {
  quick?: boolean
  mechanism?: unknown
  pattern?: unknown
  dirty?: unknown
  size?: unknown
  pages?: unknown
  writeBytes?: unknown
  seconds?: unknown
  progress?: boolean
  json?: boolean
}

export const measureHelp = {
  title: 'What it shows',
  body: `\
  Floors are the steps that tracking is made of, each by itself: no mechanism is cheaper than the
  sum of the steps it takes.

  The sweep runs frames. A frame writes some pages (write), finds out which and arms them again
  (collect), and copies those to where a device would see them (copy). After each frame every
  written page is compared with its copy; pages that differ are lost, and there must be none.

  µs/page is the median frame over the pages it wrote. bare is the same of a loop written by hand
  for that one mechanism, without the library, on the same memory and in turn with it; ratio is
  what the library costs on top. Times are CPU time, so other programs disturb little.

  Exit code 0: measured. 1: pages were lost. 2: it could not be measured as asked.`,
}

export const registerMeasure: Registration = (cli) => {
  cli
    .command('measure', 'What page faults, scans and copies really cost on this machine')
    .option('--quick', 'A small buffer, fewer cases, about 5 s; for continuous integration')
    .option(
      '--mechanism <name>',
      `Only this one; may be repeated: ${mechanisms.join(', ')} (default: all that work)`,
    )
    .option('--pattern <name>', `Only this one; may be repeated: ${patterns.join(', ')}`)
    .option(
      '--dirty <share>',
      'Share of the pages to write, 0 to 1; may be repeated (default: 0.001, 0.01, 0.1, 0.5, 1; quick: 0.01, 0.1, 1)',
    )
    .option('--size <bytes>', 'Size of the buffer, such as 16MiB (default: 64MiB, quick: 8MiB)')
    .option('--pages <count>', 'Size of the buffer in pages')
    .option('--write-bytes <count>', 'Bytes to write to each dirty page (default: 8)')
    .option('--seconds <count>', 'Time for the sweep (default: 35, quick: 4)')
    .option('--progress', 'Show progress on stderr (default: on a terminal)')
    .option('--json', 'Print JSON (schema mkwrite.measure/1)')
    .example((name) => `  $ ${name} measure`)
    .example((name) => `  $ ${name} measure --mechanism userfault --dirty 0.01 --dirty 0.05`)
    .example((name) => `  $ ${name} measure --quick --json > measure.json`)
    .action(async (flags: Flags) => {
      const options = toOptions(flags)
      const progress = createProgress(flags.progress)
      options.onProgress = ({ done, total, step }) => progress.step(done, total, step)
      const result = await measure(options).finally(() => progress.end())
      if (flags.json) printJson(result)
      else console.log(renderReport(result))
      const lost = result.sweep.some((it) => it.lostPages > 0)
      process.exitCode = lost ? exitCodes.finding : exitCodes.fine
    })
}

function toOptions(flags: Flags): MeasureOptions {
  const options: MeasureOptions = { quick: flags.quick === true }
  if (flags.mechanism !== undefined) {
    options.mechanisms = parseNames<Mechanism>('--mechanism', flags.mechanism, mechanisms)
  }
  if (flags.pattern !== undefined) {
    options.patterns = parseNames<Pattern>('--pattern', flags.pattern, patterns)
  }
  if (flags.dirty !== undefined) {
    options.dirtyFractions = toList(flags.dirty).map((value) => parseNumber('--dirty', value))
  }
  if (flags.size !== undefined && flags.pages !== undefined) {
    throw new UsageError('Give either --size or --pages, not both.')
  }
  if (flags.size !== undefined) options.size = parseSize('--size', flags.size)
  if (flags.pages !== undefined) {
    options.size = parseNumber('--pages', flags.pages) * native.pageSize
  }
  if (flags.writeBytes !== undefined) {
    options.bytesPerPage = parseNumber('--write-bytes', flags.writeBytes)
  }
  if (flags.seconds !== undefined) options.seconds = parseNumber('--seconds', flags.seconds)
  return options
}
