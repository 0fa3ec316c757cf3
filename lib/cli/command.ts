// What a subcommand is made of, and the exit codes that all of them share.

import type { CAC } from 'cac'

/** Adds one subcommand to the program. */
export type Registration = (cli: CAC) => void

export const exitCodes = {
  fine: 0,
  /** The command ran and found something that should not be. */
  finding: 1,
  /** The command could not run as asked. */
  usage: 2,
} as const

/** A command line that cannot be right. Ends the program with its message and `exitCodes.usage`. */
export class UsageError extends Error {}

/** Prints a result as one JSON document. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)
}

/** Option values as an array, whether the option was given never, once or repeatedly. */
export function toList(value: unknown): string[] {
  return value === undefined ? [] : [value].flat().map(String)
}
