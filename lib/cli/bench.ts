// mkwrite bench

import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type BenchOptions,
  type BenchPattern,
  bench,
  benchPatterns,
  benchTables,
  contenderNames,
} from '../bench/index.ts'
import { renderBench } from './bench-report.ts'
import { exitCodes, printJson, type Registration, UsageError } from './command.ts'
import { parseNames } from './names.ts'
import { createProgress } from './progress.ts'
import { parseNumber, parseSize } from './quantities.ts'

interface Flags {
  quick?: boolean
  pattern?: unknown
  patterns?: unknown
  contender?: unknown
  table?: unknown
  cpuWork?: unknown
  size?: unknown
  seconds?: unknown
  progress?: boolean
  json?: unknown
}

export const benchHelp = {
  title: 'What it shows',
  body: `\
  Frames of {write, find out what was written and arm it again, copy that} under each mechanism and
  policy, in turn with: explicit, a program that says itself what it wrote; upload, which copies
  everything; bare-…, loops written by hand for one mechanism, without the library.

  Times are CPU time per frame: of each turn of several frames the mean, of these the median. After
  each frame every written page is compared with its copy; pages that differ are lost.

  Exit code 0: measured. 1: pages were lost. 2: it could not be measured as asked.`,
}

export const registerBench: Registration = (cli) => {
  const names = benchPatterns.map(({ name }) => name)
  cli
    .command('bench', 'Mechanisms and policies against each other and against no tracking at all')
    .option('--quick', 'A small buffer and few frames: shows that it works')
    .option('--pattern <name>', `Only this one; may be repeated: ${names.join(', ')}`)
    .option('--patterns <file>', 'A module whose default export is an array of more patterns')
    .option('--contender <name>', `Only this one; may be repeated: ${contenderNames.join(', ')}`)
    .option(
      '--table <name>',
      'Only this one; may be repeated: page (pages written whole), line (64 bytes of each), work (whole, and other CPU work in each frame)',
    )
    .option(
      '--cpu-work <ms>',
      'Other CPU work of each frame (default: 5); only that table, unless --table is given',
    )
    .option('--size <bytes>', 'Size of the buffer, such as 16MiB (default: 64MiB, quick: 8MiB)')
    .option('--seconds <count>', 'Time for all (default: 600, quick: 10)')
    .option('--progress', 'Show progress on stderr (default: on a terminal)')
    .option('--json [file]', 'Write JSON (schema mkwrite.bench/1) to a file, or print it')
    .example((name) => `  $ ${name} bench --pattern hot-10 --table page`)
    .example((name) => `  $ ${name} bench --contender auto --contender explicit --json bench.json`)
    .action(async (flags: Flags) => {
      const options = await toOptions(flags)
      const progress = createProgress(flags.progress)
      options.onProgress = ({ done, total, step }) => progress.step(done, total, step)
      const result = await bench(options).finally(() => progress.end())
      const { json } = flags
      if (typeof json === 'string' && json !== '-') {
        await writeFile(json, `${JSON.stringify(result, undefined, 2)}\n`)
      }
      if (json === true || json === '-') printJson(result)
      else console.log(renderBench(result))
      const lost = result.rows.some((row) => row.lostPages > 0)
      process.exitCode = lost ? exitCodes.finding : exitCodes.fine
    })
}

async function toOptions(flags: Flags): Promise<BenchOptions> {
  const options: BenchOptions = { quick: flags.quick === true }
  if (flags.patterns !== undefined) options.morePatterns = await loadPatterns(flags.patterns)
  if (flags.pattern !== undefined) {
    const known = [...benchPatterns, ...(options.morePatterns ?? [])].map(({ name }) => name)
    options.patterns = parseNames('--pattern', flags.pattern, known)
  }
  if (flags.contender !== undefined) {
    options.contenders = parseNames('--contender', flags.contender, contenderNames)
  }
  if (flags.cpuWork !== undefined) {
    options.cpuWork = parseNumber('--cpu-work', flags.cpuWork)
    options.tables = ['work']
  }
  if (flags.table !== undefined) options.tables = parseNames('--table', flags.table, benchTables)
  if (flags.size !== undefined) options.size = parseSize('--size', flags.size)
  if (flags.seconds !== undefined) options.seconds = parseNumber('--seconds', flags.seconds)
  return options
}

async function loadPatterns(file: unknown): Promise<BenchPattern[]> {
  const url = pathToFileURL(resolve(String(file))).href
  const module = (await import(url).catch((error: Error) => {
    throw new UsageError(`${file} does not load: ${error.message}`)
  })) as { default?: unknown }
  if (!Array.isArray(module.default)) {
    throw new UsageError(`The default export of ${file} must be an array of patterns.`)
  }
  return module.default as BenchPattern[]
}
