// Checks of patterns that users bring along.

import { invalidArgument } from '../errors.ts'
import { checkInteger, checkNumber, checkOptions } from '../validate.ts'
import type { BenchPattern, Writes } from './writes.ts'

type Check = (name: string, value: unknown) => void

const share: Check = (name, value) => {
  if (typeof value !== 'number' || !(value > 0 && value <= 1)) {
    throw invalidArgument(name, 'a number > 0 and <= 1', value)
  }
}
const fraction: Check = (name, value) => {
  if (checkNumber(name, value, 0) > 1) throw invalidArgument(name, 'a number >= 0 and <= 1', value)
}
const count: Check = (name, value) => void checkInteger(name, value, 1, 2 ** 31)
const counts: Check = (name, value) => {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalidArgument(name, 'an array of integers', value)
  }
  for (const [index, item] of value.entries()) count(`${name}[${index}]`, item)
}

/** What each kind of writes is made of. */
const kinds: Record<Writes['kind'], Record<string, Check>> = {
  nothing: {},
  random: { share },
  window: { share, step: (name, value) => void checkNumber(name, value, 0) },
  scattered: { share, replaced: fraction },
  streams: { count, share },
  phases: { quiet: count, busy: count, during: (name, value) => checkWrites(name, value) },
  rewrites: { every: counts },
}

function checkWrites(name: string, value: unknown): void {
  const { kind } = (value ?? {}) as { kind?: unknown }
  const parts = Object.entries(kinds).find(([known]) => known === kind)?.[1]
  if (parts === undefined) {
    const known = Object.keys(kinds).map((it) => `'${it}'`)
    throw invalidArgument(`${name}.kind`, `one of ${known.join(', ')}`, kind)
  }
  checkOptions(name, value, ['kind', ...Object.keys(parts)])
  for (const [key, check] of Object.entries(parts)) {
    check(`${name}.${key}`, (value as Record<string, unknown>)[key])
  }
}

export function checkPattern(value: BenchPattern, index: number): BenchPattern {
  const at = `options.morePatterns[${index}]`
  checkOptions(at, value, [
    'name',
    'title',
    'writes',
    'writer',
    'unpredictable',
    'buffers',
    'period',
  ])
  const { name, title, writes, writer = 'cpu', unpredictable = 0, buffers, period = 1 } = value
  if (typeof name !== 'string' || !/^\S+$/.test(name)) {
    throw invalidArgument(`${at}.name`, 'a string without spaces', name)
  }
  if (typeof title !== 'string') throw invalidArgument(`${at}.title`, 'of type string', title)
  if (!['cpu', 'device'].includes(writer)) {
    throw invalidArgument(`${at}.writer`, "one of 'cpu', 'device'", writer)
  }
  fraction(`${at}.unpredictable`, unpredictable)
  count(`${at}.period`, period)
  if (buffers !== undefined) {
    checkOptions(`${at}.buffers`, buffers, ['count', 'bytes'])
    count(`${at}.buffers.count`, buffers.count)
    count(`${at}.buffers.bytes`, buffers.bytes)
  }
  if (typeof writes !== 'function') checkWrites(`${at}.writes`, writes)
  return value
}
