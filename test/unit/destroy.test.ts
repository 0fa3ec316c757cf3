// What is left of things that were destroyed: typed errors, and no crash.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BufferObject, DirtyTracker, EmulatedDevice } from '../../lib/index.ts'
import { codeOf, errorOf } from '../support/errors.ts'
import { available, coherentPolicies, pageSize } from '../support/mechanisms.ts'
import { pagesIn, touch } from '../support/pages.ts'

const size = 4 * pageSize

describe('a destroyed buffer object', () => {
  let bo: BufferObject
  let bytes: Uint8Array

  beforeEach(() => {
    bo = new BufferObject({ size })
    bytes = new Uint8Array(bo.map())
    bytes.fill(1)
  })

  test('throws at every use', () => {
    bo.destroy()
    for (const use of [
      () => bo.map(),
      () => bo.createView(),
      () => bo.resource(),
      () => bo.flush(),
      () => bo.invalidate(),
      () => bo.markDirty(),
      () => bo.cpuAccess(),
      () => bo.advise('random'),
      () => bo.handle,
      () => bo.stats,
      () => DirtyTracker.track(bo),
    ]) {
      expect(errorOf(use)).toMatchObject({
        code: 'ERR_MKWRITE_DESTROYED',
        message: 'The buffer object was destroyed. Create a new one.',
      })
    }
  })

  test('still knows its size, and that it was destroyed', () => {
    expect(bo.destroyed).toBe(false)
    bo.destroy()
    expect(bo.destroyed).toBe(true)
    expect(bo.size).toBe(size)
  })

  test('can be destroyed again', () => {
    bo.destroy()
    bo.destroy()
    bo[Symbol.dispose]()
  })

  test('leaves arrays whose elements are undefined and whose methods throw', () => {
    const words = new Uint32Array(bo.map())
    const data = new DataView(bo.map())
    bo.destroy()
    expect(bytes[0]).toBeUndefined()
    expect(words.length).toBe(0)
    bytes[0] = 1 // dropped
    expect(bytes[0]).toBeUndefined()
    expect(() => bytes.fill(1)).toThrow(TypeError)
    expect(() => data.getUint8(0)).toThrow(TypeError)
  })

  test('detaches windows and the buffers of every view', () => {
    const window = bo.map({ offset: pageSize })
    const other = bo.createView().map()
    bo.destroy()
    expect([window.byteLength, other.byteLength]).toEqual([0, 0])
  })

  test('stops in the middle of an iteration over it', () => {
    let steps = 0
    expect(() => {
      for (const _ of bytes) {
        if (++steps === 2) bo.destroy()
      }
    }).toThrow(TypeError)
    expect(steps).toBe(2)
  })

  test('may be destroyed by its own sort callback', () => {
    bytes.sort((a, b) => {
      bo.destroy()
      return b - a
    })
    expect(bytes.length).toBe(0)
  })
})

test('a destroyed view leaves the others alone', () => {
  const bo = new BufferObject({ size })
  const view = bo.createView()
  const gone = view.map()
  const kept = new Uint8Array(bo.map())
  view.destroy()
  view.destroy()
  expect(gone.byteLength).toBe(0)
  expect(codeOf(() => view.map())).toBe('ERR_MKWRITE_DESTROYED')
  kept[0] = 1
  expect(kept[0]).toBe(1)
  bo.destroy()
})

describe.each(available)('under %s', (policy) => {
  test('what was written through a view before it was destroyed is reported', () => {
    const bo = new BufferObject({ size })
    const tracker = DirtyTracker.track(bo, { policy })
    tracker.collect()
    const view = bo.createView()
    touch(new Uint8Array(view.map()), 2)
    view.destroy()
    expect(pagesIn(tracker.collect())).toContain(2)
    tracker.dispose()
    bo.destroy()
  })

  test('a tracker throws once it is disposed of', () => {
    const bo = new BufferObject({ size })
    const tracker = DirtyTracker.track(bo, { policy })
    tracker.dispose()
    tracker.dispose()
    for (const use of [() => tracker.collect(), () => tracker.markDirty(), () => tracker.stats]) {
      expect(errorOf(use)).toMatchObject({
        code: 'ERR_MKWRITE_DESTROYED',
        message: 'The tracker was disposed of. Begin again with DirtyTracker.track().',
      })
    }
    touch(new Uint8Array(bo.map()), 0) // open as any memory
    bo.destroy()
  })

  test('a tracker throws once its buffer object is destroyed', () => {
    const bo = new BufferObject({ size })
    const tracker = DirtyTracker.track(bo, { policy })
    touch(new Uint8Array(bo.map()), 1)
    bo.destroy()
    expect(codeOf(() => tracker.collect())).toBe('ERR_MKWRITE_DESTROYED')
    expect(codeOf(() => tracker.markDirty())).toBe('ERR_MKWRITE_DESTROYED')
    tracker.dispose()
  })
})

interface Transferable extends ArrayBuffer {
  transfer(length?: number): ArrayBuffer
}
const canTransfer = 'transfer' in ArrayBuffer.prototype // from Node.js 22 on

describe('an ArrayBuffer that moves', () => {
  let bo: BufferObject

  beforeEach(() => {
    bo = new BufferObject({ size })
    new Uint8Array(bo.map()).fill(1)
  })

  afterEach(() => bo.destroy())

  test.runIf(canTransfer).each(available)(
    'is tracked, under %s, and outlives destroy()',
    (policy) => {
      const tracker = DirtyTracker.track(bo, { policy })
      const moved = new Uint8Array((bo.map() as Transferable).transfer())
      tracker.collect()
      touch(moved, 1)
      expect(pagesIn(tracker.collect())).toEqual(policy === 'full' ? [0, 1, 2, 3] : [1])
      bo.destroy()
      moved[2 * pageSize] = 5
      expect([moved[0], moved[2 * pageSize]]).toEqual([1, 5])
    },
  )

  test.runIf(canTransfer)('is a copy if its length changes', () => {
    const longer = new Uint8Array((bo.map() as Transferable).transfer(2 * size))
    expect([longer[0], longer[size]]).toEqual([1, 0])
    longer[0] = 2
    expect(new Uint8Array(bo.map())[0]).toBe(1)
  })

  test('does not reach other threads: there is a copy or an error, and the pages stay', () => {
    const buffer = bo.map()
    try {
      new Uint8Array(structuredClone(buffer, { transfer: [buffer] })).fill(2)
    } catch (error) {
      expect(error).toMatchObject({ name: 'DataCloneError' })
    }
    expect(bo.map()).toBe(buffer)
    expect(new Uint8Array(buffer)[0]).toBe(1)
  })
})

describe('a destroyed device', () => {
  let device: EmulatedDevice
  let bo: BufferObject

  beforeEach(() => {
    device = new EmulatedDevice({ memory: 2 ** 20 })
    bo = device.createBufferObject({ size })
  })

  afterEach(() => {
    device.destroy()
    bo.destroy()
  })

  test('throws at every use', () => {
    const resource = bo.resource()
    device.destroy()
    for (const use of [
      () => device.createBufferObject({ size }),
      () => device.createBuffer({ size }),
      () => device.submit([]),
      () => device.peek(resource),
      () => device.pause(),
      () => device.resume(),
      () => device.lose(),
      () => device.refuseNextUpdate(),
      () => device.stats,
      () => bo.flush(),
      () => bo.invalidate(),
      () => bo.stats,
      () => bo.resource({ offset: 1 }),
    ]) {
      expect(errorOf(use)).toMatchObject({
        code: 'ERR_MKWRITE_DESTROYED',
        message: 'The device was destroyed. Create a new one.',
      })
    }
  })

  test('can be destroyed again', () => {
    device.destroy()
    device[Symbol.dispose]()
  })

  test('leaves fences that are signaled', async () => {
    device.pause()
    const fence = device.submit([{ op: 'fill', to: bo.resource(), value: 1 }])
    const signaled = fence.signaled
    device.destroy()
    await signaled
    await fence.signaled
    expect(fence.wait()).toBe(true)
    expect(fence.state).toBe('signaled')
  })

  test('leaves resources that can be destroyed', () => {
    const resource = bo.resource()
    const memory = device.createBuffer({ size })
    device.destroy()
    resource.destroy()
    memory.destroy()
  })

  test.each(coherentPolicies)('leaves what it wrote, under %s', (policy) => {
    const owned = device.createBufferObject({ size, policy })
    const bytes = new Uint8Array(owned.map())
    bytes.fill(1)
    device.submit([
      { op: 'fill', to: { resource: owned.resource(), offset: 10, size: 2 * pageSize }, value: 2 },
    ])
    device.destroy()
    expect([bytes[9], bytes[10], bytes[2 * pageSize + 9], bytes[2 * pageSize + 10]]).toEqual([
      1, 2, 2, 1,
    ])
    bytes[0] = 3
    expect(new Uint8Array(owned.createView().map())[0]).toBe(3)
    owned.destroy()
  })
})

describe('a destroyed resource', () => {
  let device: EmulatedDevice
  let bo: BufferObject

  beforeEach(() => {
    device = new EmulatedDevice({ memory: 2 ** 20 })
    bo = device.createBufferObject({ size })
  })

  afterEach(() => {
    device.destroy()
    bo.destroy()
  })

  test('cannot be used any more; another one for the same range can', () => {
    const resource = bo.resource()
    resource.destroy()
    resource.destroy()
    expect(errorOf(() => device.submit([{ op: 'fill', to: resource, value: 1 }]))).toMatchObject({
      code: 'ERR_MKWRITE_DESTROYED',
      message: 'The resource was destroyed. Create a new one.',
    })
    const next = bo.resource()
    expect(next).not.toBe(resource)
    device.submit([{ op: 'fill', to: next, value: 1 }]).wait()
    expect(new Uint8Array(bo.map())[0]).toBe(1)
  })

  test('leaves what the device wrote', () => {
    const resource = bo.resource()
    device.submit([{ op: 'fill', to: resource, value: 4 }])
    resource.destroy()
    expect(new Uint8Array(bo.map())[size - 1]).toBe(4)
  })

  test('gives its device memory back', () => {
    const before = device.stats.memoryUsed
    const memory = device.createBuffer({ size })
    expect(device.stats.memoryUsed).toBe(before + size)
    memory.destroy()
    expect(device.stats.memoryUsed).toBe(before)

    device.submit([{ op: 'fill', to: bo.resource(), value: 4 }]).wait()
    expect(device.stats.memoryUsed).toBe(before + size)
    bo.resource().destroy()
    expect(device.stats.memoryUsed).toBe(before)
  })

  test('still serves the submissions in flight', () => {
    const source = bo.resource()
    const target = device.createBuffer({ size })
    new Uint8Array(bo.map()).fill(6)
    device.pause()
    const fence = device.submit([{ op: 'copy', from: source, to: target }])
    source.destroy()
    device.resume()
    fence.wait()
    expect(new Uint8Array(device.peek(target))[0]).toBe(6)
  })
})

test('destroying a buffer object lets submissions in flight run', () => {
  const device = new EmulatedDevice({ memory: 2 ** 20 })
  const bo = device.createBufferObject({ size })
  const target = device.createBuffer({ size })
  new Uint8Array(bo.map()).fill(6)
  device.pause()
  const fence = device.submit([{ op: 'copy', from: bo.resource(), to: target }])
  bo.destroy()
  device.resume()
  fence.wait()
  expect(new Uint8Array(device.peek(target))[size - 1]).toBe(6)
  device.destroy()
})
