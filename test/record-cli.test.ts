// `mkwrite record` and `mkwrite replay` as programs: traces of a small program whose pages are known.

import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readTrace, type Trace } from '../lib/record/index.ts'
import { commandEnvironment, expectWrongUsage, program, runCommandIn } from './support/command.ts'
import { available, pageSize } from './support/mechanisms.ts'

const recorded = fileURLToPath(new URL('fixtures/recorded.mjs', import.meta.url))
const exactMechanism = available.includes('userfault') ? 'userfault' : 'write-fault'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mkwrite-record-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const mkwrite = (...args: string[]) => runCommandIn(folder, ...args)

const traceAt = (name: string): Trace => readTrace(readFileSync(join(folder, name)))

// The program of the fixture counts in pages of 4 KiB.
describe.runIf(pageSize === 4096)('record', () => {
  test('writes a trace of what the program wrote, under an exact mechanism', () => {
    const { status, stdout, stderr } = mkwrite('record', recorded, '5')
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toContain(`tracked with ${exactMechanism}, undefined`)
    expect(stdout).toMatch(/6 frames of 1 buffer objects with 64 pages.*recorded\.trace/)
    const { frames, ...header } = traceAt('recorded.trace')
    expect(header).toMatchObject({
      program: 'recorded.mjs 5',
      frame: 'submit',
      mechanism: exactMechanism,
      pageSize,
      buffers: [{ pages: 64, owner: 'device' }],
    })
    const readBack = { buffer: 0, runs: Uint32Array.of(33, 1), faults: 1 }
    expect(frames).toHaveLength(6)
    expect(frames[0]?.cpuNs).toBeGreaterThan(0)
    for (const [index, { steps, cpuNs, wallNs }] of frames.entries()) {
      // What it takes to tell is taken off by the clock on the wall, so little may become nothing.
      expect(cpuNs).toBeGreaterThanOrEqual(0)
      expect(wallNs).toBeGreaterThan(0)
      if (index === 5) {
        expect(steps).toEqual([{ kind: 'submit', busy: false, shares: [], readBacks: [readBack] }])
        continue
      }
      expect(steps).toEqual([
        {
          kind: 'submit',
          busy: false,
          readBacks: index === 0 ? [] : [readBack],
          shares: [
            {
              buffer: 0,
              used: Uint32Array.of(32, 8),
              written: Uint32Array.of(32, 8),
              dirty: new Uint32Array(),
              bytesUpdated: 0,
            },
          ],
        },
      ])
    }
  })

  test('records collects of trackers', () => {
    const { status, stdout } = mkwrite('record', '-o', 'tracker.trace', recorded, '3', 'tracker')
    expect(status).toBe(0)
    expect(stdout).toContain(`tracked with ${exactMechanism}`)
    const { frames, buffers } = traceAt('tracker.trace')
    expect(buffers).toEqual([{ pages: 16, owner: 'tracker' }])
    expect(frames.map(({ steps }) => steps)).toEqual(
      [0, 1, 2].map((frame) => [
        { kind: 'collect', buffer: 0, firstPage: 0, pages: 12, dirty: Uint32Array.of(frame, 2) },
      ]),
    )
  })

  test('pages are exact under write-fault, too, which else opens pages ahead', () => {
    const file = join(folder, 'row.trace')
    const preload = fileURLToPath(new URL('../dist/record/preload.js', import.meta.url))
    execFileSync(process.execPath, ['--import', preload, recorded, '3', 'row'], {
      env: {
        ...commandEnvironment(),
        MKWRITE_RECORD: JSON.stringify({ file, program: 'row', mechanism: 'write-fault' }),
      },
    })
    const { frames } = traceAt('row.trace')
    expect(frames).toHaveLength(3)
    for (const { steps } of frames) expect(steps).toMatchObject([{ dirty: Uint32Array.of(0, 41) }])
  })

  test('what stands behind the script is its own, and options before it are not', () => {
    const { status, stdout } = mkwrite(
      ...[
        'record',
        '--frames',
        '2',
        '--output=own.trace',
        recorded,
        '5',
        '--frames',
        '7',
        '--help',
      ],
    )
    expect(stdout).toContain('asked to --frames')
    expect(status).toBe(0)
    expect(traceAt('own.trace')).toMatchObject({
      program: 'recorded.mjs 5 --frames 7 --help',
      frames: { length: 2 },
    })
  })

  test('--interval puts submissions together', () => {
    mkwrite('record', '--interval', '1000000', '-o', 'interval.trace', recorded, '5')
    const { frame, frames } = traceAt('interval.trace')
    expect(frame).toBe(1_000_000)
    expect(frames).toHaveLength(1)
    expect(frames[0]?.steps).toHaveLength(6)
  })

  test("--json prints a summary alone; the program's output goes to stderr", () => {
    const { stdout, stderr } = mkwrite('record', '--json', '-o', 'json.trace', recorded, '5')
    expect(stderr).toContain('tracked with')
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'mkwrite.record/1',
      file: join(folder, 'json.trace'),
      fileSize: readFileSync(join(folder, 'json.trace')).length,
      ended: 0,
      frames: 6,
      buffers: [{ pages: 64, owner: 'device' }],
    })
  })

  test.each([
    ['that exits with a code', ['5', 'exit', '3'], 'ended with 3'],
    ['that throws', ['5', 'throw', 'on purpose'], 'ended with 1'],
  ])('a program %s leaves its trace, and exit code 1', (_, args, message) => {
    const { status, stdout } = mkwrite('record', '-o', 'failed.trace', recorded, ...args)
    expect(status).toBe(1)
    expect(stdout).toContain(message)
    expect(traceAt('failed.trace').frames).toHaveLength(6)
  })

  test('a program that submits nothing leaves an empty trace, and says so', () => {
    const { status, stdout } = mkwrite('record', '-o', 'none.trace', recorded, '5', 'none')
    expect(status).toBe(0)
    expect(stdout).toContain('submitted and collected nothing')
    const { status: replayed, stderr } = mkwrite('replay', 'none.trace')
    expect(replayed).toBe(2)
    expect(stderr).toContain('no frames')
  })

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends the program, and what it did is recorded',
    async (signal) => {
      const child = spawn(
        process.execPath,
        [program, 'record', '-o', `${signal}.trace`, recorded, '5', 'wait'],
        {
          cwd: folder,
          env: commandEnvironment(),
          stdio: ['ignore', 'pipe', 'inherit'],
          detached: true,
        },
      )
      let stdout = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text
        // As a terminal does: to the whole group. SIGTERM: to the one that is known.
        if (text.includes('waiting') && child.pid !== undefined) {
          process.kill(signal === 'SIGINT' ? -child.pid : child.pid, signal)
        }
      })
      const [code] = await once(child, 'close')
      expect(stdout).toContain(`ended with ${signal === 'SIGINT' ? 130 : 143}`)
      expect(code).toBe(1)
      expect(traceAt(`${signal}.trace`).frames).toHaveLength(6)
    },
  )
})

describe('record refuses', () => {
  test.each([
    ['no script', ['record'], 'script'],
    ['an unknown option', ['record', '--frame', '5', recorded], 'Did you mean --frames?'],
    ['no frames', ['record', '--frames', '0', recorded], 'frames'],
    ['an interval of nothing', ['record', '--interval', '0', recorded], 'interval'],
    [
      'a place where nothing can be written',
      ['record', '-o', '/proc/no/x', recorded],
      'cannot be written',
    ],
  ])('%s', (_, args, message) => {
    expectWrongUsage(mkwrite(...args), message)
  })

  test('a script that is not there, without leaving a file', () => {
    const { status, stderr } = mkwrite('record', 'missing.mjs')
    expect(stderr).toContain('mkwrite: The script cannot be read')
    expect(status).toBe(2)
    expect(existsSync(join(folder, 'missing.trace'))).toBe(false)
  })
})

describe.runIf(pageSize === 4096)('replay', () => {
  beforeAll(() => {
    mkwrite('record', '-o', 'replayed.trace', recorded, '20')
  })

  test('--json prints a result with the schema and nothing else', () => {
    const { status, stdout, stderr } = mkwrite(
      'replay',
      'replayed.trace',
      '--seconds',
      '0',
      '--json',
    )
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const { schema, trace, cases, recommendation } = JSON.parse(stdout)
    expect(schema).toBe('mkwrite.replay/1')
    expect(trace).toMatchObject({ program: 'recorded.mjs 20', frames: 21 })
    const policies = cases.map((it: { policy: string }) => it.policy)
    for (const policy of ['explicit', 'auto', ...available]) expect(policies).toContain(policy)
    for (const it of cases) expect(it).toMatchObject({ lostPages: 0, stalePages: 0 })
    expect(policies).toContain(recommendation.policy)
  })

  test('prints a table and a recommendation', () => {
    const { status, stdout } = mkwrite('replay', 'replayed.trace', '--seconds', '0')
    expect(status).toBe(0)
    for (const words of [
      'recorded.mjs 20',
      'ms/frame',
      'explicit',
      'write-fault',
      'Take ',
      'Nothing was lost',
    ]) {
      expect(stdout).toContain(words)
    }
    expect(stdout).not.toContain('\x1b')
  })

  test('--policy narrows it, --progress tells the steps', () => {
    const { stdout, stderr } = mkwrite(
      ...['replay', 'replayed.trace', '--seconds', '0', '--policy', 'full', '--progress', '--json'],
    )
    expect(stderr).toContain('checking full')
    const { cases } = JSON.parse(stdout)
    expect(cases.map((it: { policy: string }) => it.policy).sort()).toEqual(['explicit', 'full'])
  })

  test.each([
    ['no trace', ['replay'], 'trace'],
    ['a file that is not there', ['replay', 'missing.trace'], 'cannot be read'],
    ['a file that is no trace', ['replay', recorded], 'This is no trace'],
    [
      'an unknown policy',
      ['replay', 'replayed.trace', '--policy', 'fast'],
      '--policy must be one of',
    ],
    [
      'a time that is none',
      ['replay', 'replayed.trace', '--seconds', 'x'],
      'The value of --seconds is out of range',
    ],
  ])('refuses %s', (_, args, message) => {
    expectWrongUsage(mkwrite(...args), message)
  })
})

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
)
if (chromium === undefined)
  console.warn('NOT RUN: the page of a replay in a browser: no chromium here')

describe.runIf(pageSize === 4096 && chromium !== undefined)(
  'the page of a replay in a browser',
  () => {
    let page: string

    beforeAll(() => {
      mkwrite('record', '-o', 'page.trace', recorded, '20')
      const { status } = mkwrite('replay', 'page.trace', '--seconds', '0', '--html', 'page.html')
      expect(status).toBe(0)
      // What the page shows is told by a script that was not there.
      page = join(folder, 'page.html')
      const probe = `<script>addEventListener('error', (event) => { document.title = 'ERROR ' + event.message })
      const look = () => {
        if (document.documentElement.dataset.drawn !== 'true') return setTimeout(look, 10)
        const colors = [...document.querySelectorAll('canvas')].map((canvas) => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
          return new Set(Array.from({ length: data.length / 4 }, (_, i) => data.slice(4 * i, 4 * i + 3).join())).size
        })
        const canvas = document.querySelector('canvas')
        const { left, top, width, height } = canvas.getBoundingClientRect()
        canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: left + width / 2, clientY: top + height * 0.51 }))
        document.body.dataset.seen = JSON.stringify({
          colors,
          tip: document.getElementById('tip').textContent,
          lines: document.querySelectorAll('polyline').length,
          wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
        })
      }
      look()</script>`
      const html = readFileSync(page, 'utf8')
      writeFileSync(join(folder, 'probed.html'), html.replace('<body>', `<body>${probe}`))
    })

    async function browse(...args: string[]) {
      return promisify(execFile)(chromium ?? '', [
        ...[
          '--headless=new',
          '--no-sandbox',
          '--disable-gpu',
          '--hide-scrollbars',
          '--enable-logging=stderr',
        ],
        ...[
          `--user-data-dir=${mkdtempSync(join(folder, 'chromium-'))}`,
          '--virtual-time-budget=5000',
        ],
        ...args,
      ])
    }

    test.each([
      ['a phone', '390,844'],
      ['a desk', '1280,900'],
    ])(
      'fits on %s, paints its pages, and tells what lies under the pointer',
      async (_, size) => {
        const url = `file://${join(folder, 'probed.html')}`
        const { stdout, stderr } = await browse(`--window-size=${size}`, '--dump-dom', url)
        expect(stderr).not.toMatch(/CONSOLE/)
        expect(stdout).not.toContain('<title>ERROR')
        const [, seen = ''] = /data-seen="([^"]*)"/.exec(stdout) ?? []
        const { colors, tip, lines, wide } = JSON.parse(seen.replaceAll('&quot;', '"'))
        expect(colors[0]).toBeGreaterThan(2)
        expect(tip).toContain('frame 10, buffer object 0, page 32')
        expect(tip).toContain('written by the device: 100 %')
        expect(lines).toBeGreaterThan(4)
        expect(wide).toBe(false)
      },
      60_000,
    )
  },
)
