// mkwrite bench

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type BenchOptions,
  type BenchPattern,
  type BenchResult,
  bench,
  benchParts,
  benchPatterns,
  benchTables,
  type ClaimVerdict,
  checkClaims,
  contenderNames,
} from '../bench/index.ts'
import { renderBench } from './bench-report.ts'
import { exitCodes, printJson, type Registration, UsageError } from './command.ts'
import { parseNames } from './names.ts'
import { prepareFile, writeText } from './output-file.ts'
import { createProgress } from './progress.ts'
import { parseNumber, parseSize } from './quantities.ts'

interface Flags {
  quick?: boolean
  part?: unknown
  pattern?: unknown
  patterns?: unknown
  contender?: unknown
  table?: unknown
  cpuWork?: unknown
  size?: unknown
  seconds?: unknown
  progress?: boolean
  check?: boolean
  details?: boolean
  markdown?: boolean
  read?: unknown
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

  Then, how many frames kernel and auto need to get used to another pattern; and what a collect from
  much idle memory, and a submit with many buffer objects, cost more than they must.

  Exit code 0: measured. 1: pages were lost, or --check found a claim missed. 2: it could not be
  measured as asked.`,
}

export const registerBench: Registration = (cli) => {
  const names = benchPatterns.map(({ name }) => name)
  cli
    .command('bench', 'Mechanisms and policies against each other and against no tracking at all')
    .option('--quick', 'A small buffer and few frames: shows that it works')
    .option(
      '--part <name>',
      `Only this one; may be repeated: ${benchParts.join(', ')} (default: all; with one of the next five options: frames)`,
    )
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
    .option('--check', 'Hold the results against what is claimed; exit code 1 if a claim is missed')
    .option('--details', 'All numbers: a row for each contender')
    .option('--markdown', 'Print Markdown')
    .option('--read <file>', 'Show an earlier result (JSON) instead of measuring')
    .option('--progress', 'Show progress on stderr (default: on a terminal)')
    .option('--json [file]', 'Write JSON (schema mkwrite.bench/1) to a file, or print it')
    .example((name) => `  $ ${name} bench --pattern hot-10 --table page`)
    .example((name) => `  $ ${name} bench --contender auto --contender explicit --json bench.json`)
    .action(async (flags: Flags) => {
      const result = flags.read === undefined ? await measure(flags) : await read(flags.read)
      const verdicts = flags.check ? checkClaims(result) : undefined
      report(result, verdicts, flags)
      const lost = [...result.rows, ...result.switches].some((it) => it.lostPages > 0)
      const missed = verdicts?.some(({ verdict }) => verdict === 'missed') ?? false
      process.exitCode = lost || missed ? exitCodes.finding : exitCodes.fine
    })
}

/** Whether `--json` names no file. */
const isPrinted = (json: unknown): boolean => json === true || json === '-'

async function measure(flags: Flags): Promise<BenchResult> {
  const options = await toOptions(flags)
  if (flags.json !== undefined && !isPrinted(flags.json)) prepareFile(String(flags.json))
  const progress = createProgress(flags.progress)
  options.onProgress = ({ done, total, step }) => progress.step(done, total, step)
  return bench(options).finally(() => progress.end())
}

function report(
  result: BenchResult,
  verdicts: readonly ClaimVerdict[] | undefined,
  { json, details = false, markdown = false }: Flags,
): void {
  const document = verdicts === undefined ? result : { ...result, claims: verdicts }
  if (isPrinted(json)) {
    printJson(document)
    return
  }
  if (json !== undefined) {
    writeText(String(json), `${JSON.stringify(document, undefined, 2)}\n`)
  }
  console.log(
    renderBench(result, { details, markdown, ...(verdicts === undefined ? {} : { verdicts }) }),
  )
}

async function read(file: unknown): Promise<BenchResult> {
  try {
    const result = JSON.parse(await readFile(String(file), 'utf8'))
    if (result?.schema === 'mkwrite.bench/1') return result
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`)
  }
  throw new UsageError(`${file} is no result of mkwrite bench (schema mkwrite.bench/1).`)
}

async function toOptions(flags: Flags): Promise<BenchOptions> {
  const options: BenchOptions = { quick: flags.quick === true }
  const { pattern, patterns, contender, table, cpuWork } = flags
  if (flags.part !== undefined) {
    options.parts = parseNames('--part', flags.part, benchParts)
  } else if ([pattern, patterns, contender, table, cpuWork].some((flag) => flag !== undefined)) {
    options.parts = ['frames']
  }
  if (flags.patterns !== undefined) options.morePatterns = await loadPatterns(flags.patterns)
  if (flags.pattern !== undefined) {
    const known = [...benchPatterns, ...(options.morePatterns ?? [])].map(({ name }) => name)
    options.patterns = parseNames('--pattern', flags.pattern, known)
  }
  if (flags.contender !== undefined) {
    options.contenders = parseNames('--contender', flags.contender, contenderNames)
  }
  if (flags.cpuWork !== undefined) {
    options.cpuWork = parseNumber(flags.cpuWork)
    options.tables = ['work']
  }
  if (flags.table !== undefined) options.tables = parseNames('--table', flags.table, benchTables)
  if (flags.size !== undefined) options.size = parseSize('--size', flags.size)
  if (flags.seconds !== undefined) options.seconds = parseNumber(flags.seconds)
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
