#!/usr/bin/env node
// The `mkwrite` command: finds the subcommand, and turns errors into messages and exit codes.

import { type CAC, type Command, cac } from 'cac'
import { MkwriteError } from '../errors.ts'
import { version } from '../version.ts'
import { benchHelp, registerBench } from './bench.ts'
import { exitCodes, UsageError } from './command.ts'
import { compareHelp, registerCompare } from './compare.ts'
import { measureHelp, registerMeasure } from './measure.ts'
import { inOptionWords } from './option-words.ts'
import { registerProbe } from './probe.ts'
import { attachValues, separateProgram, spelled, typedFor } from './program.ts'
import { recordHelp, registerRecord } from './record.ts'
import { registerReplay, replayHelp } from './replay.ts'
import { registerStress, stressHelp } from './stress.ts'
import { nearest } from './suggest.ts'
import { registerWatch, watchHelp } from './watch.ts'

const explanations: Record<string, { title: string; body: string }> = {
  measure: measureHelp,
  compare: compareHelp,
  bench: benchHelp,
  record: recordHelp,
  replay: replayHelp,
  stress: stressHelp,
  watch: watchHelp,
}

function createProgram(): CAC {
  const cli = cac('mkwrite')
  registerProbe(cli)
  registerMeasure(cli)
  registerCompare(cli)
  registerBench(cli)
  registerStress(cli)
  registerRecord(cli)
  registerReplay(cli)
  registerWatch(cli)
  cli.version(version)
  cli.help((sections) => {
    const { matchedCommandName = '' } = cli
    const explanation = explanations[matchedCommandName]
    return explanation === undefined ? sections : [...sections, explanation]
  })
  return cli
}

async function run(argv: string[]): Promise<void> {
  const cli = createProgram()
  const named = cli.commands.find(({ name }) => name === argv[2])
  cli.parse(named === undefined ? argv : prepare(argv, named), { run: false })
  if (cli.options.help) return
  const { matchedCommand: command } = cli
  if (cli.options.version) {
    if (command !== undefined) cli.outputVersion() // without a command, parse() printed it
    return
  }
  if (command === undefined) {
    const [name] = cli.args
    if (name !== undefined) throw new UsageError(unknown('command', name, commandNames(cli)))
    cli.outputHelp()
    process.exitCode = exitCodes.usage
    return
  }
  const known = [...command.options, ...cli.globalCommand.options]
  const wrong = Object.keys(cli.options).find(
    (name) => name !== '--' && !known.some((option) => option.names.includes(name)),
  )
  if (wrong !== undefined) {
    const candidates = known.map(({ name }) => spelled(name))
    const given = argv.includes(`--${wrong}`) ? `--${wrong}` : spelled(wrong)
    throw new UsageError(unknown('option', given, candidates, command.name))
  }
  await cli.runMatchedCommand()
}

/** What cac would take for something else. */
function prepare(argv: readonly string[], command: Command): string[] {
  const runsProgram = command.args.some(({ value }) => value === 'script')
  return attachValues(runsProgram ? separateProgram(argv, command) : argv, command)
}

const commandNames = (cli: CAC): string[] => cli.commands.map(({ name }) => name)

function unknown(what: string, given: string, candidates: readonly string[], command = ''): string {
  const near = nearest(given, candidates)
  const hint = near === undefined ? '' : ` Did you mean ${near}?`
  const help = ['mkwrite', command, '--help'].filter((part) => part !== '').join(' ')
  return `There is no ${what} ${given}.${hint} See ${help}.`
}

/** Errors whose message alone tells what to do; of anything else the stack is needed. */
function isExpected(error: unknown): error is Error {
  return (
    error instanceof UsageError ||
    error instanceof MkwriteError ||
    (error instanceof Error && error.name === 'CACError')
  )
}

// A reader that has seen enough (`mkwrite measure | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  await run(process.argv)
} catch (error) {
  if (!isExpected(error)) throw error
  process.stderr.write(
    `mkwrite: ${inOptionWords(error.message, (option) => typedFor(option, process.argv))}\n`,
  )
  process.exitCode = exitCodes.usage
}
