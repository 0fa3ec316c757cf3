// The policy `auto` with a twin, on a device whose bus is slow: what did not change is not sent.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type BufferObject, EmulatedDevice, type Resource } from '../../lib/index.ts'
import { codeOf } from '../support/errors.ts'
import { pageSize } from '../support/mechanisms.ts'
import { sameBytes } from '../support/pages.ts'

const pages = 256
const size = pages * pageSize

describe('on a device with a slow bus', () => {
  let device: EmulatedDevice
  let bo: BufferObject
  let target: Resource
  let bytes: Uint8Array

  beforeEach(() => {
    device = new EmulatedDevice({ bandwidth: 200_000_000 }) // 20 us for a page
    target = device.createBuffer({ size })
  })

  afterEach(() => {
    device.destroy()
    bo.destroy()
  })

  function begin(twinLimit?: number): void {
    bo = device.createBufferObject({ size, policy: 'auto', ...(twinLimit && { twinLimit }) })
    bytes = new Uint8Array(bo.map())
  }

  /** Writes a byte of each of the first `written` pages; returns how many bytes that sent. */
  function frame(written: number, value: number): number {
    for (let page = 0; page < written; page++) bytes[page * pageSize + 1] = value
    const before = bo.stats.bytesUpdated
    device.submit([{ op: 'copy', from: bo.resource(), to: target }]).wait()
    expect(sameBytes(new Uint8Array(device.peek(target)), bytes)).toBe(true)
    return bo.stats.bytesUpdated - before
  }

  test('pages that are rewritten with what they had are not sent', () => {
    begin(size)
    // Until the device is known to be slow, and which pages are hot.
    for (let i = 1; i <= 20; i++) frame(32, i)
    expect(bo.stats.twinMemory).toBeGreaterThan(0)
    const { pagesTrimmed = 0 } = bo.stats
    for (let i = 0; i < 10; i++) expect(frame(32, 20)).toBe(0)
    expect(bo.stats.pagesTrimmed).toBeGreaterThanOrEqual(pagesTrimmed + 10 * 32)
    expect(frame(5, 21)).toBe(5 * pageSize)
  })

  test('pages that were hot and are no longer written are not sent', () => {
    begin(size)
    for (let i = 1; i <= 20; i++) frame(32, i)
    const { pagesTrimmed = 0, pagesKeptOpen = 0 } = bo.stats
    for (let i = 0; i < 4; i++) expect(frame(0, 0)).toBe(0)
    expect(bo.stats.pagesKeptOpen).toBeGreaterThan(pagesKeptOpen)
    expect(bo.stats.pagesTrimmed).toBeGreaterThan(pagesTrimmed)
  })

  test.each([
    ['that is not given', undefined],
    ['that is too small', size - 1],
  ])('no twin is made within a limit %s', (_, twinLimit) => {
    begin(twinLimit)
    for (let i = 1; i <= 20; i++) frame(32, i)
    expect(bo.stats).toMatchObject({ twinMemory: 0, pagesTrimmed: 0 })
  })
})

describe('twinLimit', () => {
  test.each([
    [{ twinLimit: -1 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ twinLimit: 1.5 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ twinLimit: Number.NaN }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ twinLimit: '1' as unknown as number }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [{ twinLimit: null as unknown as number }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [{ twinLimit: 1, policy: 'compare' as const }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [{ twinLimit: 1, policy: 'none' as const }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
  ])('refuses %o', (options, code) => {
    const device = new EmulatedDevice()
    expect(codeOf(() => device.createBufferObject({ size, policy: 'auto', ...options }))).toBe(code)
    device.destroy()
  })

  test('is refused without a policy that takes it, which is named', () => {
    const device = new EmulatedDevice()
    expect(codeOf(() => device.createBufferObject({ size, twinLimit: 1 }))).toBe(
      'ERR_MKWRITE_INVALID_ARGUMENT',
    )
    expect(() => device.createBufferObject({ size, policy: 'userfault', twinLimit: 4096 })).toThrow(
      `The "options.twinLimit" argument must be 0 unless options.policy is 'auto'. Received 4096`,
    )
    device.destroy()
  })
})
