// mkwrite compare

import { readFileSync } from 'node:fs'
import { type CompareOptions, compare } from '../compare/index.ts'
import { exitCodes, printJson, type Registration, UsageError } from './command.ts'
import { renderComparison } from './compare-report.ts'
import { parseNumber } from './quantities.ts'

interface Flags {
  threshold?: unknown
  force?: boolean
  all?: boolean
  json?: boolean
  markdown?: boolean
}

export const compareHelp = {
  title: 'What it shows',
  body: `\
  Both files are results of mkwrite measure --json, or both of mkwrite bench --json. Of each row that
  both have, the new median is divided by the old one. Where a row was measured in turn with a loop
  written by hand, the change of that loop is the machine's, and is taken off (adjusted). A bootstrap
  over passes and samples tells from where to where the truth lies (99 %).

  slower, faster: by more than the threshold, beyond doubt. same: within it, beyond doubt.
  noisy: too uncertain to tell.

  Rows without the library (floors, loops written by hand) are controls: they show what the machine
  did, and count as nobody's fault.

  Exit code 0: nothing is slower. 1: something is. 2: they cannot be compared, or wrong usage: results
  of different machines, versions of the schema, or options.`,
}

export const registerCompare: Registration = (cli) => {
  cli
    .command('compare <base> <new>', 'Whether the new measurement is slower than the old one')
    .option('--threshold <share>', 'A difference that matters (default: 0.1, which is 10 %)')
    .option('--force', 'Compare although machines or options differ')
    .option('--all', 'Show all rows, also those that are the same, noisy, or controls')
    .option('--markdown', 'Print Markdown, for the summary of a CI job')
    .option('--json', 'Print JSON (schema mkwrite.compare/1)')
    .example((name) => `  $ ${name} compare base.json new.json`)
    .example((name) => `  $ ${name} compare base.json new.json --markdown >> $GITHUB_STEP_SUMMARY`)
    .action((base: unknown, other: unknown, flags: Flags) => {
      const options: CompareOptions = { force: flags.force === true }
      if (flags.threshold !== undefined) {
        options.threshold = parseNumber(flags.threshold)
      }
      const result = compare(readJson(base), readJson(other), options)
      if (flags.json) printJson(result)
      else
        console.log(
          renderComparison(result, { all: flags.all === true, markdown: flags.markdown === true }),
        )
      if (!result.comparable) {
        process.stderr.write(
          `mkwrite: These cannot be compared:\n${result.reasons.map((it) => `  ${it}\n`).join('')}`,
        )
      }
      process.exitCode = !result.comparable
        ? exitCodes.usage
        : result.verdict === 'regression'
          ? exitCodes.finding
          : exitCodes.fine
    })
}

function readJson(given: unknown): unknown {
  const path = String(given)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${(error as Error).message}`)
  }
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw new UsageError(
      `${path} is no JSON (${(error as Error).message}). Make it with mkwrite measure --json.`,
    )
  }
  if (typeof (document as { schema?: unknown } | null)?.schema !== 'string') {
    throw new UsageError(
      `${path} is no result of mkwrite measure or mkwrite bench. Make it with mkwrite measure --json.`,
    )
  }
  return document
}
