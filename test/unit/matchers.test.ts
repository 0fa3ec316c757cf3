// The matchers of mkwrite/vitest: what passes, and what failures say.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import '../../lib/vitest/index.ts'
import { BufferObject, DirtyTracker, EmulatedDevice, type Resource } from '../../lib/index.ts'
import { exact, pageSize } from '../support/mechanisms.ts'

const pages = 32
const size = pages * pageSize

/** What an assertion that must fail says. */
function failure(assertion: () => void): string {
  try {
    assertion()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('The assertion passed.')
}

describe.each(exact)('toHaveDirtyPages under %s', (policy) => {
  let bytes: Uint8Array
  let tracker: DirtyTracker

  // Other contents each time, for a mechanism that compares.
  const write = () => {
    for (const page of [1, 5, 6, 7]) bytes[page * pageSize] = (bytes[page * pageSize] ?? 0) + 1
  }

  beforeEach(() => {
    const buffer = new BufferObject({ size })
    bytes = new Uint8Array(buffer.map())
    tracker = DirtyTracker.track(buffer, { policy })
    write()
  })

  afterEach(() => tracker.dispose())

  test('takes numbers, ranges and pairs', () => {
    expect(tracker).toHaveDirtyPages([7, 1, 5, 6])
    write()
    expect(tracker).toHaveDirtyPages([1, { first: 5, count: 3 }])
    write()
    expect(tracker).toHaveDirtyPages(Uint32Array.of(1, 1, 5, 3))
    write()
    expect(tracker).toHaveDirtyPages(4)
    write()
    expect(tracker.collect()).toHaveDirtyPages([1, 5, 6, 7])
  })

  test('collects', () => {
    expect(tracker).toHaveDirtyPages(4)
    expect(tracker).toHaveDirtyPages(0)
    expect(tracker).toHaveDirtyPages([])
  })

  test('says what is missing and what is there besides', () => {
    expect(failure(() => expect(tracker).toHaveDirtyPages([1, 2, 5]))).toBe(
      'expected dirty pages 1 to 2, 5, found 1, 5 to 7\nnot dirty: 2\ndirty besides: 6 to 7',
    )
  })

  test('says how many there are', () => {
    expect(failure(() => expect(tracker).toHaveDirtyPages(1))).toBe(
      'expected 1 dirty page, found 4: 1, 5 to 7',
    )
  })

  test('can be negated', () => {
    expect(tracker.collect()).not.toHaveDirtyPages([1])
    bytes[0] = 1
    expect(failure(() => expect(tracker).not.toHaveDirtyPages([0]))).toBe(
      'expected other dirty pages than 0',
    )
    expect(failure(() => expect(tracker).not.toHaveDirtyPages(0))).toBe(
      'expected other than 0 dirty pages: none',
    )
  })
})

describe('toHaveDirtyPages', () => {
  test('says when a mechanism reports everything', () => {
    const tracker = DirtyTracker.track(new BufferObject({ size }), { policy: 'full' })
    expect(failure(() => expect(tracker).toHaveDirtyPages([0]))).toBe(
      "expected dirty pages 0, found 0 to 31\ndirty besides: 1 to 31 (the mechanism 'full' reports all pages)",
    )
    tracker.dispose()
  })

  test('cuts long lists short', () => {
    const odd = Uint32Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? i : 1))
    expect(failure(() => expect(odd).toHaveDirtyPages([]))).toContain('20, 22 and 8 more')
  })

  test.each([
    ['something else', () => expect({}).toHaveDirtyPages(1), 'a DirtyTracker, or what'],
    ['no pages', () => expect(new Uint32Array()).toHaveDirtyPages('1' as never), 'page numbers'],
    ['half a pair', () => expect(new Uint32Array(3)).toHaveDirtyPages(1), 'pairs of first page'],
    ['half a page', () => expect(new Uint32Array()).toHaveDirtyPages([0.5]), 'expected[0]'],
    [
      'a misspelled range',
      () => expect(new Uint32Array()).toHaveDirtyPages([{ first: 1, length: 2 } as never]),
      'first, count',
    ],
  ])('refuses %s', (_, assertion, message) => {
    expect(failure(assertion)).toContain(message)
  })
})

describe('toBeCoherentWith', () => {
  let device: EmulatedDevice
  let buffer: BufferObject
  let bytes: Uint8Array
  let target: Resource

  beforeEach(() => {
    device = new EmulatedDevice()
    buffer = device.createBufferObject({ size })
    bytes = new Uint8Array(buffer.map())
    target = device.createBuffer({ size })
  })

  afterEach(() => device.destroy())

  test('a buffer object is coherent with its resources, whoever wrote last', () => {
    const part = buffer.resource({ offset: 3 * pageSize + 8, size: 2 * pageSize })
    for (let round = 0; round < 3; round++) {
      bytes.fill(round + 1, 2 * pageSize, 6 * pageSize)
      expect(buffer).toBeCoherentWith(part)
      device.submit([{ op: 'fill', to: { resource: part, offset: 100, size: 50 }, value: 9 }])
      expect(buffer).toBeCoherentWith(part)
      expect(buffer).toBeCoherentWith({ resource: part, offset: 90, size: 20 })
      expect(buffer).toBeCoherentWith(buffer.resource())
    }
  })

  test('a surface is compared as bytes', () => {
    const surface = buffer.surface({ format: 'rgba8', width: 32, height: 32 })
    bytes[100] = 5
    expect(buffer).toBeCoherentWith(surface)
  })

  test('memory is compared with device memory, and with bytes', () => {
    bytes[5000] = 5
    device.submit([{ op: 'copy', from: buffer.resource(), to: target }])
    expect(buffer).toBeCoherentWith(target)
    expect(bytes).toBeCoherentWith(target)
    expect(buffer).toBeCoherentWith(device.peek(target))
    expect(bytes.subarray(5000)).toBeCoherentWith(Uint8Array.of(5, 0))
    expect(buffer.map()).toBeCoherentWith({ resource: target, size: 6000 })
  })

  test('without flush nothing is coherent, and the failure says where', () => {
    const explicit = device.createBufferObject({ size, policy: 'none' })
    const resource = explicit.resource({ offset: pageSize, size: 4 * pageSize })
    const memory = new Uint8Array(explicit.map())
    explicit.flush()
    expect(explicit).toBeCoherentWith(resource)
    memory[2 * pageSize + 7] = 0xab
    memory[4 * pageSize] = 1
    expect(explicit).not.toBeCoherentWith(resource)
    expect(failure(() => expect(explicit).toBeCoherentWith(resource))).toBe(
      [
        `expected CPU and device to have the same ${4 * pageSize} bytes, but 2 bytes in 2 pages differ: 2, 4`,
        `first difference at byte ${2 * pageSize + 7} (page 2, byte 7 of it):`,
        `  CPU:    ab${' 00'.repeat(15)}`,
        `  device: 00${' 00'.repeat(15)}`,
      ].join('\n'),
    )
    explicit.flush()
    expect(explicit).toBeCoherentWith(resource)
  })

  test('can be negated', () => {
    expect(failure(() => expect(buffer).not.toBeCoherentWith(target))).toBe(
      `expected CPU and device to differ somewhere in ${size} bytes`,
    )
  })

  test('leaves no device memory behind', () => {
    const { memoryUsed } = device.stats
    expect(buffer).toBeCoherentWith(target)
    expect(device.stats.memoryUsed).toBe(memoryUsed)
  })

  test.each<[string, () => void, string]>([
    ['a number', () => expect(5).toBeCoherentWith(target), 'a BufferObject, an ArrayBuffer'],
    ['nothing to compare with', () => expect(buffer).toBeCoherentWith(5 as never), 'a Resource'],
    ['too little', () => expect(bytes.subarray(1)).toBeCoherentWith(target), `at least ${size}`],
    [
      'a buffer object that is too small',
      () => expect(buffer).toBeCoherentWith(new Uint8Array(size + 1)),
      `at least ${size + 1}`,
    ],
    [
      'a part outside',
      () => expect(buffer).toBeCoherentWith({ resource: target, offset: size }),
      'expected.offset',
    ],
  ])('refuses %s', (_, assertion, message) => {
    expect(failure(assertion)).toContain(message)
  })
})

describe('toUpdateAtMost', () => {
  let device: EmulatedDevice
  let buffer: BufferObject
  let bytes: Uint8Array
  let draw: () => void

  beforeEach(() => {
    device = new EmulatedDevice()
    buffer = device.createBufferObject({ size, policy: 'write-fault' })
    bytes = new Uint8Array(buffer.map())
    const target = device.createBuffer({ size })
    draw = () => device.submit([{ op: 'copy', from: buffer.resource(), to: target }]).wait()
    draw()
  })

  afterEach(() => device.destroy())

  test('counts what a function sends', () => {
    expect(draw).toUpdateAtMost(0)
    expect(() => {
      bytes[0] = 1
      bytes[3 * pageSize] = 1
      draw()
    }).toUpdateAtMost(2 * pageSize)
    expect(() => buffer.flush({ size: 100 })).toUpdateAtMost(100)
  })

  test('says what was sent when it was too much', () => {
    const action = () => {
      bytes[0] = 1
      draw()
      bytes[3 * pageSize] = 1
      bytes[4 * pageSize] = 1
      draw()
      buffer.flush({ offset: 8, size: 24 })
    }
    expect(failure(() => expect(action).toUpdateAtMost(pageSize))).toBe(
      [
        `expected at most ${pageSize} bytes to be sent to the device, but ${3 * pageSize + 24} were`,
        `  ${2 * pageSize} bytes: submission 3, pages 3 to 4 of a buffer object of ${size} bytes under write-fault`,
        `  ${pageSize} bytes: submission 2, pages 0 of a buffer object of ${size} bytes under write-fault`,
        '  24 bytes: flush of 24 bytes from byte 8 on',
      ].join('\n'),
    )
  })

  test('shortens a long list', () => {
    const action = () => {
      for (let i = 0; i < 12; i++) {
        bytes[0] = i
        draw()
      }
    }
    expect(failure(() => expect(action).toUpdateAtMost(0))).toContain('and 4 smaller ones')
  })

  test('waits for a function that returns a promise', async () => {
    const action = async () => {
      await Promise.resolve()
      bytes[0] = (bytes[0] ?? 0) + 1
      draw()
    }
    await expect(action).toUpdateAtMost(pageSize)
    await expect(expect(action).toUpdateAtMost(1)).rejects.toThrow('at most 1 byte to be sent')
    await expect(action).not.toUpdateAtMost(1)
  })

  test('stops to count when the function is done, also when it throws', () => {
    const thrower = () => {
      throw new Error('mine')
    }
    expect(() => expect(thrower).toUpdateAtMost(0)).toThrow('mine')
    expect(draw).toUpdateAtMost(0)
  })

  test('takes a buffer object or a device since it was made', () => {
    expect(buffer).toUpdateAtMost(0)
    bytes[0] = 1
    draw()
    expect(buffer).toUpdateAtMost(pageSize)
    expect(device).toUpdateAtMost(pageSize)
    expect(failure(() => expect(buffer).toUpdateAtMost(1))).toBe(
      `expected at most 1 byte to be sent to the device, but ${pageSize} were\n  by this buffer object, since it was made`,
    )
    expect(failure(() => expect(device).not.toUpdateAtMost(2 * pageSize))).toContain(
      `expected more than ${2 * pageSize} bytes to be sent to the device, but only ${pageSize} were`,
    )
  })

  test.each<[string, () => void, string]>([
    ['bytes that are none', () => expect(draw).toUpdateAtMost(-1), 'bytes'],
    [
      'something that sends nothing',
      () => expect(5).toUpdateAtMost(1),
      'a function, a BufferObject',
    ],
  ])('refuses %s', (_, assertion, message) => {
    expect(failure(assertion)).toContain(message)
  })
})
