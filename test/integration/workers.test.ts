// One buffer object, views in several threads: what any of them writes is tracked, what the device
// writes all of them see, and a thread that ends takes nothing with it.

import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  BufferObject,
  DirtyTracker,
  EmulatedDevice,
  MkwriteError,
  type Policy,
  type Resource,
} from '../../lib/index.ts'
import { codeOf, errorOf } from '../support/errors.ts'
import { coherentMechanisms, coherentPolicies, pageSize } from '../support/mechanisms.ts'
import { pagesIn, sameBytes } from '../support/pages.ts'
import { until, ViewWorker } from '../support/view-worker.ts'

const pages = 32
const size = pages * pageSize

describe.each(coherentPolicies)('under policy %s', (policy: Policy) => {
  let device: EmulatedDevice
  let bo: BufferObject
  let bytes: Uint8Array
  let target: Resource

  beforeEach(() => {
    device = new EmulatedDevice({ memory: 2 ** 22 })
    bo = device.createBufferObject({ size, policy })
    bytes = new Uint8Array(bo.map())
    target = device.createBuffer({ size })
  })
  afterEach(() => {
    device.destroy()
    bo.destroy()
  })

  const copy = () => device.submit([{ op: 'copy', from: bo.resource(), to: target }])
  const seen = (): Uint8Array => new Uint8Array(device.peek(target))

  test('writes through any view reach the device', async () => {
    copy().wait()
    const workers = [3, 4, 5].map(
      (value) => new ViewWorker(bo, 'write', { offset: value * pageSize, value }),
    )
    bytes[6 * pageSize] = 6
    await Promise.all(workers.map((worker) => worker.result))
    copy().wait()
    for (const value of [3, 4, 5, 6]) {
      expect(seen()[value * pageSize]).toBe(value)
      expect(bytes[value * pageSize]).toBe(value)
    }
  })

  test('what the device writes is seen through all views, old and new', async () => {
    device.submit([{ op: 'fill', to: bo.resource(), value: 9 }])
    const workers = [
      new ViewWorker(bo, 'read', { offset: 3 * pageSize }),
      new ViewWorker(bo, 'readAnew', { offset: 3 * pageSize }),
    ]
    expect(await Promise.all(workers.map((worker) => worker.result))).toEqual([9, 9])
    expect(bytes[3 * pageSize]).toBe(9)
    expect(new Uint8Array(bo.createView().map())[3 * pageSize]).toBe(9)
  })

  test('a worker that is terminated while it writes leaves the buffer object sound', async () => {
    const worker = new ViewWorker(bo, 'count', { offset: 8, value: pageSize })
    for (let frame = 0; frame < 20; frame++) {
      const before = worker.count
      await until(() => worker.count > before, 'a worker to write')
      device.submit([
        { op: 'fill', to: { resource: bo.resource(), offset: 512, size: 8 }, value: frame },
      ])
      copy()
    }
    await worker.worker.terminate()
    copy().wait()
    expect(sameBytes(seen(), bytes)).toBe(true)
    expect(bytes[512]).toBe(19)
    // The last round may be half done, and no byte is older than the round before.
    const words = new Int32Array(bytes.buffer)
    for (let page = 0; page < pages; page++) {
      expect(words[(page * pageSize + 8) / 4]).toBeGreaterThanOrEqual(worker.count)
    }
  })

  test('a worker that exits while it writes leaves the buffer object sound', async () => {
    const worker = new ViewWorker(bo, 'countAndExit', { offset: 8, value: pageSize })
    await worker.ended
    copy().wait()
    expect(sameBytes(seen(), bytes)).toBe(true)
    const words = new Int32Array(bytes.buffer)
    expect(words[2]).toBe(100)
    expect(words[(size - pageSize + 8) / 4]).toBe(99)
  })
})

describe.each(coherentMechanisms)('a tracker under %s', (policy) => {
  test('reports the writes of every thread, also of threads that have ended', async () => {
    const bo = new BufferObject({ size })
    const tracker = DirtyTracker.track(bo, { policy })
    const write = (page: number) =>
      new ViewWorker(bo, 'write', { offset: page * pageSize, value: 1 })
    await write(3).result
    expect(pagesIn(tracker.collect())).toEqual([3])
    const workers = [4, 7, 9].map(write)
    await Promise.all(workers.map((worker) => worker.ended))
    expect(pagesIn(tracker.collect())).toEqual([4, 7, 9])
    expect(pagesIn(tracker.collect())).toEqual([])
    tracker.dispose()
    bo.destroy()
  })
})

describe('a handle', () => {
  test('opens the same memory in the same thread, too', () => {
    const bo = new BufferObject({ size })
    const other = BufferObject.open(bo.handle)
    new Uint8Array(bo.map())[5] = 5
    expect(new Uint8Array(other.map())[5]).toBe(5)
    expect(other.size).toBe(size)
    bo.destroy()
    expect(new Uint8Array(other.map())[5]).toBe(5)
    other.destroy()
  })

  test('of a buffer object that is gone is an error that says what to do', () => {
    const bo = new BufferObject({ size })
    const { handle } = bo
    bo.destroy()
    const error = errorOf(() => BufferObject.open(handle))
    expect(error.code).toBe('ERR_MKWRITE_DESTROYED')
    expect(error.message).toContain('Keep it alive')
  })

  test('of a mapped one that is gone, once its memory is', async () => {
    const bo = new BufferObject({ size })
    const { handle } = bo
    bo.map()
    bo.destroy()
    let code: string | undefined
    for (let round = 0; round < 50 && code === undefined; round++) {
      globalThis.gc?.()
      await setImmediate()
      try {
        BufferObject.open(handle).destroy()
      } catch (error) {
        if (error instanceof MkwriteError) ({ code } = error)
      }
    }
    expect(code).toBe('ERR_MKWRITE_DESTROYED')
  })

  test('of a buffer object that is gone is an error in a worker, too', async () => {
    const bo = new BufferObject({ size })
    const worker = new ViewWorker(bo, 'read')
    bo.destroy()
    await expect(worker.result).rejects.toMatchObject({
      name: 'MkwriteError',
      message: expect.stringContaining('is gone'),
    })
    await worker.ended
  })

  test.each([undefined, null, {}, { bufferObject: 1 }, 1n])(
    'that is none (%s) is an error',
    (handle) => {
      expect(codeOf(() => BufferObject.open(handle as never))).toBe('ERR_MKWRITE_INVALID_ARGUMENT')
    },
  )

  test('of a destroyed buffer object cannot be had', () => {
    const bo = new BufferObject({ size })
    bo.destroy()
    expect(codeOf(() => bo.handle)).toBe('ERR_MKWRITE_DESTROYED')
  })
})

describe('mapShared', () => {
  const bo = new BufferObject({ size })
  const map = (): SharedArrayBuffer | MkwriteError => {
    try {
      return bo.mapShared()
    } catch (error) {
      return error as MkwriteError
    }
  }

  test('gives workers one view to write, or is an error that says what to do instead', async () => {
    const shared = map()
    if (shared instanceof MkwriteError) {
      expect(shared.code).toBe('ERR_MKWRITE_UNSUPPORTED')
      expect(shared.message).toContain('BufferObject.open')
      return
    }
    const tracker = DirtyTracker.track(bo)
    const worker = new ViewWorker(bo, 'write', { offset: 3 * pageSize, value: 4, shared })
    expect(await worker.result).toBe(4)
    expect(new Uint8Array(shared)[3 * pageSize]).toBe(4)
    expect(pagesIn(tracker.collect())).toEqual([3])
    tracker.dispose()
  })

  test('is an error on Node.js 20', () => {
    if (process.version.startsWith('v20.')) expect(map()).toBeInstanceOf(MkwriteError)
  })
})
