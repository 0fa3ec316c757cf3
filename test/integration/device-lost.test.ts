// A device that is lost, and one that refuses: what was written stays, and every waiter is told.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type BufferObject, EmulatedDevice, type Policy, type Resource } from '../../lib/index.ts'
import { codeOf, errorOf } from '../support/errors.ts'
import { coherentPolicies, pageSize } from '../support/mechanisms.ts'
import { sameBytes, touch } from '../support/pages.ts'

const pages = 16
const size = pages * pageSize

describe.each(coherentPolicies)('under policy %s', (policy: Policy) => {
  let device: EmulatedDevice
  let bo: BufferObject
  let bytes: Uint8Array
  let target: Resource

  beforeEach(() => {
    device = new EmulatedDevice({ memory: 2 ** 20, lockupTimeout: 20 })
    bo = device.createBufferObject({ size, policy })
    bytes = new Uint8Array(bo.map())
    target = device.createBuffer({ size })
  })

  afterEach(() => {
    device.destroy()
    bo.destroy()
  })

  const fillAll = (value: number) => device.submit([{ op: 'fill', to: bo.resource(), value }])
  const copyToTarget = () => device.submit([{ op: 'copy', from: bo.resource(), to: target }])

  describe('a lost device', () => {
    test('rejects the fences in flight, and throws when they are waited for', async () => {
      device.pause()
      const fences = [fillAll(1), fillAll(2)]
      const asked = fences[0]?.signaled
      device.lose()
      await expect(asked).rejects.toMatchObject({
        name: 'MkwriteError',
        code: 'ERR_MKWRITE_DEVICE_LOST',
      })
      for (const fence of fences) {
        expect(fence.state).toBe('lost')
        expect(codeOf(() => fence.wait())).toBe('ERR_MKWRITE_DEVICE_LOST')
        expect(codeOf(() => fence.wait(0))).toBe('ERR_MKWRITE_DEVICE_LOST')
        await expect(fence.signaled).rejects.toMatchObject({ code: 'ERR_MKWRITE_DEVICE_LOST' })
      }
    })

    test('leaves signaled fences signaled', async () => {
      const fence = fillAll(1)
      fence.wait()
      device.lose()
      expect(fence.state).toBe('signaled')
      expect(fence.wait()).toBe(true)
      await fence.signaled
    })

    test('takes no submissions; what was dirty can still be read', () => {
      touch(bytes, 2)
      device.lose()
      expect(codeOf(copyToTarget)).toBe('ERR_MKWRITE_DEVICE_LOST')
      expect(codeOf(() => fillAll(1))).toBe('ERR_MKWRITE_DEVICE_LOST')
      expect(bytes[2 * pageSize + 2]).toBe(1)
      expect(device.stats.lost).toBe(true)
    })

    test('leaves memory that it was about to write as the CPU last had it', () => {
      bytes.fill(7)
      device.pause()
      fillAll(9)
      device.lose()
      expect(bytes.every((byte) => byte === 7)).toBe(true)
      touch(bytes, 3)
      expect(bytes[3 * pageSize + 3]).toBe(8)
    })

    test('leaves what it had finished', () => {
      bytes.fill(7)
      fillAll(9).wait()
      device.lose()
      expect(bytes.every((byte) => byte === 9)).toBe(true)
    })

    test('can be lost again, and destroyed', () => {
      device.lose()
      device.lose()
      device.destroy()
      touch(bytes, 1)
    })
  })

  test('a read that waits longer than lockupTimeout declares the device lost and goes on', async () => {
    bytes.fill(7)
    device.pause()
    const fence = fillAll(9)
    const { signaled } = fence
    expect(bytes[5 * pageSize]).toBe(7)
    expect(fence.state).toBe('lost')
    expect(device.stats.lost).toBe(true)
    await expect(signaled).rejects.toMatchObject({ code: 'ERR_MKWRITE_DEVICE_LOST' })
    expect(bytes.every((byte) => byte === 7)).toBe(true)
  })

  describe('a refused update', () => {
    test('throws, and keeps what was dirty', () => {
      touch(bytes, 3, 9)
      device.refuseNextUpdate()
      expect(errorOf(copyToTarget)).toMatchObject({
        code: 'ERR_MKWRITE_SYSTEM',
        message: 'The device refused an update (injected). Submit again.',
      })
      copyToTarget().wait()
      expect(sameBytes(device.peek(target), bytes)).toBe(true)
    })

    test('keeps it beside what is written afterwards', () => {
      copyToTarget().wait()
      for (let round = 0; round < 3; round++) {
        touch(bytes, round)
        device.refuseNextUpdate()
        expect(codeOf(copyToTarget)).toBe('ERR_MKWRITE_SYSTEM')
        touch(bytes, round + 1)
      }
      copyToTarget().wait()
      expect(sameBytes(device.peek(target), bytes)).toBe(true)
    })

    test('leaves the pages that the submission would have written to the CPU', () => {
      bytes.fill(4)
      device.refuseNextUpdate()
      expect(codeOf(() => fillAll(9))).toBe('ERR_MKWRITE_SYSTEM')
      expect(bytes.every((byte) => byte === 4)).toBe(true)
      touch(bytes, 1)
      copyToTarget().wait()
      expect(sameBytes(device.peek(target), bytes)).toBe(true)
    })

    test('leaves what the device wrote before', () => {
      const part = { resource: bo.resource(), offset: 100, size: pageSize }
      device.submit([{ op: 'fill', to: part, value: 5 }]).wait()
      touch(bytes, 8)
      device.refuseNextUpdate()
      expect(codeOf(() => fillAll(9))).toBe('ERR_MKWRITE_SYSTEM')
      expect([bytes[99], bytes[100], bytes[pageSize + 99], bytes[pageSize + 100]]).toEqual([
        0, 5, 5, 0,
      ])
      copyToTarget().wait()
      expect(sameBytes(device.peek(target), bytes)).toBe(true)
    })

    test('takes no seqno', () => {
      const before = copyToTarget().seqno
      touch(bytes, 1)
      device.refuseNextUpdate()
      expect(codeOf(copyToTarget)).toBe('ERR_MKWRITE_SYSTEM')
      const fence = copyToTarget()
      expect(fence.seqno).toBe(before + 1)
      fence.wait()
    })
  })
})
