// Command lines that name a program: everything behind it is the program's.

import type { Command } from 'cac'
import { UsageError } from './command.ts'

/**
 * Puts `--` behind the first argument of `command`, so that what follows is not taken for options of
 * this program: `record --frames 5 script.mjs --help` asks the script for help.
 */
export function separateProgram(argv: readonly string[], command: Command): string[] {
  const begin = argv.indexOf(command.name) + 1
  for (let at = begin; at < argv.length; at++) {
    const given = argv[at] as string
    if (given === '--') break
    if (!given.startsWith('-')) return [...argv.slice(0, at + 1), '--', ...argv.slice(at + 1)]
    if (takesValue(given, command)) at++
  }
  return [...argv]
}

/**
 * Writes `--option value` as `--option=value` where the value looks like an option: `--seed -1`.
 *
 * @throws UsageError for a value that is empty, which would be taken for 0
 */
export function attachValues(argv: readonly string[], command: Command): string[] {
  const attached: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const given = argv[at] as string
    if (given === '--') return [...attached, ...argv.slice(at)]
    const equals = given.indexOf('=')
    const option = equals < 0 ? given : given.slice(0, equals)
    const value = equals < 0 ? argv[at + 1] : given.slice(equals + 1)
    const takesIt = value !== undefined && takesValue(option, command)
    if (takesIt && value === '') throw new UsageError(`The value of ${option} must not be empty.`)
    if (takesIt && equals < 0 && /^-[.\d]/.test(value)) {
      attached.push(`${option}=${value}`)
      at++
    } else {
      attached.push(given)
    }
  }
  return attached
}

const takesValue = (given: string, { options }: Command): boolean =>
  options.some(
    ({ rawName, names }) => rawName.includes('<') && names.some((name) => given === spelled(name)),
  )

/** What was typed for an option, if it was; all of it, if it was given more than once. */
export function typedFor(option: string, argv: readonly string[]): string | undefined {
  const values = argv.flatMap((given, at) => {
    if (given.startsWith(`${option}=`)) return [given.slice(option.length + 1)]
    return given === option ? argv.slice(at + 1, at + 2) : []
  })
  return values.length === 0 ? undefined : values.join(', ')
}

/** An option's name as it is written on the command line. */
export const spelled = (name: string): string =>
  `${name.length > 1 ? '--' : '-'}${name.replace(/[A-Z]/g, (it) => `-${it.toLowerCase()}`)}`
