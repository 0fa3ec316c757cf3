// probe() tells what works here, in a form that tools can rely on, and tells the truth.

import { arch, release } from 'node:os'
import { describe, expect, test } from 'vitest'
import { BufferObject, DirtyTracker, mechanisms, probe } from '../../lib/index.ts'
import { errorOf } from '../support/errors.ts'

const result = probe()

test('names the machine', () => {
  expect(result).toMatchObject({
    schema: 'mkwrite.probe/1',
    kernel: release(),
    arch: arch(),
  })
  expect(result.cpu).not.toBe('')
  expect(Math.log2(result.pageSize) % 1).toBe(0)
  expect(result.pageSize).toBeGreaterThanOrEqual(4096)
})

test('says the same each time, as JSON too', () => {
  expect(probe()).toEqual(result)
  expect(JSON.parse(JSON.stringify(result))).toEqual(result)
})

test('knows all mechanisms, and no others', () => {
  expect(Object.keys(result.mechanisms).sort()).toEqual([...mechanisms].sort())
})

test('write-fault and full work everywhere', () => {
  expect(result.mechanisms['write-fault']).toEqual({ available: true, systemCalls: false })
  expect(result.mechanisms.full).toEqual({ available: true, systemCalls: true })
})

test('leaves trackers alone that are at work', () => {
  for (const policy of mechanisms.filter((name) => result.mechanisms[name].available)) {
    const bo = new BufferObject({ size: 1 })
    const tracker = DirtyTracker.track(bo, { policy })
    tracker.collect()
    new Uint8Array(bo.map())[0] = 1
    probe()
    expect([...tracker.collect()]).toEqual([0, 1])
    bo.destroy()
  }
})

describe.each(mechanisms)('what it says of %s', (policy) => {
  const found = result.mechanisms[policy]

  test('is what tracking finds', () => {
    const bo = new BufferObject({ size: 1 })
    const track = () => DirtyTracker.track(bo, { policy })
    if (found.available) {
      const tracker = track()
      expect(tracker.stats.mechanism).toBe(policy)
      tracker.dispose()
    } else {
      expect(errorOf(track).message).toBe(`${found.reason} ${found.remedy}`)
    }
    bo.destroy()
  })

  test.runIf(!found.available)('has a reason and a remedy, in sentences', () => {
    if (found.available) return
    expect(found.reason).toMatch(/^[A-Z].+\.$/)
    expect(found.remedy).toMatch(/^[A-Z].+\.$/)
  })
})
