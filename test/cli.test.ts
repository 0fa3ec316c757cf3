// The `mkwrite` command as a program: output, messages and exit codes.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { mechanisms, probe } from '../lib/index.ts'
import { expectWrongUsage, runCommand as mkwrite } from './support/command.ts'
import { available } from './support/mechanisms.ts'

const tiny = ['--quick', '--pages', '64', '--seconds', '0', '--dirty', '0.1']

describe('help', () => {
  test('of the program lists the commands', () => {
    const { status, stdout } = mkwrite('--help')
    expect(status).toBe(0)
    for (const command of ['probe', 'measure']) expect(stdout).toContain(command)
  })

  test('of measure explains what is measured and the exit codes', () => {
    const { status, stdout } = mkwrite('measure', '--help')
    expect(status).toBe(0)
    for (const words of ['--mechanism', 'userfault', 'Examples', 'bare', 'Exit code']) {
      expect(stdout).toContain(words)
    }
  })

  test('is shown, with exit code 2, when no command is given', () => {
    const { status, stdout } = mkwrite()
    expect(status).toBe(2)
    expect(stdout).toContain('Usage')
  })

  test('--version tells the version', () => {
    const { status, stdout } = mkwrite('--version')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^mkwrite\/\d+\.\d+\.\d+/)
  })
})

describe('wrong usage ends with exit code 2 and says what is right', () => {
  test.each([
    ['an unknown command', ['mesure'], 'Did you mean measure?'],
    ['a hopeless command', ['xyzzy'], 'There is no command xyzzy. See mkwrite --help.'],
    ['an unknown option', ['measure', '--mechansim', 'full'], 'Did you mean --mechanism?'],
    ['an option of another command', ['probe', '--quick'], 'There is no option --quick'],
    ['an unknown option of one letter', ['probe', '--x'], 'There is no option --x.'],
    [
      'a count out of range',
      ['stress', '--threads', '0'],
      'The value of --threads is out of range.',
    ],
    ['a missing value', ['measure', '--mechanism'], 'value is missing'],
    ['an argument too many', ['probe', 'everything'], 'everything'],
    ['an unknown mechanism', ['measure', '--mechanism', 'userfalt'], 'Did you mean userfault?'],
    ['an unknown pattern', ['measure', '--pattern', 'zigzag'], 'random, sequential, strided'],
    ['a size without sense', ['measure', '--size', '64 apples'], '64MiB'],
    [
      'a number that is none',
      ['measure', '--pages', 'many'],
      'The value of --pages is out of range',
    ],
    ['an unknown part', ['measure', '--only', 'sweeps'], 'Did you mean sweep?'],
    ['little and much', ['measure', '--quick', '--thorough'], 'either --quick or --thorough'],
    ['two sizes', ['measure', '--pages', '64', '--size', '1MiB'], 'either --size or --pages'],
    ['a share above 1', ['measure', '--dirty', '1.5'], 'The value of --dirty must be'],
    ['half a page', ['measure', '--pages', '0.0001'], '--pages is out of range'],
  ])('%s', (_, args, message) => {
    expectWrongUsage(mkwrite(...args), message)
  })

  test.each([
    ['measure', [...tiny, '--html']],
    ['measure', [...tiny, '--svg']],
    ['bench', ['--quick', '--seconds', '0', '--json']],
    [
      'replay',
      [fileURLToPath(new URL('../examples/traces/sheet.trace', import.meta.url)), '--html'],
    ],
  ])(
    '%s %j where nothing can be written, found out before anything is measured',
    (command, args) => {
      const path = join(fileURLToPath(import.meta.url), 'below')
      const { status, stdout, stderr } = mkwrite(command, ...args, path)
      expect(stderr).toMatch(/^mkwrite: Cannot write /)
      expect(stderr).toContain(path)
      expect(stdout).toBe('')
      expect(status).toBe(2)
    },
  )

  test('a mechanism that does not work here', () => {
    const missing = mechanisms.find((name) => !available.includes(name))
    if (missing === undefined) return
    const { status, stderr } = mkwrite('measure', '--mechanism', missing)
    expect(status).toBe(2)
    expect(stderr).toContain(`"${missing}" does not work on this machine`)
  })
})

describe('probe', () => {
  test('--json prints what probe() returns', () => {
    const { status, stdout } = mkwrite('probe', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual(probe())
  })

  test('prints a line for each mechanism', () => {
    const { status, stdout } = mkwrite('probe')
    expect(status).toBe(0)
    for (const name of mechanisms) expect(stdout).toContain(name)
  })
})

describe('measure', () => {
  test('--json prints a result with the schema and nothing else', () => {
    const parts = ['--only', 'floors', '--only', 'sweep']
    const { status, stdout, stderr } = mkwrite('measure', ...tiny, ...parts, '--json')
    expect(status).toBe(0)
    expect(stderr).toBe('')
    const result = JSON.parse(stdout)
    expect(result.schema).toBe('mkwrite.measure/2')
    expect(result.sweep).toHaveLength((available.length + 1) * 3) // and auto
    expect(Object.keys(result.floors)).toEqual([
      'syscall',
      'minorFault',
      'signalRoundTrip',
      'mprotectPair',
      'memcpyPage',
      'memcmpPage',
    ])
  })

  test('prints floors, faults, a column for each contender, and a summary', () => {
    const parts = ['--only', 'floors', '--only', 'faults', '--only', 'sweep']
    const { status, stdout } = mkwrite('measure', ...tiny, ...parts)
    expect(status).toBe(0)
    for (const words of [
      ...['signal round trip', 'single faults', 'µs per dirty page', ...available, 'auto'],
      ...['is cheapest', 'Nothing was lost', 'are known within'],
    ]) {
      expect(stdout).toContain(words)
    }
  })

  test('--details adds a table for each contender', () => {
    const only = [...tiny, '--only', 'sweep']
    expect(mkwrite('measure', ...only).stdout).not.toContain('ratio')
    const { stdout } = mkwrite('measure', ...only, '--details')
    expect(stdout.split('ratio')).toHaveLength(available.length + 2)
  })

  test('writes no colours into a pipe', () => {
    const { stdout } = mkwrite('measure', ...tiny, '--mechanism', 'full', '--only', 'sweep')
    expect(stdout).not.toContain('\x1b')
  })

  test('--progress writes a line for each step to stderr', () => {
    const { stderr } = mkwrite(
      ...['measure', ...tiny, '--mechanism', 'full', '--only', 'floors', '--only', 'sweep'],
      '--progress',
    )
    expect(stderr.trim().split('\n')).toHaveLength(4)
    expect(stderr).toContain('[1/12] floors')
  })

  test('--html and --svg write files, into folders that need not exist', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mkwrite-cli-'))
    const html = join(folder, 'a', 'report.html')
    const { status, stdout } = mkwrite(
      ...['measure', '--quick', '--pages', '64', '--seconds', '0', '--only', 'sweep'],
      ...['--mechanism', 'full', '--html', html, '--svg', join(folder, 'b')],
    )
    expect(status).toBe(0)
    expect(stdout).toContain('Nothing was lost')
    expect(readFileSync(html, 'utf8')).toContain('Which mechanism is the cheapest?')
    expect(readdirSync(join(folder, 'b')).sort()).toEqual([
      'cost-random.svg',
      'cost-sequential.svg',
      'cost-strided.svg',
      'split-frames.svg',
    ])
    rmSync(folder, { recursive: true })
  })

  test('--markdown prints tables for a summary', () => {
    const { status, stdout } = mkwrite(
      ...['measure', ...tiny, '--only', 'floors', '--only', 'sweep', '--markdown'],
    )
    expect(status).toBe(0)
    expect(stdout).toContain('### Floors')
    expect(stdout).toContain('| system call |')
    expect(stdout).toContain('- Nothing was lost')
  })

  test('options narrow the sweep', () => {
    const { stdout } = mkwrite(
      ...['measure', '--quick', '--json', '--seconds', '0', '--size', '512KiB'],
      ...['--mechanism', 'full', '--mechanism', 'write-fault', '--pattern', 'strided'],
      ...['--dirty', '0.5', '--write-bytes', '64', '--only', 'sweep'],
    )
    const { settings, environment, sweep, floors } = JSON.parse(stdout)
    expect(settings.bytesPerPage).toBe(64)
    expect(floors).toBeNull()
    expect(sweep).toHaveLength(2)
    for (const it of sweep) {
      expect(it).toMatchObject({ pattern: 'strided', dirtyFraction: 0.5 })
      expect(it.pages).toBe((512 * 1024) / environment.pageSize)
    }
  })
})
