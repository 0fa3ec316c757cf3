// `mkwrite stress` as a program: output, messages and exit codes.

import { describe, expect, test } from 'vitest'
import { probe } from '../lib/index.ts'
import { expectWrongUsage, runCommand } from './support/command.ts'
import { available } from './support/mechanisms.ts'

const stress = (...args: string[]) => runCommand('stress', ...args)

const brief = ['--seconds', '0.1', '--threads', '2', '--size', '256KiB']

test('--help explains what is compared and the exit codes', () => {
  const { status, stdout } = stress('--help')
  expect(status).toBe(0)
  for (const words of ['--no-device-writes', 'lost updates', 'stale reads', 'Exit code']) {
    expect(stdout).toContain(words)
  }
})

test('--json prints one result with the schema and nothing else', () => {
  const { status, stdout, stderr } = stress(...brief, '--mechanism', 'write-fault', '--json')
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'mkwrite.stress/1',
    mechanism: 'write-fault',
    seconds: 0.1,
    threads: 2,
    lostUpdates: 0,
    staleReads: 0,
  })
  expect(status).toBe(0)
})

test('without a mechanism all that work have their turn', () => {
  const { status, stdout } = stress(...brief, '--json')
  expect(status).toBe(0)
  const results = JSON.parse(stdout).map((it: { mechanism: string }) => it.mechanism)
  expect(results).toEqual(available)
})

test('prints a line for each mechanism and a verdict', () => {
  const { status, stdout } = stress(
    ...[...brief, '--mechanism', 'full', '--mechanism', 'write-fault'],
    ...['--no-device-writes', '--views', '1', '--seed', '5'],
  )
  expect(status).toBe(0)
  for (const words of ['full', 'write-fault', 'lost updates', 'Nothing was lost']) {
    expect(stdout).toContain(words)
  }
  expect(stdout).not.toContain('\x1b')
})

test('--progress writes a line for each mechanism to stderr', () => {
  const { stderr } = stress(...brief, '--mechanism', 'full', '--progress')
  expect(stderr).toBe('[1/1] full\n')
})

describe('wrong usage ends with exit code 2 and says what is right', () => {
  test.each([
    ['an unknown mechanism', ['--mechanism', 'userfalt'], 'Did you mean userfault?'],
    ['a policy that is none', ['--mechanism', 'kernal'], 'Did you mean kernel?'],
    ['an unknown option', ['--thread', '2'], 'Did you mean --threads?'],
    ['a time that is none', ['--seconds', 'soon'], '--seconds is out of range. It must be >= 0'],
    ['no writer', ['--threads', '0'], 'threads'],
    ['a size without sense', ['--size', '4 apples'], '64MiB'],
  ])('%s', (_, args, message) => {
    expectWrongUsage(stress(...args), message)
  })

  test('a mechanism that does not work here', () => {
    for (const [name, found] of Object.entries(probe().mechanisms)) {
      if (found.available) continue
      expectWrongUsage(
        stress('--mechanism', name),
        `The mechanism "${name}" does not work on this machine. ${found.reason} ${found.remedy}`,
      )
    }
  })
})
