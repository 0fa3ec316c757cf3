// The examples run as a user would run them, and make what they say.

import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const triangles = fileURLToPath(new URL('../../examples/triangles.mjs', import.meta.url))

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
