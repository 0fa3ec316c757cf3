// `mkwrite bench` as a program: output, messages and exit codes.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { BenchResult } from '../lib/bench/index.ts'
import { expectWrongUsage, runCommand } from './support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'mkwrite-bench-'))
afterAll(() => rmSync(folder, { recursive: true }))

const bench = (...args: string[]) => runCommand('bench', ...args)

const tiny = ['--quick', '--size', '1MiB', '--seconds', '0', '--pattern', 'streaming']
const two = ['--contender', 'explicit', '--contender', 'write-fault']

/** Measured once, and changed by the tests to what they need. */
const measured = join(folder, 'measured.json')
const first = bench(...tiny, ...two, '--json', measured)

function changed(name: string, change: (result: BenchResult) => void): string {
  const result = JSON.parse(readFileSync(measured, 'utf8'))
  change(result)
  const file = join(folder, `${name}.json`)
  writeFileSync(file, JSON.stringify(result))
  return file
}

test('--help explains the contenders and the exit codes', () => {
  const { status, stdout } = bench('--help')
  expect(status).toBe(0)
  for (const words of ['--contender', 'explicit', 'upload', 'bare-', 'drifting-set', 'Exit code']) {
    expect(stdout).toContain(words)
  }
})

test('a table shows patterns against contenders, and that nothing was lost', () => {
  expect(first.stderr).toBe('')
  expect(first.status).toBe(0)
  for (const words of ['streaming', 'explicit', 'write-fault', 'Nothing was lost']) {
    expect(first.stdout).toContain(words)
  }
  expect(first.stdout).not.toContain('userfault')
  expect(first.stdout).not.toContain('\x1b')
})

test('--json with a file writes the document there', () => {
  const result = JSON.parse(readFileSync(measured, 'utf8'))
  expect(result).toMatchObject({
    schema: 'mkwrite.bench/1',
    size: 1024 * 1024,
    switches: [],
    scale: [],
  })
  expect(result.rows).toHaveLength(2)
  expect(result.claims).toBeUndefined()
})

test.each([[['--json', '-']], [['--json']]])('%j prints the document and nothing else', (json) => {
  const { status, stdout, stderr } = bench('--read', measured, ...json)
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(measured, 'utf8')))
})

test('--details has a row for each contender', () => {
  const { stdout } = bench('--read', measured, '--details')
  expect(stdout).toMatch(/streaming +explicit/)
  expect(stdout).toMatch(/\n +write-fault/)
})

test('--markdown prints tables of Markdown', () => {
  const { stdout } = bench('--read', measured, '--markdown')
  expect(stdout).toMatch(/^\| pattern \| explicit \| write-fault \| auto\/best \|$/m)
  expect(stdout).toMatch(/^\| streaming \| [\d.]+ \| [\d.]+ \|/m)
})

test('--patterns takes more patterns from a module', () => {
  const file = join(folder, 'patterns.mjs')
  const own = { name: 'own', title: 'a page', writes: { kind: 'window', share: 0.01, step: 1 } }
  writeFileSync(file, `export default ${JSON.stringify([own])}`)
  const { status, stdout } = bench(
    ...['--quick', '--size', '1MiB', '--seconds', '0', '--patterns', file],
    ...['--pattern', 'own', '--contender', 'explicit', '--json'],
  )
  expect(status).toBe(0)
  const { rows } = JSON.parse(stdout) as BenchResult
  expect(rows.map((row) => [row.pattern, row.pagesWritten])).toEqual([['own', 3]])
})

describe('--check', () => {
  const auto = (ratio: number) =>
    changed(`auto-${ratio}`, (result) => {
      const [row] = result.rows
      if (row !== undefined) result.rows.push({ ...row, contender: 'auto', ratioToExplicit: ratio })
    })

  test('lists each claim, its limit and what was found', () => {
    const { status, stdout } = bench('--read', auto(1.01), '--check', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout).claims).toContainEqual({
      claim: 'auto over explicit: streaming',
      limit: 1.05,
      plusNs: 0,
      found: [{ pattern: 'streaming', ratio: 1.01 }],
      verdict: 'holds',
    })
  })

  test('fails when a claim is missed', () => {
    const { status, stdout } = bench('--read', auto(1.06), '--check')
    expect(stdout).toMatch(/auto over explicit: streaming +≤ 1.05 +1.060 streaming +missed/)
    expect(stdout).toContain('1 are missed')
    expect(status).toBe(1)
  })

  test('says what was not measured', () => {
    const { stdout } = bench('--read', measured, '--check')
    expect(stdout).toMatch(/auto over explicit: streaming +≤ 1.05 +not measured/)
  })

  test('is not made unless asked for', () => {
    expect(bench('--read', auto(1.06)).status).toBe(0)
  })
})

test('pages that were lost fail it', () => {
  const file = changed('lost', (result) => {
    for (const row of result.rows) row.lostPages = 2
  })
  const { status, stdout } = bench('--read', file)
  expect(stdout).toContain('4 written pages did not reach their copy')
  expect(status).toBe(1)
})

describe('wrong usage ends with exit code 2 and says what is right', () => {
  const none = join(folder, 'none.mjs')
  const object = join(folder, 'object.mjs')
  writeFileSync(object, 'export default {}')
  const other = join(folder, 'other.json')
  writeFileSync(other, '{"schema":"mkwrite.measure/1"}')

  test.each([
    ['an unknown pattern', ['--pattern', 'streming'], 'Did you mean streaming?'],
    ['an unknown contender', ['--contender', 'userfalt'], 'Did you mean userfault?'],
    ['an unknown table', ['--table', 'chair'], 'page, line, work'],
    ['an unknown part', ['--part', 'everything'], 'frames, switches, scale'],
    ['a number that is none', ['--cpu-work', 'much'], 'The value of --cpu-work is out of range'],
    ['a module that is missing', ['--patterns', none], 'does not load'],
    ['a module without an array', ['--patterns', object], 'must be an array of patterns'],
    ['a result that is missing', ['--read', none], 'cannot be read'],
    ['a result of another command', ['--read', other], 'schema mkwrite.bench/1'],
  ])('%s', (_, args, message) => {
    expectWrongUsage(bench(...args), message)
  })
})
