// What the device writes as a whole: under write-fault, page tables move out of the view and back, and
// auto goes over to that. Everything is as under the other policies but `tablesMoved`.

import { expect, test } from 'vitest'
import { type BufferObject, EmulatedDevice, type Policy } from '../../lib/index.ts'
import { coherentPolicies, pageSize } from '../support/mechanisms.ts'
import { sameBytes } from '../support/pages.ts'

/** Of the kernel: entries of 8 bytes fill a page. */
const tableSize = pageSize * (pageSize / 8)
const tables = 3
const size = tables * tableSize + 5 * pageSize

function onDevice(policy: Policy, check: (device: EmulatedDevice, bo: BufferObject) => void): void {
  const device = new EmulatedDevice({ memory: 4 * size })
  try {
    check(device, device.createBufferObject({ size, policy }))
  } finally {
    device.destroy()
  }
}

test.each(coherentPolicies)('all of it, read and written in turn, under %s', (policy) => {
  onDevice(policy, (device, bo) => {
    const bytes = new Uint8Array(bo.map())
    const other = new Uint8Array(bo.map())
    const target = device.createBuffer({ size })
    const expected = new Uint8Array(size)
    for (let frame = 1; frame <= 6; frame++) {
      device.submit([{ op: 'fill', to: bo.resource(), value: frame }]).wait()
      expected.fill(frame)
      // In the middle of a page table, so that part of it is open before the rest.
      const at = tableSize + 99 * pageSize + frame
      if (frame % 2 === 0) expected[at] = bytes[at] = 200 + frame
      expect(sameBytes(other, expected)).toBe(true)
      expect(sameBytes(bytes, expected)).toBe(true)
      device.submit([{ op: 'copy', from: bo.resource(), to: target }]).wait()
      expect(sameBytes(device.peek(target), expected)).toBe(true)
    }
    const { tablesMoved = 0 } = bo.stats
    if (policy === 'write-fault') expect(tablesMoved).toBeGreaterThanOrEqual(2 * tables)
    if (['userfault', 'compare', 'full', 'soft-dirty'].includes(policy)) expect(tablesMoved).toBe(0)
  })
})

test('auto goes over to write-fault while the device writes it all, and back', () => {
  onDevice('auto', (device, bo) => {
    const before = bo.stats.mechanism
    const bytes = new Uint8Array(bo.map())
    const frame = (value: number) => {
      device.submit([{ op: 'fill', to: bo.resource(), value }]).wait()
      expect(sameBytes(bytes, new Uint8Array(size).fill(value))).toBe(true)
    }
    for (let value = 1; value <= 20; value++) frame(value)
    expect(bo.stats).toMatchObject({ mechanism: 'write-fault', failedSwitches: 0 })
    expect(bo.stats.tablesMoved).toBeGreaterThan(0)
    if (before === 'write-fault') return // there is no other here
    const target = device.createBuffer({ size })
    // Pages that nobody wrote lately: each costs a fault, however cheap copies are on this machine.
    const pages = size / pageSize
    for (let frame = 0; bo.stats.mechanism !== before; frame++) {
      expect(frame).toBeLessThan(500)
      for (let i = 0; i < 16; i++) bytes[(((16 * frame + i) * 97) % pages) * pageSize] = frame
      device.submit([{ op: 'copy', from: bo.resource(), to: target }]).wait()
      expect(sameBytes(device.peek(target), bytes)).toBe(true)
    }
    expect(bo.stats).toMatchObject({ failedSwitches: 0 })
  })
})
