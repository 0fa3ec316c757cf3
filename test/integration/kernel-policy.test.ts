// The policy `kernel`: when it changes its mechanism is the vmwgfx driver's rule
// (drivers/gpu/drm/vmwgfx/vmwgfx_page_dirty.c). Under 512 pages it begins by scanning, else by
// faulting. The third scan in a row that finds nothing makes it fault; the third collect in which
// more than a tenth of the pages was dirty makes it scan, empty collects not counted.

import { afterEach, describe, expect, test } from 'vitest'
import { BufferObject, DirtyTracker, EmulatedDevice } from '../../lib/index.ts'
import { available, pageSize } from '../support/mechanisms.ts'
import { pagesIn, sameBytes, touch } from '../support/pages.ts'

const scan = available.includes('soft-dirty') ? 'soft-dirty' : 'userfault'
const pages = 100

describe.runIf(available.includes(scan))('the policy kernel', () => {
  let bo: BufferObject
  let tracker: DirtyTracker

  afterEach(() => {
    tracker.dispose()
    bo.destroy()
  })

  function begin(size = pages): void {
    bo = new BufferObject({ size: size * pageSize })
    tracker = DirtyTracker.track(bo, { policy: 'kernel' })
  }

  /** One frame that writes this many pages, from the first on. */
  function frame(dirty: number): number[] {
    const bytes = new Uint8Array(bo.map())
    for (let page = 0; page < dirty; page++) touch(bytes, page)
    return pagesIn(tracker.collect())
  }
  const frames = (...dirty: number[]) => dirty.forEach(frame)

  function beginFaulting(): void {
    begin()
    frames(0, 0, 0)
    expect(tracker.stats).toMatchObject({ mechanism: 'write-fault', switches: 1 })
  }

  test.each([
    [1, scan],
    [511, scan],
    [512, 'write-fault'],
    [600, 'write-fault'],
  ])('begins a buffer of %i pages with %s', (size, mechanism) => {
    begin(size)
    expect(tracker.stats.mechanism).toBe(mechanism)
  })

  test('faults from the third empty scan in a row on', () => {
    begin()
    frames(0, 0)
    expect(tracker.stats.mechanism).toBe(scan)
    frames(0)
    expect(tracker.stats.mechanism).toBe('write-fault')
  })

  test('goes on scanning while anything is dirty now and then', () => {
    begin()
    frames(0, 0, 1, 0, 0, 100, 0, 0, 1)
    expect(tracker.stats).toMatchObject({ mechanism: scan, switches: 0 })
    frames(0, 0, 0)
    expect(tracker.stats.mechanism).toBe('write-fault')
  })

  test('scans from the third collect on that finds more than a tenth dirty', () => {
    beginFaulting()
    frames(11, 11)
    expect(tracker.stats.mechanism).toBe('write-fault')
    frames(11)
    expect(tracker.stats).toMatchObject({ mechanism: scan, switches: 2 })
  })

  test('a tenth is not more than a tenth', () => {
    beginFaulting()
    frames(10, 10, 10, 10, 10)
    expect(tracker.stats.mechanism).toBe('write-fault')
  })

  test('a collect that finds little begins the count anew, an empty one does not', () => {
    beginFaulting()
    frames(11, 11, 1, 11, 11)
    expect(tracker.stats.mechanism).toBe('write-fault')
    frames(0, 0, 0, 11)
    expect(tracker.stats.mechanism).toBe(scan)
  })

  test('going over to scanning reports everything from the first to the last dirty page', () => {
    beginFaulting()
    frames(20, 20)
    const bytes = new Uint8Array(bo.map())
    for (let page = 5; page < 95; page += 6) touch(bytes, page)
    const found = pagesIn(tracker.collect())
    expect(tracker.stats.mechanism).toBe(scan)
    expect([found[0], found.at(-1), found.length]).toEqual([5, 89, 85])
  })

  test('no write is lost over any number of changes', () => {
    begin()
    const bytes = new Uint8Array(bo.map())
    const copy = new Uint8Array(bo.size)
    for (let round = 0; round < 40; round++) {
      const dirty = round % 8 < 4 ? 0 : 12 + (round % 5)
      for (let i = 0; i < dirty; i++) touch(bytes, (round * 7 + i * 5) % pages)
      const runs = tracker.collect()
      for (const page of pagesIn(runs)) {
        const range = [page * pageSize, (page + 1) * pageSize] as const
        copy.set(bytes.subarray(...range), range[0])
      }
      expect(sameBytes(copy, bytes)).toBe(true)
    }
    expect(tracker.stats.switches).toBeGreaterThan(3)
    expect(tracker.stats.failedSwitches).toBe(0)
  })

  test('a device changes its mechanism by the same rule, and loses nothing', () => {
    begin()
    const device = new EmulatedDevice({ memory: 2 ** 20 })
    const coherent = device.createBufferObject({ size: pages * pageSize, policy: 'kernel' })
    const target = device.createBuffer({ size: coherent.size })
    const bytes = new Uint8Array(coherent.map())
    const seenMechanisms = new Set<string | undefined>()
    for (let round = 0; round < 30; round++) {
      if (round % 10 >= 5) for (let i = 0; i < 20; i++) touch(bytes, (round + 3 * i) % pages)
      if (round % 7 === 6) {
        const part = { resource: coherent.resource(), offset: round * pageSize + 9, size: pageSize }
        device.submit([{ op: 'fill', to: part, value: round }])
      }
      device.submit([{ op: 'copy', from: coherent.resource(), to: target }]).wait()
      if (round % 3 === 0) expect(sameBytes(device.peek(target), bytes)).toBe(true)
      seenMechanisms.add(coherent.stats.mechanism)
    }
    expect(sameBytes(device.peek(target), bytes)).toBe(true)
    expect([...seenMechanisms].sort()).toEqual([scan, 'write-fault'].sort())
    device.destroy()
    coherent.destroy()
  })
})
