// When submissions run and how one learns that they are done.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type BufferObject,
  EmulatedDevice,
  type Fence,
  type Policy,
  type Resource,
} from '../../lib/index.ts'
import { codeOf } from '../support/errors.ts'
import { coherentPolicies, pageSize } from '../support/mechanisms.ts'
import { sameBytes, touch } from '../support/pages.ts'

const pages = 16
const size = pages * pageSize

let device: EmulatedDevice
let target: Resource

beforeEach(() => {
  device = new EmulatedDevice({ memory: 4 * 2 ** 20 })
  target = device.createBuffer({ size })
})

afterEach(() => {
  device.destroy()
})

const fill = (value: number): Fence => device.submit([{ op: 'fill', to: target, value }])
const firstByte = () => new Uint8Array(device.peek(target, { size: 1 }))[0]

test('seqnos count submissions', () => {
  expect([fill(1).seqno, fill(2).seqno, device.submit([]).seqno]).toEqual([1, 2, 3])
  device.submit([]).wait()
  expect(device.stats).toMatchObject({ lastSubmitted: 4, lastSignaled: 4, submissions: 4 })
})

test('commands of one submission run in order', () => {
  const half = { resource: target, offset: 0, size: size / 2 }
  const other = { resource: target, offset: size / 2, size: size / 2 }
  device
    .submit([
      { op: 'fill', to: target, value: 1 },
      { op: 'fill', to: half, value: 2 },
      { op: 'copy', from: half, to: other },
      { op: 'fill', to: half, value: 3 },
    ])
    .wait()
  const bytes = new Uint8Array(device.peek(target))
  expect([bytes[0], bytes[size / 2 - 1], bytes[size / 2], bytes[size - 1]]).toEqual([3, 3, 2, 2])
})

test('a copy within one resource may overlap itself', () => {
  const resource = device.createBuffer({ size: 8 })
  const part = (offset: number, length: number) => ({ resource, offset, size: length })
  device
    .submit([
      ...Array.from({ length: 8 }, (_, i) => ({ op: 'fill' as const, to: part(i, 1), value: i })),
      { op: 'copy', from: part(0, 6), to: part(2, 6) },
    ])
    .wait()
  expect([...new Uint8Array(device.peek(resource))]).toEqual([0, 1, 0, 1, 2, 3, 4, 5])
})

test('submissions run in order', () => {
  device.pause()
  const fences = [fill(1), fill(2), fill(3)]
  expect(fences.map((fence) => fence.state)).toEqual(['pending', 'pending', 'pending'])
  expect(firstByte()).toBe(0)
  device.resume()
  fences[2]?.wait()
  expect(fences.map((fence) => fence.state)).toEqual(['signaled', 'signaled', 'signaled'])
  expect(firstByte()).toBe(3)
})

test('an empty submission is a fence behind what came before', () => {
  device.pause()
  fill(1)
  const fence = device.submit([])
  expect(fence.wait(0)).toBe(false)
  device.resume()
  expect(fence.wait()).toBe(true)
  expect(firstByte()).toBe(1)
})

describe('wait()', () => {
  test('gives up when its time has run out, and can be called again', () => {
    device.pause()
    const fence = fill(1)
    expect(fence.wait(0)).toBe(false)
    expect(fence.wait(1.5)).toBe(false)
    expect(fence.state).toBe('pending')
    device.resume()
    expect(fence.wait()).toBe(true)
    expect(fence.wait(0)).toBe(true)
  })

  test('takes any time limit', () => {
    const fence = fill(1)
    expect(fence.wait(1e9)).toBe(true)
    expect(fence.wait(Number.MAX_SAFE_INTEGER)).toBe(true)
  })

  test.each([[-1], [Number.NaN], [Infinity], ['1'], [null]])('refuses %o', (timeout) => {
    expect(codeOf(() => fill(1).wait(timeout as number))).toMatch(/OUT_OF_RANGE|INVALID_ARGUMENT/)
  })
})

describe('signaled', () => {
  test('resolves for a submission that is done already', async () => {
    const fence = fill(1)
    fence.wait()
    await fence.signaled
  })

  test('is one promise', () => {
    const fence = fill(1)
    expect(fence.signaled).toBe(fence.signaled)
  })

  test('of a later submission does not resolve before its commands ran', async () => {
    device.pause()
    const [first, second] = [fill(1), fill(2)]
    const both = Promise.all([second.signaled.then(firstByte), first.signaled])
    device.resume()
    expect((await both)[0]).toBe(2)
  })

  test('resolves for many at a time', async () => {
    device.pause()
    const fences = Array.from({ length: 500 }, (_, i) => fill(i % 256))
    const all = Promise.all(fences.map((fence) => fence.signaled))
    device.resume()
    await all
    expect(firstByte()).toBe(499 % 256)
  })

  test('is pending while the device is paused', async () => {
    device.pause()
    const fence = fill(1)
    const first = await Promise.race([
      fence.signaled.then(() => 'signaled'),
      new Promise((resolve) => setImmediate(resolve, 'pending')),
    ])
    expect(first).toBe('pending')
    device.resume()
    await fence.signaled
  })
})

test('pausing and resuming twice is as good as once', () => {
  device.pause()
  device.pause()
  const fence = fill(1)
  device.resume()
  expect(fence.wait()).toBe(true)
  device.resume()
  expect(fill(2).wait()).toBe(true)
})

test('updates that take time arrive before their commands', async () => {
  const slow = new EmulatedDevice({ memory: 2 ** 20, dmaLatency: 5, dmaBandwidth: 100e6 })
  const bo = slow.createBufferObject({ size })
  const slowTarget = slow.createBuffer({ size })
  new Uint8Array(bo.map()).fill(3)
  await slow.submit([{ op: 'copy', from: bo.resource(), to: slowTarget }]).signaled
  expect(new Uint8Array(slow.peek(slowTarget))[size - 1]).toBe(3)
  slow.destroy()
  bo.destroy()
})

test('a thread that submits is kept as long as its updates take at the given bandwidth', () => {
  const slow = new EmulatedDevice({ memory: 2 ** 20, bandwidth: 20e6 })
  const bo = slow.createBufferObject({ size })
  const slowTarget = slow.createBuffer({ size })
  new Uint8Array(bo.map()).fill(3)
  const before = performance.now()
  const fence = slow.submit([{ op: 'copy', from: bo.resource(), to: slowTarget }])
  // No machine is too slow for that.
  expect(performance.now() - before).toBeGreaterThanOrEqual((size / 20e6) * 1000)
  expect(fence.wait()).toBe(true)
  expect(new Uint8Array(slow.peek(slowTarget))[size - 1]).toBe(3)
  slow.destroy()
  bo.destroy()
})

describe.each(coherentPolicies)('several submissions in flight, under %s', (policy: Policy) => {
  let bo: BufferObject
  let bytes: Uint8Array

  beforeEach(() => {
    bo = device.createBufferObject({ size, policy })
    bytes = new Uint8Array(bo.map())
  })

  afterEach(() => {
    device.resume()
    bo.destroy()
  })

  test('each sees the writes before it and none of those after it', () => {
    const targets = Array.from({ length: 4 }, () => device.createBuffer({ size }))
    const expected: Uint8Array[] = []
    device.pause()
    for (const to of targets) {
      touch(bytes, 1, 5, 5 + expected.length)
      expected.push(bytes.slice())
      device.submit([{ op: 'copy', from: bo.resource(), to }])
    }
    touch(bytes, 1, 2, 3)
    device.resume()
    device.submit([]).wait()
    targets.forEach((to, i) => {
      expect(sameBytes(device.peek(to), expected[i] ?? new Uint8Array())).toBe(true)
    })
    expect(device.stats.bytesStaged).toBeGreaterThan(0)
  })

  test('a read waits for the last one that writes its page, not for others', () => {
    const page = (number: number) => ({
      resource: bo.resource(),
      offset: number * pageSize,
      size: pageSize,
    })
    device.submit([{ op: 'fill', to: page(1), value: 1 }]).wait()
    device.pause()
    const fence = device.submit([{ op: 'fill', to: page(9), value: 2 }])
    expect(bytes[pageSize]).toBe(1) // would wait for ever
    expect(bytes[0]).toBe(0)
    expect(fence.state).toBe('pending')
    device.resume()
    expect(bytes[9 * pageSize]).toBe(2)
    expect(fence.state).toBe('signaled')
  })

  test('commands chained through a buffer object see each other', () => {
    device.pause()
    touch(bytes, 0)
    device.submit([{ op: 'fill', to: { resource: bo.resource(), size: 100 }, value: 5 }])
    device.submit([{ op: 'copy', from: bo.resource(), to: target }])
    device.submit([{ op: 'fill', to: bo.resource(), value: 6 }])
    device.resume()
    expect(bytes[size - 1]).toBe(6)
    const copied = new Uint8Array(device.peek(target))
    expect([copied[0], copied[99], copied[100]]).toEqual([5, 5, 0])
  })
})
