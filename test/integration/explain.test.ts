// What `auto` says of a device's buffer object.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BufferObject, EmulatedDevice } from '../../lib/index.ts'
import { available, pageSize } from '../support/mechanisms.ts'

const pages = 256

describe('bo.explain()', () => {
  let device: EmulatedDevice
  beforeEach(() => {
    device = new EmulatedDevice()
  })
  afterEach(() => device.destroy())

  test('lists rows of regions under auto, which cover the buffer object', () => {
    const buffer = device.createBufferObject({ size: pages * pageSize, policy: 'auto' })
    const target = device.createBuffer({ size: buffer.size })
    const bytes = new Uint8Array(buffer.map())
    for (let frame = 0; frame < 10; frame++) {
      for (let page = 0; page < 64; page++) bytes[page * pageSize] = frame
      device.submit([{ op: 'copy', from: buffer.resource(), to: target }]).wait()
    }
    const rows = buffer.explain()
    expect(rows.length).toBeGreaterThan(0)
    let end = 0
    for (const { first, count, decision } of rows) {
      expect(first).toBe(end)
      expect(['track', 'keep-open']).toContain(decision)
      end = first + count
    }
    expect(end).toBe(pages)
  })

  test.each(available)('has nothing to tell under %s', (policy) => {
    expect(device.createBufferObject({ size: 1, policy }).explain()).toEqual([])
  })

  test('nor without a policy', () => {
    expect(device.createBufferObject({ size: 1, policy: 'none' }).explain()).toEqual([])
  })

  test('and needs a device', () => {
    expect(() => new BufferObject({ size: 1 }).explain()).toThrow('belongs to no device')
  })
})
