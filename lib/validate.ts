// Checks of arguments. Native code relies on them for types, and checks itself what memory safety
// depends on.

import { invalidArgument, outOfRange } from './errors.ts'

/** An integer from `min` to `max`. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number') throw invalidArgument(name, 'of type number', value)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw outOfRange(name, `an integer >= ${min} and <= ${max}`, value)
  }
  return value === 0 ? 0 : value // no -0
}

/** A finite number from `min` on. */
export function checkNumber(name: string, value: unknown, min: number): number {
  if (typeof value !== 'number') throw invalidArgument(name, 'of type number', value)
  if (!Number.isFinite(value) || value < min) throw outOfRange(name, `>= ${min}`, value)
  return value
}

/** Milliseconds from 0 on; more than 24 days are as good as for ever. */
export function checkDuration(name: string, value: unknown): number {
  return Math.min(checkNumber(name, value, 0), 2 ** 31)
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidArgument(name, 'of type boolean', value)
  return value
}

/** An array of some of `known`, one at least. */
export function checkNames<Name extends string>(
  name: string,
  list: readonly Name[],
  known: readonly Name[],
): readonly Name[] {
  const isKnown = (item: Name): boolean => known.includes(item)
  if (!Array.isArray(list) || list.length === 0 || !list.every(isKnown)) {
    const names = known.map((item) => `"${item}"`).join(', ')
    throw invalidArgument(name, `an array of some of ${names}`, list)
  }
  return list
}

/** An options object all of whose keys are known: a misspelled option is an error, not ignored. */
export function checkOptions(name: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidArgument(name, 'of type object', value)
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw invalidArgument(name, `an object with the keys ${known.join(', ')}`, { [key]: '…' })
    }
  }
}

/** A part of something that has `size` bytes. */
export interface Range {
  /** Bytes; default 0. */
  offset?: number
  /** Bytes; default: up to the end. */
  size?: number
}

/** Fills in the defaults of a range and checks that it lies within `limit` bytes and is not empty. */
export function checkRange(name: string, range: Range | undefined, limit: number): Required<Range> {
  if (range !== undefined) checkOptions(name, range, ['offset', 'size'])
  // Defaults stand in for undefined alone: null is an error.
  const { offset: begin = 0 } = range ?? {}
  const offset = checkInteger(`${name}.offset`, begin, 0, limit - 1)
  const { size: length = limit - offset } = range ?? {}
  return { offset, size: checkInteger(`${name}.size`, length, 1, limit - offset) }
}
