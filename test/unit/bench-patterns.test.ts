// The benchmark's patterns: which pages each frame writes.

import { describe, expect, test } from 'vitest'
import { type BenchPattern, benchPatterns, type Writes } from '../../lib/bench/index.ts'
import { frameSource } from '../../lib/bench/page-sources.ts'
import { benchSwitches } from '../../lib/bench/switches.ts'
import { fc, propertyTest } from '../support/property.ts'

/** The pages of `count` frames in a row. */
function framesOf(
  writes: BenchPattern['writes'],
  pages: number,
  count: number,
  pagesEach: number = pages,
): number[][] {
  const source = frameSource({ name: 'x', title: 'x', writes }, pages, pagesEach)
  return Array.from({ length: count }, () => [...source()])
}

describe('what is written', () => {
  test('nothing', () => {
    expect(framesOf({ kind: 'nothing' }, 100, 3)).toEqual([[], [], []])
  })

  test('a window moves on by a part of its length, and wraps', () => {
    const frames = framesOf({ kind: 'window', share: 0.4, step: 0.5 }, 10, 4)
    expect(frames).toEqual([
      [0, 1, 2, 3],
      [2, 3, 4, 5],
      [4, 5, 6, 7],
      [6, 7, 8, 9],
    ])
    expect(framesOf({ kind: 'window', share: 0.3, step: 1 }, 10, 4).at(-1)).toEqual([9, 0, 1])
  })

  test('a window over everything is streaming', () => {
    const everything = Array.from({ length: 20 }, (_, page) => page)
    expect(framesOf({ kind: 'window', share: 1, step: 0 }, 20, 2)).toEqual([everything, everything])
  })

  test('random pages are other ones in each frame', () => {
    const [first = [], second = []] = framesOf({ kind: 'random', share: 0.1 }, 1000, 2)
    expect(new Set(first).size).toBe(100)
    expect(new Set(second).size).toBe(100)
    expect(second).not.toEqual(first)
    expect(first).not.toEqual(first.toSorted((a, b) => a - b))
  })

  test('a scattered set stays, in the same order', () => {
    const [first = [], second = [], third = []] = framesOf(
      { kind: 'scattered', share: 0.1, replaced: 0 },
      1000,
      3,
    )
    expect(new Set(first).size).toBe(100)
    expect(second).toEqual(first)
    expect(third).toEqual(first)
    const consecutive = first.filter((page) => first.includes(page + 1)).length
    expect(consecutive).toBeLessThan(40) // scattered, not a window
  })

  test('of a drifting set a share is replaced in each frame', () => {
    const frames = framesOf({ kind: 'scattered', share: 0.1, replaced: 0.05 }, 1000, 20)
    for (const [index, frame] of frames.entries()) {
      expect(new Set(frame).size).toBe(100)
      const before = frames[index - 1]
      if (before === undefined) continue
      const fresh = frame.filter((page) => !before.includes(page)).length
      // One may be replaced twice in one frame, or come back.
      expect(fresh).toBeGreaterThanOrEqual(3)
      expect(fresh).toBeLessThanOrEqual(5)
    }
  })

  test('streams are written page by page in turn', () => {
    const frames = framesOf({ kind: 'streams', count: 2, share: 0.1 }, 20, 3)
    expect(frames).toEqual([
      [0, 10, 1, 11],
      [2, 12, 3, 13],
      [4, 14, 5, 15],
    ])
    const later = framesOf({ kind: 'streams', count: 2, share: 0.1 }, 20, 6).at(-1)
    expect(later).toEqual([10, 0, 11, 1]) // each goes round the whole
  })

  test('phases begin quietly, and go on where they stopped', () => {
    const during: Writes = { kind: 'window', share: 0.1, step: 1 }
    const frames = framesOf({ kind: 'phases', quiet: 2, busy: 3, during }, 10, 8)
    expect(frames).toEqual([[], [], [0], [1], [2], [], [], [3]])
  })

  test('rewrites write whole buffer objects, each at its own interval', () => {
    const frames = framesOf({ kind: 'rewrites', every: [1, 3] }, 8, 4, 2)
    const all = [0, 1, 2, 3, 4, 5, 6, 7]
    expect(frames).toEqual([all, [0, 1, 4, 5], [0, 1, 4, 5], all])
  })

  test('a function has its own way', () => {
    const own = (pages: number) => () => Uint32Array.of(pages - 1)
    expect(framesOf(own, 7, 2)).toEqual([[6], [6]])
  })
})

describe('the table', () => {
  test('has unique names without spaces, which the changes of pattern know', () => {
    const names = benchPatterns.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^\S+$/)
    for (const { from, to } of benchSwitches)
      expect(names).toEqual(expect.arrayContaining([from, to]))
  })

  test.each([
    ['random-0.1', 16],
    ['random-1', 164],
    ['random-10', 1638],
    ['random-25', 4096],
    ['streaming', 16384],
    ['ring-5', 819],
    ['hot-10', 1638],
    ['drifting-set', 1638],
    ['drifting-window', 819],
    ['phases', 0], // at first
    ['two-streams', 820],
    ['small-buffers', 1024],
    ['idle', 0],
    ['readback-1', 164],
    ['readback-10', 1638],
    ['readback-100', 16384],
  ])('%s writes %d pages of 64 MiB in its first frame', (name, count) => {
    const pattern = benchPatterns.find((it) => it.name === name)
    if (pattern === undefined) throw new Error(`There is no pattern ${name}.`)
    const pages = pattern.buffers === undefined ? 16384 : 16 * 64
    const pagesEach = pattern.buffers === undefined ? pages : 64
    expect(frameSource(pattern, pages, pagesEach)()).toHaveLength(count)
  })

  test('phases are quiet for half of their period', () => {
    const pattern = benchPatterns.find((it) => it.name === 'phases') as BenchPattern
    const frames = framesOf(pattern.writes, 1000, pattern.period ?? 0)
    expect(frames.filter((pages) => pages.length === 0)).toHaveLength(12)
    expect(frames.filter((pages) => pages.length === 100)).toHaveLength(12)
  })

  propertyTest.prop([fc.integer({ min: 1, max: 500 }), fc.constantFrom(...benchPatterns)], {
    numRuns: 100,
  })(
    'never leaves the buffer objects, never writes a page twice, and repeats exactly',
    (size, pattern) => {
      const buffers = pattern.buffers?.count ?? 1
      const pages = size * buffers
      const [one, other] = [0, 0].map(() => frameSource(pattern, pages, size))
      for (let frame = 0; frame < 30; frame++) {
        const drawn = [...(one?.() ?? [])]
        expect(drawn.every((page) => page < pages)).toBe(true)
        expect(new Set(drawn).size).toBe(drawn.length)
        expect([...(other?.() ?? [])]).toEqual(drawn)
      }
    },
  )
})
