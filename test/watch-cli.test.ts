// `mkwrite watch` as a program, in pipes and on a pseudo-terminal.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { WatchSnapshot } from '../lib/watch/index.ts'
import {
  commandEnvironment,
  expectWrongUsage,
  runCommand as mkwrite,
  program,
} from './support/command.ts'
import { slowness } from './support/slowness.ts'

const watched = fileURLToPath(new URL('fixtures/watched.mjs', import.meta.url))
const env = commandEnvironment()
/** As long as it takes this machine to do what another does in so many milliseconds. */
const lasting = (milliseconds: number): string => String(milliseconds * slowness)

const snapshotsOf = (stdout: string): WatchSnapshot[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('in a pipe', () => {
  test('prints lines, and how it ended; the output of the program goes to stderr', () => {
    const { status, stdout, stderr } = mkwrite('watch', '--interval', '50', watched, lasting(400))
    expect(status).toBe(0)
    expect(stderr).toBe(`begins ${lasting(400)}\nends\n`)
    const lines = stdout.trim().split('\n')
    expect(lines.length).toBeGreaterThan(1)
    // Not necessarily the first one: a slow machine takes longer than the interval to begin.
    const states = lines.slice(0, -1).join('\n')
    expect(states).toMatch(/^\d+\.\d s {2}.* submissions\/s {2}1 buffer object {2}write-fault {2}/m)
    expect(lines.at(-1)).toMatch(
      /^The program ended with 0 after \d+ submissions and 0 collects in/,
    )
    expect(stdout).not.toContain('\x1b')
  })

  test.each([
    ['that awaits', ''],
    ['that never comes back to its event loop', 'sync'],
  ])('--json prints snapshots of a program %s', (_, mode) => {
    const { status, stdout } = mkwrite(
      'watch',
      '--json',
      '--interval',
      '50',
      watched,
      lasting(400),
      mode,
    )
    expect(status).toBe(0)
    const snapshots = snapshotsOf(stdout)
    expect(snapshots.length).toBeGreaterThan(1)
    for (const [index, { schema, time, submissions, buffers }] of snapshots.entries()) {
      const before = snapshots[index - 1]
      expect(schema).toBe('mkwrite.watch/1')
      expect(time).toBeGreaterThan(before?.time ?? 0)
      expect(submissions).toBeGreaterThanOrEqual(before?.submissions ?? 0)
      for (const buffer of buffers) {
        expect(buffer).toMatchObject({ number: 0, size: 65536, owner: 'device', regions: [] })
      }
    }
    const last = snapshots.at(-1)
    const [buffer] = last?.buffers ?? []
    expect(buffer?.stats).toMatchObject({ mechanism: 'write-fault' })
    // The last submission is in it: a fault and a page for each.
    expect(buffer?.stats.collects).toBe(last?.submissions)
    expect(buffer?.stats.pagesReported).toBe(last?.submissions)
    expect(buffer?.stats.bytesUpdated).toBeGreaterThan(0)
    expect(buffer?.ended).toBe(true)
  })

  test('a program that rests is looked at, too', () => {
    const { stdout } = mkwrite('watch', '--json', '--interval', '50', watched, lasting(500), 'idle')
    const snapshots = snapshotsOf(stdout)
    expect(snapshots.filter(({ submissions }) => submissions === 1).length).toBeGreaterThan(1)
  })

  test('collects of trackers count', () => {
    const { stdout } = mkwrite('watch', '--json', watched, lasting(200), 'tracker')
    const last = snapshotsOf(stdout).at(-1)
    expect(last).toMatchObject({ submissions: 0, buffers: [{ owner: 'tracker' }] })
    expect(last?.collects).toBeGreaterThan(1)
    expect(last?.buffers[0]?.stats.collects).toBe(last?.collects)
  })

  test('what stands behind the script is its own', () => {
    const { stderr, stdout } = mkwrite('watch', watched, '50', '--json', '--interval', 'x')
    expect(stderr).toContain('begins 50 --json --interval x')
    expect(stdout).toContain('The program ended with 0')
  })

  test('the policy that the program asks for stays', () => {
    expect(mkwrite('watch', watched, '50').stdout).toContain('1 buffer object  write-fault')
  })

  test('a program that fails: exit code 1', () => {
    const { status, stdout } = mkwrite('watch', watched, '50', 'exit', '7')
    expect(stdout).toContain('The program ended with 7')
    expect(status).toBe(1)
  })

  test('a reader that has seen enough does not hold the program up', async () => {
    const child = spawn(process.execPath, [program, 'watch', '--interval', '20', watched, '600'], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(child.stdout, 'data')
    child.stdout.destroy()
    await once(child, 'exit')
  })

  test.each([
    ['no script', ['watch'], 'script'],
    ['a script that is not there', ['watch', 'missing.mjs'], 'The script cannot be read'],
    ['an unknown option', ['watch', '--intervall', '5', watched], 'Did you mean --interval?'],
    [
      'an interval that is none',
      ['watch', '--interval', 'x', watched],
      'The value of --interval is out of range',
    ],
    ['an interval too short', ['watch', '--interval', '1', watched], 'interval'],
  ])('refuses %s', (_, args, message) => {
    expectWrongUsage(mkwrite(...args), message)
  })
})

const script = '/usr/bin/script'
if (!existsSync(script)) console.warn('NOT RUN: mkwrite watch on a terminal: no script(1) here')

/** What a terminal shows that got `text`: cursor up, carriage return and erasing are all that is used. */
function screenOf(text: string): string[] {
  const lines: string[] = ['']
  let row = 0
  for (const [, up, erase, other, character] of text.matchAll(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is about control characters
    /\x1b\[(\d+)A|\x1b\[(J)|\x1b\[[?\d;]*(\w)|([\s\S])/g,
  )) {
    if (up !== undefined) row = Math.max(row - Number(up), 0)
    else if (erase !== undefined) lines.splice(row, lines.length, '')
    else if (other !== undefined || character === '\r') continue
    else if (character === '\n') {
      row++
      if (row === lines.length) lines.push('')
    } else lines[row] = `${lines[row]}${character}`
  }
  return lines
}

describe.runIf(existsSync(script))('on a terminal', () => {
  /** @param pressCtrlC once the first rates are shown */
  async function onTerminal(
    rows: number,
    commandLine: string,
    { pressCtrlC = false, cols = 150 } = {},
  ) {
    const shell = `stty rows ${rows} cols ${cols}; exec ${process.execPath} ${program} ${commandLine}`
    const child = spawn(script, ['-qefc', shell, '/dev/null'], {
      env: { ...env, TERM: 'xterm', NO_COLOR: '' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let text = ''
    let isPressed = !pressCtrlC
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part
      if (isPressed || !text.includes('submissions/s')) return
      isPressed = true
      child.stdin.write('\x03')
    })
    const [code] = await once(child, 'close')
    return { code, text, screen: screenOf(text) }
  }

  test('redraws in place, and the output of the program stays above', async () => {
    const { code, text, screen } = await onTerminal(20, `watch --interval 50 ${watched} 600`)
    expect(code).toBe(0)
    const places = (words: string) => text.split(words).length - 1
    expect(places('mechanism')).toBeGreaterThan(1)
    // One table is left of all, between what was printed and the end.
    expect(screen.findIndex((line) => line.includes('The program ended'))).toBeGreaterThan(
      screen.findIndex((line) => line.includes('write-fault')),
    )
    const found = (words: string) => screen.filter((line) => line.includes(words)).length
    for (const words of [
      'begins 600',
      'ends',
      'mechanism',
      'write-fault',
      'The program ended with 0',
    ]) {
      expect(found(words), words).toBe(1)
    }
    expect(text.endsWith('\x1b[?25h')).toBe(true)
  })

  test('a low terminal shows what there is room for', async () => {
    const { text } = await onTerminal(4, `watch --interval 50 ${watched} 300`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is about control characters
    const heights = [...text.matchAll(/\x1b\[(\d+)A/g)].map(([, lines]) => Number(lines))
    expect(Math.max(...heights)).toBeLessThan(4)
  })

  test('a narrow terminal shows the columns that there is room for', async () => {
    const commandLine = `watch --interval 50 ${watched} 300`
    const { screen } = await onTerminal(20, commandLine, { cols: 70 })
    const table = screen.filter((line) => /^(buffer| +0) /.test(line))
    expect(table).toHaveLength(2)
    expect(table[0]).toMatch(/^buffer .*mechanism .* sent\/s/)
    expect(table[0]).not.toContain('reported')
    for (const line of table) expect(line.length).toBeLessThanOrEqual(70)
    // No line is so long that the terminal would break it: erasing counts lines.
    const { screen: narrow } = await onTerminal(20, commandLine, { cols: 20 })
    const live = narrow.filter((line) => /^(buffer|\d\.\d s| +0) /.test(line))
    expect(live).toHaveLength(3)
    for (const line of live) expect(line.length).toBeLessThanOrEqual(20)
  })

  test('a program without buffer objects is told to have none', async () => {
    const { screen } = await onTerminal(20, `watch --interval 50 ${watched} 0 none`)
    expect(screen.join('\n')).toMatch(
      /kernel faults\/s\nnothing was submitted or collected yet\nThe program ended with 0/,
    )
  })

  test('Ctrl-C ends the program in order and gives the cursor back', async () => {
    const { code, text } = await onTerminal(20, `watch --interval 50 ${watched} 60000`, {
      pressCtrlC: true,
    })
    expect(text).toContain('The program ended with 130')
    expect(code).toBe(1)
    expect(text.endsWith('\x1b[?25h')).toBe(true)
  })
})
