// System calls into views: EFAULT without CPU access where pages are protected, and never with it.

import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BufferObject, DirtyTracker, EmulatedDevice, type Resource } from '../../lib/index.ts'
import { coherentPolicies, pageSize } from '../support/mechanisms.ts'

const size = 32 * pageSize

describe.each(coherentPolicies)('under policy %s', (policy) => {
  let device: EmulatedDevice
  let bo: BufferObject
  let bytes: Uint8Array
  let target: Resource

  beforeEach(() => {
    device = new EmulatedDevice({ memory: 8 * 1024 * 1024 })
    bo = device.createBufferObject({ size, policy })
    bytes = new Uint8Array(bo.map())
    target = device.createBuffer({ size })
    copyToTarget()
  })

  afterEach(() => {
    device.destroy()
    bo.destroy()
  })

  function copyToTarget(): void {
    device.submit([{ op: 'copy', from: bo.resource(), to: target }]).wait()
  }

  function readZeros(offset: number, length: number): number {
    const file = openSync('/dev/zero', 'r')
    try {
      return readSync(file, bytes, offset, length, null)
    } finally {
      closeSync(file)
    }
  }

  const targetIsCurrent = (): boolean =>
    Buffer.compare(new Uint8Array(device.peek(target)), bytes) === 0

  test('a system call writes clean pages, and the device sees it', () => {
    bytes.fill(1)
    copyToTarget()
    const access = bo.cpuAccess()
    expect(readZeros(0, size)).toBe(size)
    access.end()
    copyToTarget()
    expect(bytes.every((byte) => byte === 0)).toBe(true)
    expect(targetIsCurrent()).toBe(true)
  })

  test('writes during an access are seen by every submission until it ends, and once after', () => {
    const access = bo.cpuAccess({ offset: 4 * pageSize, size: 4 * pageSize })
    for (let round = 1; round <= 3; round++) {
      bytes.fill(round, 4 * pageSize, 8 * pageSize)
      readZeros(5 * pageSize, 10)
      copyToTarget()
      expect(targetIsCurrent()).toBe(true)
    }
    readZeros(6 * pageSize, 10)
    access.end()
    copyToTarget()
    expect(targetIsCurrent()).toBe(true)
    const before = bo.stats.bytesUpdated
    copyToTarget()
    expect(bo.stats.bytesUpdated - before).toBe(policy === 'full' ? size : 0)
  })

  test('device-owned pages are refused to a system call, and given with access', () => {
    device.submit([{ op: 'fill', to: bo.resource(), value: 7 }]).wait()
    expect(() => readZeros(0, 8)).toThrow(/EFAULT/)
    const access = bo.cpuAccess({ offset: 0, size: pageSize })
    expect(readZeros(0, 8)).toBe(8)
    access.end()
    expect([bytes[0], bytes[8]]).toEqual([0, 7])
    copyToTarget()
    expect(targetIsCurrent()).toBe(true)
  })

  test('reading by a system call needs access without write', () => {
    device.submit([{ op: 'fill', to: bo.resource(), value: 65 }]).wait()
    const path = join(tmpdir(), `mkwrite-cpu-access-${process.pid}`)
    const file = openSync(path, 'w')
    const access = bo.cpuAccess({ write: false })
    expect(writeSync(file, bytes, 0, size)).toBe(size)
    access.end()
    closeSync(file)
    rmSync(path)
  })

  test('a submission that would write accessed pages is busy, and works afterwards', () => {
    const access = bo.cpuAccess({ offset: 0, size: 1 })
    const fill = () => device.submit([{ op: 'fill', to: bo.resource(), value: 3 }])
    bytes[5 * pageSize] = 1
    expect(fill).toThrow(expect.objectContaining({ code: 'ERR_MKWRITE_BUSY' }))
    expect(bytes[5 * pageSize]).toBe(1)
    access.end()
    access.end()
    fill().wait()
    expect(bytes[5 * pageSize]).toBe(3)
  })

  test('accesses may overlap', () => {
    const first = bo.cpuAccess()
    const second = bo.cpuAccess({ offset: pageSize, size: pageSize })
    first.end()
    copyToTarget()
    expect(readZeros(pageSize, 8)).toBe(8)
    bytes[pageSize] = 9
    second.end()
    copyToTarget()
    expect(targetIsCurrent()).toBe(true)
  })

  test('a view that comes during an access is accessible, too', () => {
    const access = bo.cpuAccess()
    const other = bo.createView()
    const file = openSync('/dev/zero', 'r')
    bytes[3] = 5
    expect(readSync(file, new Uint8Array(other.map()), 0, 8, null)).toBe(8)
    closeSync(file)
    access.end()
    expect(bytes[3]).toBe(0)
    copyToTarget()
    expect(targetIsCurrent()).toBe(true)
  })

  test('pages declared dirty are sent', () => {
    const before = bo.stats.bytesUpdated
    bo.markDirty({ offset: 3 * pageSize, size: 1 })
    copyToTarget()
    expect(bo.stats.bytesUpdated - before).toBe(policy === 'full' ? size : pageSize)
  })
})

describe.each(coherentPolicies)('before a tracker exists, later under %s', (policy) => {
  test('an access stays one, and what it writes is reported', () => {
    using bo = new BufferObject({ size })
    const bytes = new Uint8Array(bo.map())
    bytes.fill(1)
    const access = bo.cpuAccess({ offset: pageSize, size: 2 * pageSize })
    using tracker = DirtyTracker.track(bo, { policy })
    tracker.collect()
    const file = openSync('/dev/zero', 'r')
    expect(readSync(file, bytes, pageSize, 2 * pageSize, null)).toBe(2 * pageSize)
    closeSync(file)
    access.end()
    // Every mechanism may report more than this.
    const [first = -1, count = 0] = tracker.collect()
    expect([0, 1]).toContain(first)
    expect(first + count).toBeGreaterThanOrEqual(3)
    expect(bytes.subarray(pageSize, 3 * pageSize).every((byte) => byte === 0)).toBe(true)
  })
})
