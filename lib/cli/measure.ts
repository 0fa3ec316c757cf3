// mkwrite measure

import { join } from 'node:path'
import {
  type MeasureOptions,
  type MeasurePart,
  type MeasureResult,
  measure,
  measureParts,
  type Pattern,
  patterns,
  type SweepContender,
  sweepContenders,
} from '../measure/index.ts'
import { native } from '../native.ts'
import { renderFigures, renderHtml } from '../report/index.ts'
import { checkInteger } from '../validate.ts'
import { exitCodes, printJson, type Registration, toList, UsageError } from './command.ts'
import { parseNames } from './names.ts'
import { prepareFile, prepareFolder, writeText } from './output-file.ts'
import { createProgress } from './progress.ts'
import { parseNumber, parseSize } from './quantities.ts'
import { renderMarkdownReport, renderReport } from './report/index.ts'

interface Flags {
  quick?: boolean
  thorough?: boolean
  only?: unknown
  mechanism?: unknown
  pattern?: unknown
  dirty?: unknown
  size?: unknown
  pages?: unknown
  writeBytes?: unknown
  seconds?: unknown
  progress?: boolean
  details?: boolean
  markdown?: boolean
  html?: unknown
  svg?: unknown
  json?: boolean
}

export const measureHelp = {
  title: 'What it shows',
  body: `\
  Floors are the steps that tracking is made of, each by itself: no mechanism is cheaper than the
  sum of the steps it takes.

  Single faults are timed one by one, through the library and through a handler written by hand.
  That one takes the time on its way: until the kernel has delivered the signal, its own work, making
  the page writable, and the return.

  The sweep runs frames. A frame writes some pages (write), finds out which and arms them again
  (collect), and copies those to where a device would see them (copy). After each frame every
  written page is compared with its copy; pages that differ are lost, and there must be none.
  µs/page is the median frame over the pages it wrote. bare is the same of a loop written by hand
  for that one mechanism, without the library, on the same memory and in turn with it; ratio is
  what the library costs on top. Times of frames are CPU time, so other programs disturb little.

  Effects change one thing at a time: threads, views, sizes, mappings, huge pages.

  ± is how well a median is known (95 %); yellow: not within 5 %.

  Exit code 0: measured. 1: pages were lost. 2: it could not be measured as asked.`,
}

export const registerMeasure: Registration = (cli) => {
  cli
    .command('measure', 'What page faults, scans and copies really cost on this machine')
    .option('--quick', 'A small buffer, fewer cases, about 8 s; for continuous integration')
    .option('--thorough', 'More repetitions, about 5 minutes')
    .option(
      '--only <part>',
      `Only this part; may be repeated: ${measureParts.join(', ')} (default: all)`,
    )
    .option(
      '--mechanism <name>',
      `Only this one; may be repeated: ${sweepContenders.join(', ')} (default: all that work)`,
    )
    .option('--pattern <name>', `Only this one; may be repeated: ${patterns.join(', ')}`)
    .option(
      '--dirty <share>',
      'Share of the pages to write, 0 to 1; may be repeated (default: 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1; quick: 0.01, 0.1, 1)',
    )
    .option(
      '--size <bytes>',
      'Size of the buffer of frames, such as 16MiB (default: 32MiB, quick: 4MiB, thorough: 64MiB)',
    )
    .option('--pages <count>', 'The same in pages')
    .option('--write-bytes <count>', 'Bytes to write to each dirty page (default: 8)')
    .option('--seconds <count>', 'Time for everything (default: 40, quick: 7, thorough: 300)')
    .option('--progress', 'Show progress on stderr (default: on a terminal)')
    .option('--markdown', 'Print Markdown, for the summary of a CI job')
    .option('--html <file>', 'Write a report with figures: one file that needs no network')
    .option('--svg <folder>', 'Write the figures as files of their own')
    .option('--details', 'Add a table for each contender of the sweep')
    .option('--json', 'Print JSON (schema mkwrite.measure/2)')
    .example((name) => `  $ ${name} measure`)
    .example((name) => `  $ ${name} measure --mechanism userfault --dirty 0.01 --dirty 0.05`)
    .example((name) => `  $ ${name} measure --quick --json > measure.json`)
    .example((name) => `  $ ${name} measure --html report.html --svg figures/`)
    .action(async (flags: Flags) => {
      const options = toOptions(flags)
      prepareFiles(flags)
      const progress = createProgress(flags.progress)
      options.onProgress = ({ done, total, step }) => progress.step(done, total, step)
      const result = await measure(options).finally(() => progress.end())
      writeFiles(flags, result)
      if (flags.json) printJson(result)
      else if (flags.markdown) console.log(renderMarkdownReport(result, flags.details))
      else console.log(renderReport(result, flags.details))
      const lost = result.sweep.some((it) => it.lostPages > 0)
      process.exitCode = lost ? exitCodes.finding : exitCodes.fine
    })
}

function prepareFiles({ html, svg }: Flags): void {
  if (html !== undefined) prepareFile(String(html))
  if (svg !== undefined) prepareFolder(String(svg))
}

function writeFiles({ html, svg }: Flags, result: MeasureResult): void {
  if (html !== undefined) writeText(String(html), renderHtml(result))
  if (svg === undefined) return
  for (const figure of renderFigures(result)) writeText(join(String(svg), figure.name), figure.svg)
}

function toOptions(flags: Flags): MeasureOptions {
  const options: MeasureOptions = {
    quick: flags.quick === true,
    thorough: flags.thorough === true,
  }
  if (flags.quick && flags.thorough) {
    throw new UsageError('Give either --quick or --thorough, not both.')
  }
  if (flags.only !== undefined) {
    options.parts = parseNames<MeasurePart>('--only', flags.only, measureParts)
  }
  if (flags.mechanism !== undefined) {
    options.mechanisms = parseNames<SweepContender>('--mechanism', flags.mechanism, sweepContenders)
  }
  if (flags.pattern !== undefined) {
    options.patterns = parseNames<Pattern>('--pattern', flags.pattern, patterns)
  }
  if (flags.dirty !== undefined) {
    options.dirtyFractions = toList(flags.dirty).map(parseNumber)
  }
  if (flags.size !== undefined && flags.pages !== undefined) {
    throw new UsageError('Give either --size or --pages, not both.')
  }
  if (flags.size !== undefined) options.size = parseSize('--size', flags.size)
  if (flags.pages !== undefined) {
    const most = Math.floor(native.maxSize / native.pageSize)
    options.size =
      checkInteger('options.pages', parseNumber(flags.pages), 1, most) * native.pageSize
  }
  if (flags.writeBytes !== undefined) {
    options.bytesPerPage = parseNumber(flags.writeBytes)
  }
  if (flags.seconds !== undefined) options.seconds = parseNumber(flags.seconds)
  return options
}
