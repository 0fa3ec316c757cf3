// Numbers on the command line: whatever is wrong with one, the message names the option as it is
// typed, says what it must be, and repeats what was typed.

import { describe, expect, test } from 'vitest'
import { expectWrongUsage, runCommand } from './support/command.ts'

const script = 'examples/sheet.mjs'
const trace = 'examples/traces/sheet.trace'

/** What each option must be, in its message. */
const options: [string, option: string, range: string, ...args: string[]][] = [
  ['measure', '--dirty', '> 0 and <= 1'],
  ['measure', '--pages', 'an integer >= 1 and <= '],
  ['measure', '--write-bytes', 'an integer >= 8 and <= '],
  ['measure', '--seconds', '>= 0'],
  ['bench', '--cpu-work', '>= 0'],
  ['bench', '--seconds', '>= 0'],
  ['stress', '--seconds', '>= 0'],
  ['stress', '--threads', 'an integer >= 1 and <= 64'],
  ['stress', '--views', 'an integer >= 1 and <= 64'],
  ['stress', '--seed', 'an integer >= 0 and <= 4294967295'],
  ['record', '--interval', '>= 0.001', script],
  ['record', '--frames', 'an integer >= 1 and <= ', script],
  ['replay', '--seconds', '>= 0', trace],
  ['watch', '--interval', '>= 10', script],
]

describe.each(options)('%s %s', (command, option, range, ...args) => {
  test.each(['-1', '-.5', 'abc', '1e999'])('%s', (value) => {
    const result = runCommand(command, option, value, ...args)
    expectWrongUsage(result, `The value of ${option} `)
    expectWrongUsage(result, range)
    expect(result.stderr).toMatch(new RegExp(`Received ${value}\n$`))
  })

  test('an empty value', () => {
    const message = `The value of ${option} must not be empty.`
    expectWrongUsage(runCommand(command, option, '', ...args), message)
    expectWrongUsage(runCommand(command, `${option}=`, ...args), message)
  })
})

describe.each(['measure', 'bench', 'stress'])('%s --size', (command) => {
  test.each(['0', '-1'])('%s', (value) => {
    const result = runCommand(command, '--size', value)
    expectWrongUsage(result, 'The value of --size is out of range. It must be an integer >= ')
    expect(result.stderr).toMatch(new RegExp(`Received ${value}\n$`))
  })

  test('no size', () => {
    expectWrongUsage(runCommand(command, '--size', 'abc'), 'such as 64MiB. Received abc')
  })
})

test('a negative number may be attached as well', () => {
  expectWrongUsage(runCommand('stress', '--seed=-1'), 'The value of --seed is out of range.')
})

test('values that are fine are taken, whichever way they are written', () => {
  const args = ['--mechanism', 'full', '--threads=1', '--size', '16KiB', '--json']
  const { status, stdout } = runCommand('stress', ...args, '--seconds', '0', '--seed', '7')
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ seconds: 0, seed: 7, threads: 1, size: 16384 })
})
