// Resources without coherence: flush and invalidate move bytes, and nothing else does.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type BufferObject, EmulatedDevice, type Resource } from '../../lib/index.ts'
import { codeOf } from '../support/errors.ts'
import { coherentPolicies, pageSize } from '../support/mechanisms.ts'

const size = 4 * pageSize

let device: EmulatedDevice
let bo: BufferObject
let bytes: Uint8Array
let target: Resource

afterEach(() => {
  device.destroy()
  bo.destroy()
})

function begin(policy: Parameters<EmulatedDevice['createBufferObject']>[0]['policy']): void {
  device = new EmulatedDevice({ memory: 2 ** 20 })
  bo = device.createBufferObject({ size, ...(policy && { policy }) })
  bytes = new Uint8Array(bo.map())
  target = device.createBuffer({ size })
}

function seen(resource: Resource): Uint8Array {
  device.submit([{ op: 'copy', from: resource, to: target }]).wait()
  return new Uint8Array(device.peek(target))
}

describe('a buffer object without a policy', () => {
  beforeEach(() => begin('none'))

  test('flush sends exactly its bytes', () => {
    bytes.fill(1)
    expect(seen(bo.resource())[0]).toBe(0)
    bo.flush({ offset: 10, size: 5 })
    const device = seen(bo.resource())
    expect([...device.subarray(8, 17)]).toEqual([0, 0, 1, 1, 1, 1, 1, 0, 0])
    bo.flush()
    expect(seen(bo.resource()).every((byte) => byte === 1)).toBe(true)
  })

  test('invalidate fetches exactly its bytes, after waiting for the device', () => {
    device.submit([{ op: 'fill', to: bo.resource(), value: 5 }])
    bo.invalidate({ offset: pageSize - 1, size: 2 })
    expect([...bytes.subarray(pageSize - 2, pageSize + 2)]).toEqual([0, 5, 5, 0])
    bo.invalidate()
    expect(bytes.every((byte) => byte === 5)).toBe(true)
  })

  test('a flush between two submissions is seen by the second alone', () => {
    bo.resource() // flush() sends to resources that exist
    const second = device.createBuffer({ size })
    device.pause()
    bytes[0] = 1
    bo.flush()
    device.submit([{ op: 'copy', from: bo.resource(), to: target }])
    bytes[0] = 2
    bo.flush()
    device.submit([{ op: 'copy', from: bo.resource(), to: second }])
    bytes[0] = 3
    device.resume()
    device.submit([]).wait()
    expect(new Uint8Array(device.peek(target))[0]).toBe(1)
    expect(new Uint8Array(device.peek(second))[0]).toBe(2)
  })

  test('its stats count bytes, and no faults', () => {
    bo.flush({ size: 100 })
    bo.resource()
    bo.flush({ size: 100 })
    device.submit([{ op: 'fill', to: bo.resource(), value: 5 }]).wait()
    bo.invalidate({ size: 7 })
    expect(bo.stats).toMatchObject({ bytesUpdated: 100, bytesReadBack: 7 })
    expect(bo.stats.mechanism).toBeUndefined()
  })

  test.each([[{ offset: size }], [{ size: size + 1 }], [{ size: 0 }], [{ length: 1 }], [null]])(
    'refuses %o',
    (range) => {
      expect(codeOf(() => bo.flush(range as never))).toMatch(/OUT_OF_RANGE|INVALID_ARGUMENT/)
      expect(codeOf(() => bo.invalidate(range as never))).toMatch(/OUT_OF_RANGE|INVALID_ARGUMENT/)
    },
  )

  test('a refused flush can be repeated', () => {
    bo.resource()
    bytes[0] = 1
    device.refuseNextUpdate()
    expect(codeOf(() => bo.flush())).toBe('ERR_MKWRITE_SYSTEM')
    bo.flush()
    expect(seen(bo.resource())[0]).toBe(1)
  })
})

describe.each(coherentPolicies)('under policy %s', (policy) => {
  beforeEach(() => begin(policy))

  test('a resource with coherent: false is synchronised by hand', () => {
    const resource = bo.resource({ coherent: false })
    bytes[0] = 1
    expect(seen(resource)[0]).toBe(0)
    bo.flush()
    expect(seen(resource)[0]).toBe(1)
    device.submit([{ op: 'fill', to: resource, value: 5 }]).wait()
    expect(bytes[0]).toBe(1)
    bo.invalidate()
    expect(bytes[0]).toBe(5)
  })

  test('flush and invalidate do no harm to coherent resources', () => {
    const resource = bo.resource()
    bytes.fill(1)
    bo.flush()
    expect(seen(resource).every((byte) => byte === 1)).toBe(true)
    device.submit([{ op: 'fill', to: { resource, offset: 100, size: pageSize }, value: 2 }])
    bo.flush() // older than what the device wrote
    bo.invalidate({ size: 1 })
    expect([bytes[99], bytes[100], bytes[pageSize + 99], bytes[pageSize + 100]]).toEqual([
      1, 2, 2, 1,
    ])
    bytes[0] = 3
    expect(seen(resource)[0]).toBe(3)
  })

  test('markDirty does no harm to what the device wrote', () => {
    device.submit([{ op: 'fill', to: bo.resource(), value: 2 }])
    bo.markDirty({ offset: 5, size: 10 })
    expect(seen(bo.resource()).every((byte) => byte === 2)).toBe(true)
    expect(bytes.every((byte) => byte === 2)).toBe(true)
  })
})
