// The promises C1 and C2: the GPU sees every CPU write at its next operation, the CPU sees every
// GPU write after the fence.

import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type BufferObject, EmulatedDevice, type Policy, type Resource } from '../../lib/index.ts'
import { coherentPolicies, pageSize } from '../support/mechanisms.ts'

const pages = 64
const size = pages * pageSize

describe.each(coherentPolicies)('under policy %s', (policy: Policy) => {
  let device: EmulatedDevice
  let bo: BufferObject
  let bytes: Uint8Array
  let target: Resource

  beforeEach(() => {
    device = new EmulatedDevice({ memory: 64 * 1024 * 1024 })
    bo = device.createBufferObject({ size, policy })
    bytes = new Uint8Array(bo.map())
    target = device.createBuffer({ size })
  })

  afterEach(() => {
    device.destroy()
    bo.destroy()
  })

  const seen = (): Uint8Array => new Uint8Array(device.peek(target))
  const copyToTarget = () => device.submit([{ op: 'copy', from: bo.resource(), to: target }])

  test('the GPU sees every CPU write at its next operation', () => {
    for (let frame = 1; frame <= 20; frame++) {
      for (let page = frame % 3; page < pages; page += frame) {
        bytes[page * pageSize + (frame % pageSize)] = frame
      }
      copyToTarget().wait()
      expect(Buffer.compare(seen(), bytes)).toBe(0)
    }
  })

  test('the CPU sees GPU writes after the fence', async () => {
    const fence = device.submit([{ op: 'fill', to: bo.resource(), value: 7 }])
    await fence.signaled
    expect(bytes.every((byte) => byte === 7)).toBe(true)
  })

  test('a read before the fence waits for it', () => {
    device.submit([{ op: 'fill', to: bo.resource(), value: 9 }])
    expect(bytes[5 * pageSize + 17]).toBe(9)
  })

  test('CPU and GPU bytes of one page both survive, CPU first', () => {
    bytes[3 * pageSize] = 1
    device
      .submit([
        {
          op: 'fill',
          to: { resource: bo.resource(), offset: 3 * pageSize + 8, size: 8 },
          value: 2,
        },
      ])
      .wait()
    expect(bytes[3 * pageSize]).toBe(1)
    expect(bytes[3 * pageSize + 8]).toBe(2)
  })

  test('CPU and GPU bytes of one page both survive, GPU first', () => {
    device
      .submit([
        {
          op: 'fill',
          to: { resource: bo.resource(), offset: 3 * pageSize + 8, size: 8 },
          value: 2,
        },
      ])
      .wait()
    bytes[3 * pageSize] = 1
    copyToTarget().wait()
    expect(seen()[3 * pageSize]).toBe(1)
    expect(seen()[3 * pageSize + 8]).toBe(2)
    expect(bytes[3 * pageSize + 8]).toBe(2)
  })

  test('device write, CPU read, device write, CPU read', () => {
    for (let round = 1; round <= 10; round++) {
      device.submit([{ op: 'fill', to: bo.resource(), value: round }]).wait()
      expect(bytes[0]).toBe(round)
      expect(bytes[size - 1]).toBe(round)
    }
  })

  test('device writes that nobody reads are never read back', () => {
    for (let round = 0; round < 5; round++) {
      device.submit([{ op: 'fill', to: bo.resource(), value: round }]).wait()
    }
    expect(bo.stats.bytesReadBack).toBe(0)
    expect(bytes[0]).toBe(4)
    expect(bo.stats.bytesReadBack).toBeGreaterThan(0)
    expect(bo.stats.bytesReadBack).toBeLessThan(size)
  })

  test('a checksum is that of the bytes written', () => {
    for (let i = 0; i < size; i += 7) bytes[i] = i
    const sum = device.createBuffer({ size: 4 })
    device.submit([{ op: 'checksum', from: bo.resource(), to: sum }]).wait()
    expect(new Uint32Array(device.peek(sum))[0]).toBe(crc32(bytes))
  })

  test('writes made before the device saw the buffer are seen', () => {
    const late = device.createBufferObject({ size, policy })
    const view = new Uint8Array(late.map())
    view[10 * pageSize] = 3
    device.submit([{ op: 'copy', from: late.resource(), to: target }]).wait()
    expect(seen()[10 * pageSize]).toBe(3)
    late.destroy()
  })

  test('only the written pages travel', () => {
    copyToTarget().wait()
    const before = bo.stats.bytesUpdated
    bytes[7 * pageSize] = 1
    bytes[20 * pageSize] = 1
    copyToTarget().wait()
    expect(bo.stats.bytesUpdated - before).toBe(policy === 'full' ? size : 2 * pageSize)
  })
})

test('without synchronisation the GPU computes on stale memory', () => {
  const device = new EmulatedDevice({ memory: 1024 * 1024 })
  const bo = device.createBufferObject({ size: pageSize, policy: 'none' })
  const target = device.createBuffer({ size: pageSize })
  const bytes = new Uint8Array(bo.map())
  const copy = () => device.submit([{ op: 'copy', from: bo.resource(), to: target }]).wait()
  bytes[0] = 1
  copy()
  expect(new Uint8Array(device.peek(target))[0]).toBe(0)
  bo.flush({ offset: 0, size: 1 })
  copy()
  expect(new Uint8Array(device.peek(target))[0]).toBe(1)

  device.submit([{ op: 'fill', to: bo.resource(), value: 5 }]).wait()
  expect(bytes[0]).toBe(1)
  bo.invalidate()
  expect(bytes[0]).toBe(5)
  device.destroy()
})
