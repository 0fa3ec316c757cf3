// Dirty tracking without a device: which pages collect() reports, under every mechanism.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BufferObject, DirtyTracker } from '../../lib/index.ts'
import { available, exact, pageSize } from '../support/mechanisms.ts'
import { pagesIn, touch } from '../support/pages.ts'

const pages = 64
const size = pages * pageSize

describe.each(exact)('under %s', (policy) => {
  let bo: BufferObject
  let bytes: Uint8Array
  let tracker: DirtyTracker

  beforeEach(() => {
    bo = new BufferObject({ size })
    bytes = new Uint8Array(bo.map())
    tracker = DirtyTracker.track(bo, { policy })
    tracker.collect()
  })

  afterEach(() => {
    tracker.dispose()
    bo.destroy()
  })

  const collected = () => pagesIn(tracker.collect())

  test('the pages written are reported, and no others', () => {
    touch(bytes, 0, 3, 4, 5, 63)
    expect(collected()).toEqual([0, 3, 4, 5, 63])
  })

  test('runs are [first, count], ascending, as long as can be', () => {
    touch(bytes, 63, 5, 4, 0, 3)
    const runs = tracker.collect()
    expect(runs).toBeInstanceOf(Uint32Array)
    expect([...runs]).toEqual([0, 1, 3, 3, 63, 1])
  })

  test('alternating pages are reported page by page', () => {
    const odd = Array.from({ length: pages / 2 }, (_, i) => 2 * i + 1)
    touch(bytes, ...odd)
    const runs = tracker.collect()
    expect(runs.length).toBe(pages)
    expect(pagesIn(runs)).toEqual(odd)
  })

  test('without writes nothing is reported', () => {
    expect(tracker.collect().length).toBe(0)
  })

  test('reading makes nothing dirty', () => {
    touch(bytes, 1)
    tracker.collect()
    expect(bytes.reduce((sum, byte) => sum + byte, 0)).toBe(1)
    expect(collected()).toEqual([])
  })

  test('a page is reported once for all writes to it, and again for the next', () => {
    for (let frame = 0; frame < 5; frame++) {
      touch(bytes, 7, 7, 8)
      expect(collected()).toEqual([7, 8])
      expect(collected()).toEqual([])
    }
  })

  test('writing the same value again is a write', () => {
    bytes[2 * pageSize] = 5
    tracker.collect()
    bytes[2 * pageSize] = 5
    expect(collected()).toEqual(policy === 'compare' ? [] : [2])
  })

  test('a store across the border of two pages makes both dirty', () => {
    new DataView(bo.map()).setFloat64(3 * pageSize - 4, Math.PI)
    expect(collected()).toEqual([2, 3])
  })

  test('writes through every view are reported, also those made later', () => {
    const early = new Uint8Array(bo.createView().map())
    touch(bytes, 1)
    touch(early, 2)
    const late = new Uint8Array(bo.createView().map())
    touch(late, 3)
    expect(collected()).toEqual(expect.arrayContaining([1, 2, 3]))
    touch(early, 4)
    touch(late, 5)
    expect(collected()).toEqual([4, 5])
  })

  test('one page written through two views is one page', () => {
    const other = new Uint8Array(bo.createView().map())
    tracker.collect()
    touch(bytes, 6)
    touch(other, 6)
    expect([...tracker.collect()]).toEqual([6, 1])
  })

  test('writes through a window are reported by their place in the buffer object', () => {
    const window = new Uint8Array(bo.map({ offset: 10 * pageSize, length: 2 * pageSize }))
    touch(window, 1)
    expect(collected()).toEqual([11])
  })

  describe('a range', () => {
    test('is collected alone; the rest stays dirty', () => {
      touch(bytes, 1, 10, 11, 20, 40)
      expect(pagesIn(tracker.collect({ first: 10, count: 11 }))).toEqual([10, 11, 20])
      expect(collected()).toEqual([1, 40])
    })

    test('cuts runs at its borders', () => {
      touch(bytes, 11, 8, 9, 10) // in this order, run-ahead opens nothing
      expect([...tracker.collect({ first: 9, count: 2 })]).toEqual([9, 2])
      expect([...tracker.collect()]).toEqual([8, 1, 11, 1])
    })

    test('goes up to the end without a count', () => {
      touch(bytes, 1, 63)
      expect(pagesIn(tracker.collect({ first: 2 }))).toEqual([63])
      expect(pagesIn(tracker.collect({ count: 2 }))).toEqual([1])
    })

    test('goes on being tracked while others are collected', () => {
      touch(bytes, 1)
      tracker.collect({ first: 10, count: 10 })
      touch(bytes, 2, 12)
      expect(pagesIn(tracker.collect({ first: 10, count: 10 }))).toEqual([12])
      expect(collected()).toEqual([1, 2])
    })
  })

  describe('markDirty', () => {
    test('declares pages dirty, once', () => {
      tracker.markDirty({ first: 5, count: 3 })
      expect(collected()).toEqual([5, 6, 7])
      expect(collected()).toEqual([])
    })

    test('without a range declares everything dirty', () => {
      tracker.markDirty()
      expect([...tracker.collect()]).toEqual([0, pages])
    })

    test('adds to what was written', () => {
      touch(bytes, 4)
      tracker.markDirty({ first: 5, count: 1 })
      expect([...tracker.collect()]).toEqual([4, 2])
    })
  })

  test('writes made before tracking began are reported', () => {
    const early = new BufferObject({ size })
    touch(new Uint8Array(early.map()), 3, 4, 40)
    const late = DirtyTracker.track(early, { policy })
    expect(pagesIn(late.collect())).toEqual([3, 4, 40])
    expect(pagesIn(late.collect())).toEqual([])
    early.destroy()
  })

  test('writes between two trackers are reported by the second', () => {
    touch(bytes, 1)
    tracker.collect()
    tracker.dispose()
    touch(bytes, 2)
    tracker = DirtyTracker.track(bo, { policy })
    expect(collected()).toContain(2)
    touch(bytes, 3)
    expect(collected()).toEqual([3])
  })

  test.each(available)('it can be tracked anew under %s', (next) => {
    touch(bytes, 1)
    tracker.collect()
    tracker.dispose()
    tracker = DirtyTracker.track(bo, { policy: next })
    tracker.collect()
    touch(bytes, 5)
    expect(collected()).toContain(5)
    expect(tracker.stats.mechanism).toBe(next)
  })

  test('two buffer objects are tracked apart', () => {
    const other = new BufferObject({ size })
    const bytesOfOther = new Uint8Array(other.map())
    const second = DirtyTracker.track(other, { policy })
    second.collect()
    touch(bytes, 1)
    touch(bytesOfOther, 2)
    expect(collected()).toEqual([1])
    touch(bytes, 3)
    expect(pagesIn(second.collect())).toEqual([2])
    expect(collected()).toEqual([3])
    second.dispose()
    other.destroy()
  })

  test('the result is a copy that later collects do not touch', () => {
    touch(bytes, 9)
    const first = tracker.collect()
    touch(bytes, 12)
    tracker.collect()
    expect([...first]).toEqual([9, 1])
  })

  test('stats count collects and reported pages', () => {
    const before = tracker.stats
    touch(bytes, 1, 2)
    tracker.collect()
    tracker.collect()
    expect(tracker.stats).toMatchObject({
      mechanism: policy,
      collects: before.collects + 2,
      pagesReported: before.pagesReported + 2,
      switches: 0,
      failedSwitches: 0,
      displacements: 0,
    })
  })

  test('a buffer object of a single page is tracked', () => {
    const small = new BufferObject({ size: 1 })
    const alone = DirtyTracker.track(small, { policy })
    alone.collect()
    touch(new Uint8Array(small.map()), 0)
    expect([...alone.collect()]).toEqual([0, 1])
    expect([...alone.collect()]).toEqual([])
    small.destroy()
  })
})

test('write-fault counts a signal for each page written', () => {
  const bo = new BufferObject({ size })
  const tracker = DirtyTracker.track(bo)
  const bytes = new Uint8Array(bo.map())
  touch(bytes, 1, 5, 9)
  expect(tracker.stats).toMatchObject({ mechanism: 'write-fault', writeFaults: 3 })
  touch(bytes, 1, 5, 9)
  expect(tracker.stats.writeFaults).toBe(3)
  tracker.collect()
  touch(bytes, 1)
  expect(tracker.stats.writeFaults).toBe(4)
  bo.destroy()
})

test('full reports every page each time', () => {
  const bo = new BufferObject({ size })
  const tracker = DirtyTracker.track(bo, { policy: 'full' })
  expect([...tracker.collect()]).toEqual([0, pages])
  expect([...tracker.collect({ first: 3, count: 2 })]).toEqual([3, 2])
  expect([...tracker.collect()]).toEqual([0, pages])
  bo.destroy()
})
