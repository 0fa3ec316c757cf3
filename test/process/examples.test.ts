// The examples run as a user would run them, and make what they say.

import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readTrace, replay } from '../../lib/record/index.ts'
import { coherentPolicies } from '../support/mechanisms.ts'

const run = promisify(execFile)
const example = (name: string): string =>
  fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
const triangles = example('triangles.mjs')
const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

describe('examples/triangles.mjs', () => {
  let folder: string
  let stdout: string
  let frames: PNG[]

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mkwrite-triangles-'))
    ;({ stdout } = await run(process.execPath, [triangles, folder, '6']))
    frames = readdirSync(folder)
      .sort()
      .map((name) => PNG.sync.read(readFileSync(join(folder, name))))
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const pixel = (frame: PNG, x: number, y: number) => [
    ...frame.data.subarray(4 * (y * frame.width + x), 4 * (y * frame.width + x) + 4),
  ]
  const background = [24, 24, 24, 255]

  test('saves as many pictures as it is asked for', () => {
    expect(frames.map(({ width, height }) => [width, height])).toEqual(Array(6).fill([512, 512]))
    expect(stdout).toContain('6 frames')
  })

  test('draws a star on a plain background', () => {
    for (const frame of frames) {
      for (const [x, y] of [
        [0, 0],
        [511, 0],
        [0, 511],
        [511, 511],
      ] as const) {
        expect(pixel(frame, x, y)).toEqual(background)
      }
      // Well within the innermost ring.
      expect(pixel(frame, 256 + 20, 256 + 6)).not.toEqual(background)
      const drawn = Array.from({ length: 512 * 512 }, (_, i) => i).filter(
        (i) => frame.data[4 * i] !== 24 || frame.data[4 * i + 1] !== 24,
      ).length
      expect(drawn).toBeGreaterThan(50_000)
      expect(drawn).toBeLessThan(130_000)
    }
  })

  test('turns it', () => {
    for (let i = 1; i < frames.length; i++) {
      const [before, after] = [frames[i - 1] as PNG, frames[i] as PNG]
      expect(Buffer.compare(before.data, after.data)).not.toBe(0)
    }
  })

  test('sends the vertices, and nothing else', () => {
    // 216 vertices of 12 bytes, six times.
    expect(stdout).toContain(`${6 * 216 * 12} bytes of vertices`)
  })

  test('says how it is called', async () => {
    await expect(run(process.execPath, [triangles])).rejects.toMatchObject({ code: 2 })
  })
})

describe('examples/particles.mjs', () => {
  test('draws a fountain and sends each frame once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mkwrite-particles-'))
    try {
      const picture = join(folder, 'fountain.png')
      const { stdout } = await run(process.execPath, [example('particles.mjs'), '10', picture])
      expect(stdout).toContain(`${10 * 4096 * 36} bytes of vertices`)
      const { width, height, data } = PNG.sync.read(readFileSync(picture))
      expect([width, height]).toEqual([256, 256])
      // The fountain rises from the middle of the lower edge.
      const at = (x: number, y: number) => [
        ...data.subarray(4 * (y * 256 + x), 4 * (y * 256 + x) + 3),
      ]
      expect(at(128, 228)[2]).toBeGreaterThan(200)
      expect(at(5, 250)).toEqual([16, 16, 16])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('examples/sheet.mjs', () => {
  test('computes what it shows, and sends and fetches little', async () => {
    const { stdout } = await run(process.execPath, [example('sheet.mjs'), '3'])
    // 24 rows of 1024 cells of 1 * 1.19 + 0.5, and what was edited there.
    const [, sum = ''] = /sum up to ([\d.]+)/.exec(stdout) ?? []
    expect(Number(sum)).toBeGreaterThan(24 * 1024 * 1.69 - 1)
    expect(Number(sum)).toBeLessThan(24 * 1024 * 1.69 + 5000)
    const [, fetched = ''] = /([\d.]+) MiB came back/.exec(stdout) ?? []
    expect(Number(fetched)).toBeLessThan(1)
  })
})

describe.each([
  ['particles', ['5']],
  ['sheet', ['5']],
  ['triangles', ['pictures', '5']],
])('examples/traces/%s.trace', (name, args) => {
  const file = example(`traces/${name}.trace`)

  test('is small', () => expect(readFileSync(file).length).toBeLessThan(50_000))

  test('is what the example writes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mkwrite-traces-'))
    try {
      const again = join(folder, 'again.trace')
      await run(process.execPath, [cli, 'record', '-o', again, example(`${name}.mjs`), ...args], {
        cwd: folder,
      })
      // In its first frames: the last one holds what came back at the end.
      const pages = (path: string) =>
        readTrace(readFileSync(path))
          .frames.slice(0, 4)
          .map(({ steps }) =>
            steps.map(
              (step) =>
                step.kind === 'submit' &&
                step.shares.map(({ dirty, written }) => ({ dirty, written })),
            ),
          )
      expect(pages(again)).toEqual(pages(file))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('is replayed without losses', async () => {
    const policies = coherentPolicies
    const { cases } = await replay(readTrace(readFileSync(file)), { seconds: 0, policies })
    for (const it of cases) expect(it).toMatchObject({ lostPages: 0, stalePages: 0 })
  }, 60_000)
})
