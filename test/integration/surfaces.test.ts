// Surfaces: where texels lie, and that what the CPU writes into one reaches the device as boxes.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type BufferObject,
  EmulatedDevice,
  MkwriteError,
  type Policy,
  type SurfaceDescription,
  SurfaceLayout,
  type SurfaceOptions,
  surfaceFormats,
} from '../../lib/index.ts'
import { coherentPolicies, pageSize } from '../support/mechanisms.ts'
import { fc, propertyTest } from '../support/property.ts'

const MiB = 1024 * 1024

const anySurface: fc.Arbitrary<SurfaceDescription> = fc
  .record({
    format: fc.constantFrom(...surfaceFormats),
    width: fc.integer({ min: 1, max: 200 }),
    height: fc.integer({ min: 1, max: 60 }),
    depth: fc.constantFrom(1, 1, 5),
    layers: fc.integer({ min: 1, max: 3 }),
    mips: fc.integer({ min: 1, max: 8 }),
    samples: fc.constantFrom(1, 1, 4),
  })
  .map(({ mips, samples, ...shape }) => {
    const largest = Math.max(shape.width, shape.height, shape.depth)
    const multisample = samples > 1 && shape.depth === 1 && !shape.format.startsWith('bc')
    return {
      ...shape,
      mips: multisample ? 1 : Math.min(mips, 32 - Math.clz32(largest)),
      samples: multisample ? samples : 1,
    }
  })

describe('the layout of a surface', () => {
  test('is packed tightly: layers, mips, slices, rows', () => {
    const layout = new SurfaceLayout({ format: 'rgba8', width: 10, height: 6, layers: 2, mips: 3 })
    expect(layout.size).toBe(2 * 4 * (60 + 15 + 2))
    expect(layout.subresource()).toEqual({
      offset: 0,
      size: 240,
      rowPitch: 40,
      slicePitch: 240,
      width: 10,
      height: 6,
      depth: 1,
    })
    expect(layout.subresource({ layer: 1, mip: 2 })).toEqual({
      offset: 308 + 240 + 60,
      size: 8,
      rowPitch: 8,
      slicePitch: 8,
      width: 2,
      height: 1,
      depth: 1,
    })
  })

  test('counts blocks of block formats', () => {
    const layout = new SurfaceLayout({ format: 'bc7', width: 10, height: 6, mips: 2 })
    expect(layout.subresource()).toMatchObject({ rowPitch: 48, size: 96, width: 10, height: 6 })
    expect(layout.subresource({ mip: 1 })).toMatchObject({ offset: 96, rowPitch: 32, size: 32 })
  })

  test.each([
    [{ format: 'rgba9', width: 1 }, /"description.format" argument must be one of 'r8'/],
    [{ format: 'r8' }, /"description.width" argument must be of type number/],
    [{ format: 'r8', width: 0 }, /"description.width" is out of range/],
    [{ format: 'r8', width: 70_000 }, /"description.width" is out of range/],
    [{ format: 'r8', width: 8, mips: 5 }, /"description.mips" is out of range/],
    [{ format: 'r8', width: 8, samples: 3 }, /power of two/],
    [{ format: 'bc1', width: 8, samples: 4 }, /multisample/],
    [{ format: 'r8', width: 8, heigth: 3 }, /heigth/],
  ])('refuses %j', (description, message) => {
    expect(() => new SurfaceLayout(description as SurfaceDescription)).toThrow(message)
    expect(() => new SurfaceLayout(description as SurfaceDescription)).toThrow(MkwriteError)
  })
})

describe.each(coherentPolicies)('under policy %s', (policy: Policy) => {
  let device: EmulatedDevice
  let bo: BufferObject
  let bytes: Uint8Array

  beforeEach(() => {
    device = new EmulatedDevice({ memory: 64 * MiB })
    bo = device.createBufferObject({ size: 8 * MiB, policy })
    bytes = new Uint8Array(bo.map())
  })

  afterEach(() => {
    device.destroy()
    bo.destroy()
  })

  /** Sends what is dirty of `surface`, and looks at what the device has. */
  const validated = (description: SurfaceOptions): Uint8Array => {
    const surface = bo.surface(description)
    const sum = device.createBuffer({ size: 4 })
    device.submit([{ op: 'checksum', from: surface, to: sum }]).wait()
    const copy = new Uint8Array(device.peek(surface))
    sum.destroy()
    return copy
  }
  const cpu = (description: SurfaceOptions): Uint8Array => {
    const { offset = 0, coherent: _, ...shape } = description
    return bytes.slice(offset, offset + new SurfaceLayout(shape).size)
  }

  propertyTest.prop(
    [
      anySurface,
      fc.nat(3 * pageSize),
      fc.array(
        fc.array(fc.tuple(fc.double({ min: 0, max: 0.9999, noNaN: true }), fc.nat(6000)), {
          minLength: 1,
          maxLength: 5,
        }),
        { minLength: 1, maxLength: 3 },
      ),
    ],
    { numRuns: 40 },
  )('whatever is written, the device has what the CPU has', (shape, offset, frames) => {
    const description = { ...shape, offset }
    const { size } = new SurfaceLayout(shape)
    let value = 0
    for (const writes of frames) {
      for (const [where, length] of writes) {
        const start = offset + Math.floor(where * size)
        value = (value % 255) + 1
        bytes.fill(value, start, Math.min(start + length, offset + size))
      }
      expect(Buffer.compare(validated(description), cpu(description))).toBe(0)
    }
    bo.surface(description).destroy()
  })

  propertyTest.prop(
    [
      anySurface,
      fc.nat(3 * pageSize),
      fc.array(
        fc.record({
          by: fc.constantFrom('cpu', 'cpu', 'device', 'nobody'),
          where: fc.double({ min: 0, max: 0.9999, noNaN: true }),
          length: fc.integer({ min: 1, max: 6000 }),
        }),
        { maxLength: 20 },
      ),
    ],
    { numRuns: 40 },
  )('writes of both sides survive, wherever boxes reach', (shape, offset, writes) => {
    const description = { ...shape, offset }
    const resource = bo.surface(description)
    const model = cpu(description)
    let value = 0
    for (const { by, where, length } of writes) {
      const start = Math.floor(where * model.length)
      const end = Math.min(start + length, model.length)
      value = (value % 255) + 1
      if (by === 'nobody') {
        expect(Buffer.compare(validated(description), model)).toBe(0)
        continue
      }
      model.fill(value, start, end)
      if (by === 'cpu') {
        bytes.fill(value, offset + start, offset + end)
      } else {
        device.submit([{ op: 'fill', to: { resource, offset: start, size: end - start }, value }])
      }
    }
    expect(Buffer.compare(validated(description), model)).toBe(0)
    expect(Buffer.compare(cpu(description), model)).toBe(0)
    resource.destroy()
  })

  test('an update moves one box of each image that was written', () => {
    // Four pages of 4 KiB to a row.
    const description = { format: 'rgba8', width: pageSize, height: 16, layers: 3 } as const
    const surface = bo.surface(description)
    validated(description)
    const before = bo.stats
    const { rowPitch } = surface.subresource()
    bytes[2 * rowPitch + pageSize] = 1
    bytes[5 * rowPitch + 2 * pageSize] = 2
    bytes[surface.subresource({ layer: 2 }).offset] = 3
    expect(Buffer.compare(validated(description), cpu(description))).toBe(0)
    const after = bo.stats
    expect(after.boxesUpdated - before.boxesUpdated).toBe(policy === 'full' ? 3 : 2)
    if (policy !== 'full') {
      // Rows 2 to 5, columns of pages 1 and 2; and one page.
      expect(after.bytesUpdated - before.bytesUpdated).toBe((4 * 2 + 1) * pageSize)
    }
  })

  test('a box that reaches over pages the device owns leaves them out', () => {
    const description = { format: 'rgba8', width: pageSize, height: 8 } as const
    const surface = bo.surface(description)
    const { rowPitch } = surface.subresource()
    bytes.fill(1, 0, surface.size)
    // The device writes all of row 3, and the middle of row 4, which nobody reads back.
    device
      .submit([
        { op: 'fill', to: { resource: surface, offset: 3 * rowPitch, size: rowPitch }, value: 9 },
        {
          op: 'fill',
          to: { resource: surface, offset: 4 * rowPitch + pageSize + 100, size: 50 },
          value: 8,
        },
      ])
      .wait()
    // The CPU writes above and below: the box has rows 2 to 5.
    bytes[2 * rowPitch] = 2
    bytes[5 * rowPitch + 3 * pageSize] = 3
    const seen = validated(description)
    expect(seen[2 * rowPitch]).toBe(2)
    expect(seen[5 * rowPitch + 3 * pageSize]).toBe(3)
    expect(seen.subarray(3 * rowPitch, 4 * rowPitch).every((byte) => byte === 9)).toBe(true)
    expect(seen[4 * rowPitch + pageSize + 120]).toBe(8)
    expect(bo.stats.bytesReadBack).toBe(0)
    expect(bytes[3 * rowPitch]).toBe(9)
    expect(bytes[4 * rowPitch + pageSize + 149]).toBe(8)
    expect(bytes[4 * rowPitch + pageSize + 150]).toBe(1)
  })

  test("a surface's update does not take its neighbour's dirt (upstream: max() instead of min())", () => {
    // They share a page.
    const first = { format: 'r8', width: 100, height: 60 } as const
    const second = { ...first, offset: 6000 }
    validated(first)
    validated(second)
    bytes.fill(1, 5990, 6010)
    bytes[11_999] = 2
    expect(validated(first)[5999]).toBe(1)
    const seen = validated(second)
    expect(seen[0]).toBe(1)
    expect(seen[9]).toBe(1)
    expect(seen[5999]).toBe(2)
  })

  test('a failed update keeps its boxes', () => {
    const description = { format: 'rgba8', width: pageSize, height: 8 } as const
    validated(description)
    bytes[pageSize] = 7
    bytes[20 * pageSize] = 8
    device.refuseNextUpdate()
    expect(() => validated(description)).toThrow(MkwriteError)
    const seen = validated(description)
    expect(seen[pageSize]).toBe(7)
    expect(seen[20 * pageSize]).toBe(8)
  })

  test('the same place and description give the same surface', () => {
    const surface = bo.surface({ format: 'rgba8', width: 8 })
    expect(bo.surface({ format: 'rgba8', width: 8, height: 1, offset: 0 })).toBe(surface)
    expect(bo.surface({ format: 'rgba8', width: 8, height: 2 })).not.toBe(surface)
    surface.destroy()
    expect(bo.surface({ format: 'rgba8', width: 8 })).not.toBe(surface)
  })

  test('a surface lies within its buffer object', () => {
    expect(() => bo.surface({ format: 'rgba32', width: 65_536, height: 9 })).toThrow(
      /a surface that takes at most/,
    )
    expect(() => bo.surface({ format: 'r8', width: 8, offset: -1 })).toThrow(/description.offset/)
    // @ts-expect-error: misspelled
    expect(() => bo.surface({ format: 'r8', width: 8, ofset: 1 })).toThrow(/ofset/)
  })
})
