// Several resources in one buffer object: those that share pages, and those that share bytes.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type BufferObject, EmulatedDevice, type Policy, type Resource } from '../../lib/index.ts'
import { errorOf } from '../support/errors.ts'
import { coherentPolicies, pageSize } from '../support/mechanisms.ts'
import { sameBytes } from '../support/pages.ts'

const pages = 8
const size = pages * pageSize

describe.each(coherentPolicies)('under policy %s', (policy: Policy) => {
  let device: EmulatedDevice
  let bo: BufferObject
  let bytes: Uint8Array
  let expected: Uint8Array

  beforeEach(() => {
    device = new EmulatedDevice({ memory: 2 ** 20 })
    bo = device.createBufferObject({ size, policy })
    bytes = new Uint8Array(bo.map())
    expected = new Uint8Array(size)
  })

  afterEach(() => {
    device.destroy()
    bo.destroy()
  })

  /** What the device has of a resource, by way of a command. */
  function seen(resource: Resource): Uint8Array {
    const target = device.createBuffer({ size: resource.size })
    device.submit([{ op: 'copy', from: resource, to: target }]).wait()
    const copy = new Uint8Array(device.peek(target))
    target.destroy()
    return copy
  }

  function write(at: number, value: number): void {
    bytes[at] = value
    expected[at] = value
  }

  describe('resources at unaligned offsets that share border pages', () => {
    const borders = [0, 1000, pageSize + 1, 2 * pageSize + 1808, 5 * pageSize - 1, size]
    let resources: Resource[]
    const rangeOf = (index: number): [number, number] =>
      borders.slice(index, index + 2) as [number, number]

    beforeEach(() => {
      resources = borders.slice(1).map((_, index) => {
        const [offset, end] = rangeOf(index)
        return bo.resource({ offset, size: end - offset })
      })
    })

    function fill(index: number, value: number): void {
      device.submit([{ op: 'fill', to: resources[index] as Resource, value }])
      expected.fill(value, ...rangeOf(index))
    }

    function checkEveryResource(): void {
      resources.forEach((resource, index) => {
        expect(sameBytes(seen(resource), expected.subarray(...rangeOf(index)))).toBe(true)
      })
    }

    test('what the device writes to one does not touch its neighbours', () => {
      for (const index of [2, 0, 4]) fill(index, index + 1)
      expect(sameBytes(bytes, expected)).toBe(true)
      checkEveryResource()
    })

    test('CPU writes beside device writes on one page survive, whatever the order', () => {
      for (let round = 1; round <= 4; round++) {
        for (const [index, border] of borders.slice(0, -1).entries()) {
          if ((index + round) % 2 === 0) fill(index, 16 * round + index)
          write(border, 100 + round)
          if (border > 0) write(border - 1, 200 + round)
          if ((index + round) % 3 === 0) fill(index, 16 * round + index + 8)
        }
        checkEveryResource()
      }
      expect(sameBytes(bytes, expected)).toBe(true)
    })

    test('a page uploaded for one resource stays dirty for the other', () => {
      write(999, 1)
      write(1000, 2)
      expect(seen(resources[0] as Resource)[999]).toBe(1)
      expect(seen(resources[1] as Resource)[0]).toBe(2)
    })

    test('an update moves the bytes of its resource only', () => {
      seen(resources[0] as Resource)
      const before = bo.stats.bytesUpdated
      write(5, 1)
      seen(resources[0] as Resource)
      expect(bo.stats.bytesUpdated - before).toBe(1000)
    })

    test('one submission may use all of them', () => {
      write(1500, 9)
      device.submit([
        { op: 'fill', to: resources[0] as Resource, value: 3 },
        {
          op: 'copy',
          from: { resource: resources[0] as Resource, size: 500 },
          to: { resource: resources[3] as Resource, offset: 100, size: 500 },
        },
        { op: 'fill', to: { resource: resources[1] as Resource, size: 1 }, value: 4 },
      ])
      expected.fill(3, 0, 1000)
      const [third = 0] = rangeOf(3)
      expected.fill(3, third + 100, third + 600)
      expected[1000] = 4
      expect(sameBytes(bytes, expected)).toBe(true)
      checkEveryResource()
    })

    test('destroying one leaves the others', () => {
      fill(1, 5)
      fill(2, 6)
      write(borders[2] as number, 7)
      ;(resources[1] as Resource).destroy()
      expect(sameBytes(bytes, expected)).toBe(true)
      expect(sameBytes(seen(resources[2] as Resource), expected.subarray(...rangeOf(2)))).toBe(true)
    })
  })

  describe('resources that share bytes', () => {
    const first = () => bo.resource({ offset: 0, size: 3 * pageSize + 100 })
    const second = () => bo.resource({ offset: 2 * pageSize + 50, size: 3 * pageSize })

    test('see what the device wrote through the other', () => {
      device.submit([{ op: 'fill', to: first(), value: 1 }])
      expected.fill(1, 0, 3 * pageSize + 100)
      device.submit([{ op: 'fill', to: { resource: second(), size: 10 }, value: 2 }])
      expected.fill(2, 2 * pageSize + 50, 2 * pageSize + 60)
      expect(sameBytes(seen(first()), expected.subarray(0, first().size))).toBe(true)
      device.submit([
        { op: 'fill', to: { resource: first(), offset: 2 * pageSize + 55, size: 1 }, value: 3 },
      ])
      expected[2 * pageSize + 55] = 3
      expect(seen(second())[5]).toBe(3)
      expect(sameBytes(bytes, expected)).toBe(true)
    })

    test('both see what the CPU wrote', () => {
      seen(first())
      seen(second())
      write(2 * pageSize + 60, 8)
      expect(seen(first())[2 * pageSize + 60]).toBe(8)
      expect(seen(second())[10]).toBe(8)
    })

    test('cannot be used in one submission that writes one of them', () => {
      bytes.fill(1)
      for (const [from, to] of [
        [first(), second()],
        [second(), first()],
      ] as const) {
        const error = errorOf(() =>
          device.submit([
            { op: 'copy', from: { resource: from, size: 8 }, to: { resource: to, size: 8 } },
          ]),
        )
        expect(error.code).toBe('ERR_MKWRITE_INVALID_ARGUMENT')
        expect(error.message).toContain('Use two submissions')
      }
      expect(bytes.every((byte) => byte === 1)).toBe(true)
    })

    test('may be read in one submission', () => {
      write(2 * pageSize + 50, 5)
      const sums = device.createBuffer({ size: 8 })
      device
        .submit([
          { op: 'checksum', from: first(), to: { resource: sums, size: 4 } },
          { op: 'checksum', from: second(), to: { resource: sums, offset: 4 } },
        ])
        .wait()
      expect(sameBytes(seen(first()), expected.subarray(0, first().size))).toBe(true)
    })
  })
})
