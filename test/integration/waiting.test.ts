// A thread that touches a page of the device's waits in its fault, and nobody else does: faults,
// collects and submissions go on meanwhile. The wait always has an end.

import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type BufferObject, EmulatedDevice, type Policy, type Resource } from '../../lib/index.ts'
import { codeOf } from '../support/errors.ts'
import { coherentMechanisms, coherentPolicies, pageSize } from '../support/mechanisms.ts'
import { sameBytes } from '../support/pages.ts'
import { park, ViewWorker } from '../support/view-worker.ts'

const pages = 64
const size = pages * pageSize

let device: EmulatedDevice
let bo: BufferObject
let bytes: Uint8Array
let target: Resource

function begin(policy: Policy, lockupTimeout = 60_000): void {
  device = new EmulatedDevice({ memory: 2 ** 24, lockupTimeout })
  bo = device.createBufferObject({ size, policy })
  bytes = new Uint8Array(bo.map())
  target = device.createBuffer({ size })
}

function end(): void {
  device.destroy()
  bo.destroy()
}

const fill = (first: number, count: number, value: number) =>
  device.submit([
    {
      op: 'fill',
      to: { resource: bo.resource(), offset: first * pageSize, size: count * pageSize },
      value,
    },
  ])
const copy = (first: number, count: number) => {
  const part = { offset: first * pageSize, size: count * pageSize }
  return device.submit([
    { op: 'copy', from: { resource: bo.resource(), ...part }, to: { resource: target, ...part } },
  ])
}
const seen = (): Uint8Array => new Uint8Array(device.peek(target))

describe.each(coherentPolicies)('while a worker waits in a fault, under policy %s', (policy) => {
  let reader: ViewWorker

  beforeEach(async () => {
    begin(policy)
    bytes.fill(1)
    copy(0, pages).wait()
    device.pause()
    fill(0, 4, 7)
    reader = await park(bo, 'read', { offset: 2 * pageSize })
  })
  afterEach(async () => {
    end()
    await reader.ended
  })

  test('other pages of the same buffer object can be read and written', () => {
    for (let page = 4; page < pages; page++) {
      expect(bytes[page * pageSize]).toBe(1)
      bytes[page * pageSize] = page
    }
    expect(reader.done).toBe(false)
  })

  test('other threads touch other pages', async () => {
    const others = [
      new ViewWorker(bo, 'read', { offset: 20 * pageSize }),
      new ViewWorker(bo, 'write', { offset: 21 * pageSize, value: 5 }),
    ]
    expect(await Promise.all(others.map((other) => other.result))).toEqual([1, 5])
    expect(bytes[21 * pageSize]).toBe(5)
    expect(reader.done).toBe(false)
  })

  test('other buffer objects can be written and submitted', () => {
    const other = device.createBufferObject({ size, policy })
    new Uint8Array(other.map()).fill(3)
    device.submit([{ op: 'copy', from: other.resource(), to: target }])
    expect(reader.done).toBe(false)
    other.destroy()
  })

  test('submissions collect, also those that write more pages', async () => {
    const { collects = 0 } = bo.stats
    bytes.fill(2, 10 * pageSize)
    copy(8, 40)
    fill(40, 2, 9)
    expect(bo.stats.collects).toBe(collects + 2)
    expect(reader.done).toBe(false)
    device.resume()
    expect(await reader.result).toBe(7)
    expect(bytes[40 * pageSize]).toBe(9)
    expect(bytes[42 * pageSize]).toBe(2)
    const copied = seen()
    expect(copied[8 * pageSize]).toBe(1)
    expect(copied[10 * pageSize]).toBe(2)
  })

  test('views are opened and closed', () => {
    const view = bo.createView()
    expect(new Uint8Array(view.map())[30 * pageSize]).toBe(1)
    view.destroy()
    expect(reader.done).toBe(false)
  })

  test('CPU access to other pages begins and ends', () => {
    const access = bo.cpuAccess({ offset: 30 * pageSize, size: pageSize })
    bytes[30 * pageSize] = 6
    access.end()
    expect(reader.done).toBe(false)
  })

  test('garbage is collected', () => {
    for (let round = 0; round < 5; round++) globalThis.gc?.()
    expect(reader.done).toBe(false)
  })

  test('another waits with it, and both go on with what the device wrote', async () => {
    const writer = await park(bo, 'write', { offset: 2 * pageSize + 8, value: 5 })
    expect(reader.done).toBe(false)
    device.resume()
    expect(await reader.result).toBe(7)
    expect(await writer.result).toBe(5)
    // Both sides' bytes of the page survive.
    expect([...bytes.subarray(2 * pageSize + 6, 2 * pageSize + 10)]).toEqual([7, 7, 5, 7])
    copy(0, pages).wait()
    expect(sameBytes(seen(), bytes)).toBe(true)
  })
})

describe.each(coherentMechanisms)('what ends the wait of a worker, under policy %s', (policy) => {
  let reader: ViewWorker

  const parkReader = async (lockupTimeout?: number): Promise<void> => {
    begin(policy, lockupTimeout)
    bytes.fill(1)
    copy(0, pages).wait()
    device.pause()
    fill(0, 4, 7)
    reader = await park(bo, 'read', { offset: 2 * pageSize })
  }
  afterEach(async () => {
    end()
    await reader.ended
  })

  test('the submission that writes the page, not a later one that does not', async () => {
    await parkReader()
    copy(8, 4)
    device.resume()
    expect(await reader.result).toBe(7)
  })

  test('losing the device: the CPU keeps what it had', async () => {
    await parkReader()
    device.lose()
    expect(await reader.result).toBe(1)
    expect(bytes[2 * pageSize]).toBe(1)
  })

  test('destroying the device, which runs what is queued first', async () => {
    await parkReader()
    device.destroy()
    expect(await reader.result).toBe(7)
    expect(bytes[2 * pageSize]).toBe(7)
  })

  test('resuming, after the buffer object was destroyed by the thread that made it', async () => {
    await parkReader()
    bo.destroy()
    expect(bytes.length).toBe(0)
    expect(reader.done).toBe(false)
    device.resume()
    expect(await reader.result).toBe(7)
  })

  test('destroying the buffer object and then the device', async () => {
    await parkReader()
    bo.destroy()
    device.destroy()
    expect(await reader.result).toBe(7)
  })

  test('the lockup timeout, which declares the device lost to everybody', async () => {
    begin(policy, 100)
    bytes.fill(1)
    device.pause()
    const fence = fill(0, 4, 7)
    const rejection = expect(fence.signaled).rejects.toMatchObject({
      code: 'ERR_MKWRITE_DEVICE_LOST',
    })
    reader = new ViewWorker(bo, 'read', { offset: 2 * pageSize })
    expect(await reader.result).toBe(1)
    await rejection
    expect(device.stats.lost).toBe(true)
    expect(codeOf(() => copy(0, 1))).toBe('ERR_MKWRITE_DEVICE_LOST')
  })

  test('terminating it takes effect when the device goes on', async () => {
    await parkReader()
    const terminated = reader.worker.terminate()
    bytes[30 * pageSize] = 3
    copy(30, 1)
    device.resume()
    await terminated
    expect(reader.done).toBe(false)
    expect(bytes[2 * pageSize]).toBe(7)
    copy(0, pages).wait()
    expect(sameBytes(seen(), bytes)).toBe(true)
  })

  test('terminating it takes effect when the device is lost', async () => {
    await parkReader()
    const terminated = reader.worker.terminate()
    device.lose()
    await terminated
    expect(bytes[2 * pageSize]).toBe(1)
  })
})

describe.each(coherentPolicies)('arguments in device-owned memory, under policy %s', (policy) => {
  beforeEach(() => begin(policy))
  afterEach(end)

  /** Lets the device write all of the buffer object. */
  const own = (value: number) => fill(0, pages, value)

  test('a matrix is read before anything is locked', () => {
    const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    const matrix = new Float32Array(bytes.buffer, 0, 16)
    const vector = new Float32Array(bytes.buffer, pageSize, 4)
    const spare = new Float32Array(bytes.buffer, 2 * pageSize, 16)
    spare.set(identity)
    vector.set([1, 2, 3, 4])
    const part = (page: number, size: number) => ({
      resource: bo.resource(),
      offset: page * pageSize,
      size,
    })
    // The device writes the matrix, into the buffer object that the next command works on.
    device.submit([{ op: 'copy', from: part(2, 64), to: part(0, 64) }])
    device.submit([{ op: 'transform', matrix, from: part(1, 16), to: part(1, 16) }])
    expect([...vector]).toEqual([1, 2, 3, 4])
    expect([...matrix]).toEqual(identity)
  })

  test.each<[string, (memory: Uint8Array) => unknown, unknown]>([
    ['createHash', (it) => createHash('md5').update(it).digest('hex'), md5Of(7)],
    ['crc32', (it) => crc32(it), crc32(new Uint8Array(size).fill(7))],
    ['Buffer.compare', (it) => Buffer.compare(it, new Uint8Array(size).fill(7)), 0],
    ['TextDecoder', (it) => new TextDecoder('latin1').decode(it).charCodeAt(size - 1), 7],
    ['structuredClone', (it) => structuredClone(it)[size - 1], 7],
    ['slice', (it) => it.slice(pageSize)[0], 7],
    ['a sum in a loop', (it) => it.reduce((sum, byte) => sum + byte, 0), 7 * size],
    ['Atomics.load', (it) => Atomics.load(new Int32Array(it.buffer), 0), 0x07070707],
  ])('%s reads what the device wrote', (_, read, expected) => {
    own(7)
    expect(read(bytes)).toEqual(expected)
  })

  test('a system call refuses them, and takes them under CPU access', () => {
    const path = join(tmpdir(), `mkwrite-waiting-${process.pid}-${policy}`)
    const file = openSync(path, 'w')
    own(7).wait()
    const write = () => writeSync(file, bytes, 0, pageSize, 0)
    expect(write).toThrow(expect.objectContaining({ code: 'EFAULT' }))
    const access = bo.cpuAccess({ write: false, offset: 0, size: pageSize })
    expect(write()).toBe(pageSize)
    access.end()
    expect(readFileSync(path).every((byte) => byte === 7)).toBe(true)
    closeSync(file)
    rmSync(path)
  })
})

function md5Of(value: number): string {
  return createHash('md5').update(new Uint8Array(size).fill(value)).digest('hex')
}
