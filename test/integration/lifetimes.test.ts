// Things that end while something else still uses them.

import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  read,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { BufferObject, DirtyTracker, EmulatedDevice } from '../../lib/index.ts'
import { pageSize } from '../support/mechanisms.ts'

const size = 16 * pageSize

// An emulated machine has no mkfifo.
const onHost = test.skipIf(process.env.MKWRITE_VM === '1')

onHost(
  'a read that is pending when its buffer object is destroyed writes into nobody else',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mkwrite-'))
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    const file = openSync(fifo, constants.O_RDWR)
    const bo = new BufferObject({ size })
    const done = new Promise<void>((resolve) => {
      read(file, new Uint8Array(bo.map()), 0, size, null, () => resolve())
    })
    bo.destroy()
    for (let i = 0; i < 5; i++) await turn()
    const others = Array.from({ length: 4 }, () => new BufferObject({ size }))
    const arrays = others.map((other) => new Uint8Array(other.map()))
    writeSync(file, Buffer.alloc(8, 0xab))
    await done
    expect(arrays.map((array) => array[0])).toEqual([0, 0, 0, 0])
    closeSync(file)
    rmSync(folder, { recursive: true })
  },
)

test('a flush that is under way when its resource is destroyed reaches nobody else', () => {
  const device = new EmulatedDevice({ memory: 64 * pageSize })
  const bo = device.createBufferObject({ size, policy: 'none' })
  new Uint8Array(bo.map()).fill(0x77)
  const dummy = device.createBuffer({ size: pageSize })
  const resource = bo.resource()
  device.submit([{ op: 'fill', to: resource, value: 1 }]).wait()
  device.pause()
  device.submit([{ op: 'fill', to: dummy, value: 1 }])
  bo.flush()
  resource.destroy()
  const next = device.createBuffer({ size })
  device.resume()
  device.submit([{ op: 'fill', to: dummy, value: 2 }]).wait()
  expect(new Uint8Array(device.peek(next))[0]).toBe(0)
  device.destroy()
})

test('a flush of more than the device can hold sends what is there', () => {
  const device = new EmulatedDevice({ memory: size })
  const bo = device.createBufferObject({ size: 4 * size, policy: 'write-fault' })
  const bytes = new Uint8Array(bo.map())
  bytes.fill(1)
  const first = bo.resource({ offset: 0, size: 10 * pageSize })
  const second = bo.resource({ offset: 2 * size, size: 10 * pageSize })
  bo.flush()
  for (const resource of [first, second]) {
    device.submit([{ op: 'fill', to: { resource, offset: pageSize, size: 1 }, value: 2 }]).wait()
    expect([...new Uint8Array(device.peek(resource, { offset: pageSize, size: 2 }))]).toEqual([
      2, 1,
    ])
  }
  device.destroy()
})

test('a submission that fails for want of device memory does not stand in the way of a smaller one', () => {
  const device = new EmulatedDevice({ memory: size })
  const bo = device.createBufferObject({ size: 4 * size, policy: 'write-fault' })
  const first = bo.resource({ offset: 0, size: 10 * pageSize })
  const second = bo.resource({ offset: 2 * size, size: 10 * pageSize })
  const tooMuch = () => device.submit([{ op: 'copy', from: first, to: second }])
  expect(tooMuch).toThrow(expect.objectContaining({ code: 'ERR_MKWRITE_OUT_OF_DEVICE_MEMORY' }))
  device.submit([{ op: 'fill', to: second, value: 2 }]).wait()
  expect(tooMuch).toThrow(expect.objectContaining({ code: 'ERR_MKWRITE_OUT_OF_DEVICE_MEMORY' }))
  device.submit([{ op: 'fill', to: first, value: 3 }]).wait()
  const bytes = new Uint8Array(bo.map())
  expect([bytes[0], bytes[2 * size]]).toEqual([3, 2])
  device.destroy()
})

test('what a signaled fence promised survives the loss of the pages beside it', () => {
  const device = new EmulatedDevice({ memory: 4 * size })
  const bo = device.createBufferObject({ size, policy: 'write-fault' })
  const bytes = new Uint8Array(bo.map())
  bytes.fill(1)
  const resource = bo.resource()
  device.submit([{ op: 'fill', to: { resource, offset: 0, size: 15 * pageSize }, value: 9 }]).wait()
  device.pause()
  const to = { resource, offset: 15 * pageSize, size: pageSize }
  device.submit([{ op: 'fill', to, value: 8 }])
  device.lose()
  expect([bytes[0], bytes[14 * pageSize], bytes[15 * pageSize]]).toEqual([9, 9, 1])
})

test('the buffer objects of a destroyed device are plain memory', () => {
  const device = new EmulatedDevice({ memory: 4 * size })
  const bo = device.createBufferObject({ size, policy: 'write-fault' })
  const bytes = new Uint8Array(bo.map())
  device.submit([{ op: 'fill', to: bo.resource(), value: 3 }])
  const resource = bo.resource()
  device.destroy()
  expect(bytes[0]).toBe(3)
  const zeros = openSync('/dev/zero', 'r')
  expect(readSync(zeros, bytes, 0, size, null)).toBe(size)
  closeSync(zeros)
  const tracker = DirtyTracker.track(bo)
  tracker.collect()
  bytes[5 * pageSize] = 1
  expect([...tracker.collect()]).toEqual([5, 1])
  resource.destroy()
  bo.destroy()
})

test('destroyed buffer objects give their device memory back at once', () => {
  const device = new EmulatedDevice({ memory: 4 * size })
  for (let round = 0; round < 40; round++) {
    const bo = device.createBufferObject({ size, policy: 'none' })
    new Uint8Array(bo.map())[0] = round
    bo.flush()
    device.submit([{ op: 'fill', to: bo.resource(), value: 1 }]).wait()
    bo.destroy()
  }
  expect(device.stats.memoryUsed).toBe(0)
  device.destroy()
})

test('peek looks only at resources of its device', () => {
  const device = new EmulatedDevice({ memory: size })
  const other = new EmulatedDevice({ memory: size })
  const foreign = other.createBuffer({ size: 16 })
  for (const wrong of [foreign, {}, null, { size: 10 }]) {
    expect(() => device.peek(wrong as never)).toThrow(
      expect.objectContaining({ code: 'ERR_MKWRITE_INVALID_ARGUMENT' }),
    )
  }
  device.destroy()
  other.destroy()
})
