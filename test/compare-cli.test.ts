// `mkwrite compare` as a program.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runCommand } from './support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'mkwrite-compare-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

function measurement(ns: number, cpu = 'A') {
  const samples = [0, 1, 2].map(() => [ns * 0.99, ns, ns, ns, ns * 1.01, ns])
  return {
    schema: 'mkwrite.measure/2',
    environment: { cpu },
    settings: { mode: 'quick' },
    effects: [{ key: 'a|b', median: ns, interval: [ns, ns], samples }],
  }
}

const base = file('base.json', measurement(1000))
const equal = file('equal.json', measurement(1010))
const slow = file('slow.json', measurement(1500))
const elsewhere = file('elsewhere.json', measurement(1500, 'B'))

describe('the exit code', () => {
  test('is 0 if nothing is slower', () => {
    const { status, stdout, stderr } = runCommand('compare', base, equal)
    expect(stdout).toContain('Equal')
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(runCommand('compare', slow, base).status).toBe(0)
  })

  test('is 1 if something is', () => {
    const { status, stdout } = runCommand('compare', base, slow)
    expect(stdout).toMatch(/a\|b\s+slower/)
    expect(stdout).toContain('1 row is slower by more than 10 %')
    expect(status).toBe(1)
  })

  test('is 2, with the reason, if they cannot be compared', () => {
    const { status, stdout, stderr } = runCommand('compare', base, elsewhere)
    expect(stderr).toContain('The machines differ in cpu: A and B.')
    expect(stdout.trim()).toBe('')
    expect(status).toBe(2)
    expect(runCommand('compare', base, elsewhere, '--force').status).toBe(1)
  })

  test.each<[string, string[], string]>([
    ['a file that is missing', [base, join(folder, 'none.json')], 'Cannot read'],
    ['a file that is no JSON', [base, file('text.json', 'hello')], 'no JSON'],
    ['a file that is no measurement', [base, file('other.json', {})], 'other.json is no result of'],
    ['a file too few', [base], 'missing'],
    [
      'a threshold that is none',
      [base, slow, '--threshold', 'x'],
      'The value of --threshold is out of range',
    ],
  ])('is 2 for %s', (_, args, message) => {
    const { status, stderr } = runCommand('compare', ...args)
    expect(stderr).toContain(message)
    expect(status).toBe(2)
  })
})

describe('the output', () => {
  test('has only changed rows, unless all are asked for', () => {
    expect(runCommand('compare', base, equal).stdout).not.toContain('a|b')
    expect(runCommand('compare', base, equal, '--all').stdout).toContain('a|b')
  })

  test('as JSON is what compare() returns, whether it could compare or not', () => {
    const found = JSON.parse(runCommand('compare', base, slow, '--json').stdout)
    expect(found).toMatchObject({
      schema: 'mkwrite.compare/1',
      of: 'mkwrite.measure/2',
      verdict: 'regression',
      counts: { slower: 1 },
    })
    const { stdout, status } = runCommand('compare', base, elsewhere, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ comparable: false, verdict: 'incomparable' })
    expect(status).toBe(2)
  })

  test('as Markdown is a table whose cells cannot break it', () => {
    const { stdout } = runCommand('compare', base, slow, '--markdown')
    expect(stdout).toContain('**1 row is slower by more than 10 %.**')
    expect(stdout).toMatch(/^\| row \|/m)
    expect(stdout).toContain('| a\\|b | slower |')
  })

  test('takes the threshold into account', () => {
    expect(runCommand('compare', base, slow, '--threshold', '0.6').status).toBe(0)
  })
})
