// Command lines that name a program: everything behind it is the program's.

import type { Command } from 'cac'

/**
 * Puts `--` behind the first argument of `command`, so that what follows is not taken for options of
 * this program: `record --frames 5 script.mjs --help` asks the script for help.
 */
export function separateProgram(argv: readonly string[], command: Command): string[] {
  const takesValue = (given: string): boolean =>
    !given.includes('=') &&
    command.options.some(({ rawName, names }) => {
      return rawName.includes('<') && names.some((name) => given === spelled(name))
    })
  const begin = argv.indexOf(command.name) + 1
  for (let at = begin; at < argv.length; at++) {
    const given = argv[at] as string
    if (given === '--') break
    if (!given.startsWith('-')) return [...argv.slice(0, at + 1), '--', ...argv.slice(at + 1)]
    if (takesValue(given)) at++
  }
  return [...argv]
}

/** An option's name as it is written on the command line. */
export const spelled = (name: string): string =>
  `${name.length > 1 ? '--' : '-'}${name.replace(/[A-Z]/g, (it) => `-${it.toLowerCase()}`)}`
