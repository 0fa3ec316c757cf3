// What stands for a program's own work: how much of it is done, and when.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { OwnWork } from '../../lib/record/own-work.ts'

const mostBytes = 4 * 2 ** 20

describe('own work', () => {
  const passes: { to: number; from: number; bytes: number }[] = []
  /** Reading and writing both count. */
  const done = () => 2 * passes.reduce((sum, { bytes }) => sum + bytes, 0)

  beforeEach(() => {
    passes.length = 0
    const { copyWithin } = Uint8Array.prototype
    vi.spyOn(Uint8Array.prototype, 'copyWithin').mockImplementation(function (
      this: Uint8Array<ArrayBuffer>,
      to: number,
      from: number,
      end = this.length,
    ) {
      passes.push({ to, from, bytes: end - from })
      return copyWithin.call(this, to, from, end) as Uint8Array<ArrayBuffer>
    })
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  function step(work: OwnWork, cpuNs: number, pages: number): [meanwhile: number, all: number] {
    const before = done()
    work.begin(cpuNs, pages)
    for (let page = 0; page < pages; page++) work.touched()
    const meanwhile = done() - before
    work.end()
    return [meanwhile, done() - before]
  }

  test('is done half while pages are touched, half afterwards', () => {
    const work = new OwnWork()
    for (const pages of [1, 3, 100]) {
      const [meanwhile, all] = step(work, 200_000, pages)
      expect(all / 800_000).toBeCloseTo(1, 2)
      expect(meanwhile / 400_000).toBeGreaterThan(0.97)
      expect(meanwhile / 400_000).toBeLessThanOrEqual(1)
    }
  })

  test('is all done afterwards where nothing is touched', () => {
    const [meanwhile, all] = step(new OwnWork(), 200_000, 0)
    expect(meanwhile).toBe(0)
    expect(all).toBe(800_000)
  })

  test('is left for later where it would be little', () => {
    const [meanwhile, all] = step(new OwnWork(), 1000, 100)
    expect(meanwhile).toBe(0)
    expect(all).toBe(4000)
  })

  test('goes round through its memory, and never over more of it', () => {
    const work = new OwnWork()
    for (const cpuNs of [1e9, 100_000, 700_000, 1e6, 1e9]) {
      const [, all] = step(work, cpuNs, 7)
      expect(all / Math.min(4 * cpuNs, mostBytes)).toBeCloseTo(1, 2)
    }
    for (const { to, from, bytes } of passes) {
      expect(from - to).toBe(mostBytes / 2)
      expect(from + bytes).toBeLessThanOrEqual(mostBytes)
    }
  })
})
