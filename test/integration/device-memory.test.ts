// Device memory has a limit: what does not fit makes room by eviction, or fails with a typed error.

import { afterEach, describe, expect, test } from 'vitest'
import { type BufferObject, EmulatedDevice, type Policy } from '../../lib/index.ts'
import { codeOf, errorOf } from '../support/errors.ts'
import { coherentPolicies, pageSize } from '../support/mechanisms.ts'
import { sameBytes, touch } from '../support/pages.ts'

const pages = 8
const size = pages * pageSize

let device: EmulatedDevice
afterEach(() => device.destroy())

/** A device that holds this many buffers of `size`. */
function deviceFor(buffers: number): EmulatedDevice {
  device = new EmulatedDevice({ memory: buffers * size })
  return device
}

test('fresh device memory is zeros, also where another resource was', () => {
  deviceFor(1)
  for (let i = 0; i < 3; i++) {
    const memory = device.createBuffer({ size })
    expect(new Uint8Array(device.peek(memory)).every((byte) => byte === 0)).toBe(true)
    device.submit([{ op: 'fill', to: memory, value: 255 }]).wait()
    memory.destroy()
  }
})

test('device memory that is used up is a typed error', () => {
  deviceFor(2)
  device.createBuffer({ size })
  device.createBuffer({ size })
  expect(device.stats.memoryUsed).toBe(device.stats.memoryLimit)
  expect(errorOf(() => device.createBuffer({ size: 1 }))).toMatchObject({
    code: 'ERR_MKWRITE_OUT_OF_DEVICE_MEMORY',
    message: expect.stringContaining('create the device with more memory'),
  })
})

test('peek reads a part, and a resource without device memory as zeros', () => {
  deviceFor(2)
  const memory = device.createBuffer({ size: 10 })
  device.submit([{ op: 'fill', to: { resource: memory, offset: 4, size: 2 }, value: 1 }]).wait()
  expect([...new Uint8Array(device.peek(memory, { offset: 3, size: 4 }))]).toEqual([0, 1, 1, 0])
  expect(device.peek(memory).byteLength).toBe(10)
  expect(codeOf(() => device.peek(memory, { offset: 3, size: 8 }))).toBe('ERR_MKWRITE_OUT_OF_RANGE')
  const unbound = device.createBufferObject({ size })
  new Uint8Array(unbound.map()).fill(1)
  expect(new Uint8Array(device.peek(unbound.resource()))[0]).toBe(0)
  unbound.destroy()
})

test('peek neither waits nor synchronises', () => {
  deviceFor(1)
  const memory = device.createBuffer({ size })
  device.pause()
  device.submit([{ op: 'fill', to: memory, value: 1 }])
  expect(new Uint8Array(device.peek(memory))[0]).toBe(0)
})

describe.each(coherentPolicies)('under policy %s', (policy: Policy) => {
  let bos: BufferObject[] = []
  afterEach(() => {
    for (const bo of bos.splice(0)) bo.destroy()
  })

  function create(count: number): Uint8Array[] {
    bos = Array.from({ length: count }, () => device.createBufferObject({ size, policy }))
    return bos.map((bo) => new Uint8Array(bo.map()))
  }
  const resourceOf = (index: number) => (bos[index] as BufferObject).resource()

  test('a resource larger than the device is a typed error, and nothing is lost by it', () => {
    deviceFor(1)
    const [bytes = new Uint8Array()] = create(1)
    touch(bytes, 3)
    const target = device.createBuffer({ size: pageSize })
    const copy = () =>
      device.submit([{ op: 'copy', from: { resource: resourceOf(0), size: pageSize }, to: target }])
    expect(codeOf(copy)).toBe('ERR_MKWRITE_OUT_OF_DEVICE_MEMORY')
    expect(bytes[3 * pageSize + 3]).toBe(1)
    const part = (bos[0] as BufferObject).resource({ offset: 3 * pageSize, size: pageSize })
    device.submit([{ op: 'copy', from: part, to: target }]).wait()
    expect(new Uint8Array(device.peek(target))[3]).toBe(1)
  })

  test('more than fits takes turns, and every content survives', () => {
    deviceFor(3)
    const arrays = create(5)
    const expected = arrays.map(() => new Uint8Array(size))
    for (let round = 1; round <= 4; round++) {
      for (const index of arrays.keys()) {
        const [bytes, model] = [arrays[index], expected[index]] as [Uint8Array, Uint8Array]
        // The CPU writes a page, the device a part of another one.
        touch(bytes, (round + index) % pages)
        touch(model, (round + index) % pages)
        const offset = ((round * 3 + index) % pages) * pageSize + 64
        const value = round * 16 + index
        device.submit([
          { op: 'fill', to: { resource: resourceOf(index), offset, size: 64 }, value },
        ])
        model.fill(value, offset, offset + 64)
      }
    }
    expect(device.stats.memoryUsed).toBeLessThanOrEqual(3 * size)
    arrays.forEach((bytes, index) => {
      expect(sameBytes(bytes, expected[index] as Uint8Array)).toBe(true)
    })
  })

  test('what was evicted comes back to the device with what the CPU wrote meanwhile', () => {
    deviceFor(2)
    const [first = new Uint8Array()] = create(3)
    const target = device.createBuffer({ size })
    device.submit([{ op: 'fill', to: resourceOf(0), value: 1 }])
    device.submit([{ op: 'fill', to: resourceOf(1), value: 2 }])
    device.submit([{ op: 'fill', to: resourceOf(2), value: 3 }])
    touch(first, 4)
    device.submit([{ op: 'copy', from: resourceOf(0), to: target }]).wait()
    expect(sameBytes(device.peek(target), first)).toBe(true)
    expect(first[4 * pageSize + 4]).toBe(2)
  })

  test('a submission finds room that lies in pieces', () => {
    deviceFor(2)
    const [bytes = new Uint8Array()] = create(1)
    const part = (first: number, count: number) =>
      (bos[0] as BufferObject).resource({ offset: first * pageSize, size: count * pageSize })
    const target = device.createBuffer({ size })
    bytes.fill(1)
    for (const resource of [part(0, 3), part(3, 2), part(5, 3)]) {
      device.submit([{ op: 'fill', to: resource, value: 2 }])
    }
    // The middle one stays where it is, in the way, unless everything moves.
    device
      .submit([
        { op: 'copy', from: part(3, 2), to: { resource: target, size: 2 * pageSize } },
        { op: 'copy', from: part(0, 6), to: { resource: target, size: 6 * pageSize } },
      ])
      .wait()
    expect(
      sameBytes(device.peek(target, { size: 6 * pageSize }), bytes.subarray(0, 6 * pageSize)),
    ).toBe(true)
    expect(bytes.every((byte) => byte === 2)).toBe(true)
  })

  test('a submission does not evict what it uses itself', () => {
    deviceFor(2)
    const [first = new Uint8Array(), second = new Uint8Array()] = create(3)
    first.fill(1)
    device.submit([{ op: 'fill', to: resourceOf(2), value: 3 }])
    device.submit([{ op: 'copy', from: resourceOf(0), to: resourceOf(1) }]).wait()
    expect(second.every((byte) => byte === 1)).toBe(true)
    const all = [0, 1, 2].map((index) => ({ op: 'fill' as const, to: resourceOf(index), value: 7 }))
    expect(codeOf(() => device.submit(all))).toBe('ERR_MKWRITE_OUT_OF_DEVICE_MEMORY')
    expect(first[0]).toBe(1)
  })

  test('what can never fit evicts nothing', () => {
    deviceFor(2)
    create(3)
    const fill = (index: number) => ({ op: 'fill' as const, to: resourceOf(index), value: 7 })
    device.submit([fill(0), fill(1)]).wait()
    expect(device.stats.memoryUsed).toBe(2 * size)
    const message = `and there are ${2 * size} in all`
    for (const tooMuch of [
      () => device.submit([fill(0), fill(1), fill(2)]),
      () => device.createBuffer({ size: 2 * size + 1 }),
    ]) {
      expect(errorOf(tooMuch)).toMatchObject({
        code: 'ERR_MKWRITE_OUT_OF_DEVICE_MEMORY',
        message: expect.stringContaining(message),
      })
    }
    expect(device.stats.memoryUsed).toBe(2 * size)
    expect(bos.map((bo) => bo.stats.bytesReadBack)).toEqual([0, 0, 0])
  })

  test('a destroyed buffer object gives its device memory back', () => {
    deviceFor(2)
    for (let i = 0; i < 5; i++) {
      const bo = device.createBufferObject({ size, policy })
      device.submit([{ op: 'fill', to: bo.resource(), value: i }]).wait()
      bo.destroy()
    }
    // Buffer objects leave when nobody holds them; those that were evicted have none already.
    expect(device.stats.memoryUsed).toBeLessThanOrEqual(2 * size)
  })
})
