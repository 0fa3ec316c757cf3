// Sizes of buffer objects, and which parts of them can be mapped.

import { constants } from 'node:buffer'
import { afterEach, describe, expect, test } from 'vitest'
import { BufferObject, type BufferObjectOptions, type MapOptions } from '../../lib/index.ts'
import { codeOf, errorOf } from '../support/errors.ts'
import { pageSize } from '../support/mechanisms.ts'

const GiB = 2 ** 30
const largest = (2 ** 32 - 1) * pageSize

const made: BufferObject[] = []

function create(options: BufferObjectOptions): BufferObject {
  const bo = new BufferObject(options)
  made.push(bo)
  return bo
}

afterEach(() => {
  for (const bo of made.splice(0)) bo.destroy()
})

describe('the size', () => {
  test.each([
    ['1 byte takes a page', 1, pageSize],
    ['a page is a page', pageSize, pageSize],
    ['one byte more takes another page', pageSize + 1, 2 * pageSize],
  ])('%s', (_, size, expected) => {
    const bo = create({ size })
    expect(bo.size).toBe(expected)
    expect(bo.map().byteLength).toBe(expected)
  })

  test.each([0, -0, -1, 1.5, Number.NaN, Infinity, -Infinity, largest + 1, 2 ** 53])(
    '%d is out of range',
    (size) => {
      expect(codeOf(() => create({ size }))).toBe('ERR_MKWRITE_OUT_OF_RANGE')
    },
  )

  test.each([[undefined], [null], ['4096'], [4096n], [{}], [[4096]], [true], [new Date(4096)]])(
    '%o is no number',
    (size) => {
      expect(codeOf(() => create({ size: size as number }))).toBe('ERR_MKWRITE_INVALID_ARGUMENT')
    },
  )

  test('the message names the argument, the limits and what was received', () => {
    expect(errorOf(() => create({ size: -1 })).message).toBe(
      `The value of "options.size" is out of range. It must be an integer >= 1 and <= ${largest}. Received -1`,
    )
    expect(errorOf(() => create({ size: '1' as never })).message).toBe(
      `The "options.size" argument must be of type number. Received '1'`,
    )
  })
})

describe('options', () => {
  test.each([[undefined], [null], [4096], ['size'], [[]]])('%o is no options object', (options) => {
    expect(errorOf(() => new BufferObject(options as never)).message).toMatch(
      /^The "options" argument must be of type object\. Received /,
    )
  })

  test('a misspelled one is named', () => {
    const error = errorOf(() => create({ size: 1, sise: 2 } as BufferObjectOptions))
    expect(error.code).toBe('ERR_MKWRITE_INVALID_ARGUMENT')
    expect(error.message).toContain('sise')
    expect(error.message).toContain('size')
  })

  test('a misspelled one of map() is named', () => {
    const error = errorOf(() => create({ size: 1 }).map({ size: 1 } as MapOptions))
    expect(error.code).toBe('ERR_MKWRITE_INVALID_ARGUMENT')
    expect(error.message).toContain('offset, length')
  })
})

describe('fresh memory', () => {
  test('is zeros', () => {
    expect(new Uint8Array(create({ size: 3 * pageSize }).map()).every((byte) => byte === 0)).toBe(
      true,
    )
  })

  test('is never that of an earlier buffer object', () => {
    for (let i = 0; i < 10; i++) {
      const bo = new BufferObject({ size: pageSize })
      const bytes = new Uint8Array(bo.map())
      expect(bytes[0]).toBe(0)
      bytes.fill(255)
      bo.destroy()
    }
  })
})

describe('map()', () => {
  test('gives the same ArrayBuffer each time', () => {
    const bo = create({ size: 4 * pageSize })
    expect(bo.map()).toBe(bo.map())
    expect(bo.map()).toBe(bo.map({ offset: 0, length: bo.size }))
    const window = bo.map({ offset: pageSize, length: pageSize })
    expect(bo.map({ offset: pageSize, length: pageSize })).toBe(window)
    expect(bo.map({ offset: pageSize })).not.toBe(window)
    expect(window.byteLength).toBe(pageSize)
  })

  test.runIf('transfer' in ArrayBuffer.prototype)(
    'gives a new one after the last was transferred away',
    () => {
      const bo = create({ size: pageSize })
      const first = bo.map() as ArrayBuffer & { transfer(): ArrayBuffer }
      new Uint8Array(first)[0] = 7
      const moved = first.transfer()
      expect(new Uint8Array(bo.map())[0]).toBe(7)
      expect(new Uint8Array(moved)[0]).toBe(7)
    },
  )

  test('a window lies where it says', () => {
    const bo = create({ size: 4 * pageSize })
    const all = new Uint8Array(bo.map())
    const window = new Uint8Array(bo.map({ offset: 2 * pageSize, length: 100 }))
    window[99] = 9
    all[2 * pageSize] = 8
    expect(all[2 * pageSize + 99]).toBe(9)
    expect(window[0]).toBe(8)
    expect(window.length).toBe(100)
  })

  test('another view sees what is written through the first', () => {
    const bo = create({ size: 2 * pageSize })
    const one = new Uint8Array(bo.map())
    const view = bo.createView()
    const other = new Uint8Array(view.map())
    expect(other.buffer).not.toBe(one.buffer)
    one[pageSize] = 1
    other[pageSize + 1] = 2
    expect([other[pageSize], one[pageSize + 1]]).toEqual([1, 2])
  })

  test.each([
    ['offset', { offset: 1 }],
    ['offset', { offset: -pageSize }],
    ['offset', { offset: 2 * pageSize }],
    ['offset', { offset: Number.NaN }],
    ['length', { length: 0 }],
    ['length', { length: 2 * pageSize + 1 }],
    ['length', { offset: pageSize, length: pageSize + 1 }],
  ])('refuses a wrong %s: %o', (name, options) => {
    const error = errorOf(() => create({ size: 2 * pageSize }).map(options))
    expect(error.code).toBe('ERR_MKWRITE_OUT_OF_RANGE')
    expect(error.message).toContain(`"options.${name}"`)
  })
})

describe('a sparse buffer object of 8 GiB', () => {
  test('can be written near its end', () => {
    const bo = create({ size: 8 * GiB })
    const offset = 8 * GiB - 2 * pageSize
    const end = new Uint8Array(bo.map({ offset, length: 2 * pageSize }))
    end[2 * pageSize - 1] = 5
    const view = bo.createView()
    expect(new Uint8Array(view.map({ offset }))[2 * pageSize - 1]).toBe(5)
    view.destroy()
  })

  test.runIf(constants.MAX_LENGTH >= 8 * GiB)('can be mapped at once', () => {
    const bytes = new Uint8Array(create({ size: 8 * GiB }).map())
    bytes[8 * GiB - 1] = 5
    expect(bytes[8 * GiB - 1]).toBe(5)
  })

  test.runIf(constants.MAX_LENGTH < 8 * GiB)(
    'cannot be mapped at once where ArrayBuffers are smaller, which the error teaches',
    () => {
      const error = errorOf(() => create({ size: 8 * GiB }).map())
      expect(error.code).toBe('ERR_MKWRITE_OUT_OF_RANGE')
      expect(error.message).toContain(String(constants.MAX_LENGTH))
      expect(error.message).toContain('map parts with { offset, length }')
    },
  )
})

test('more address space than there is fails with a typed error that carries errno', () => {
  const bos: BufferObject[] = []
  const error = errorOf(() => {
    // 47 bits of addresses hold eight of these and their alias, at most.
    for (let i = 0; i < 20; i++) bos.push(create({ size: largest }))
  })
  expect(error.code).toBe('ERR_MKWRITE_OUT_OF_MEMORY')
  expect(error.message).toContain('mmap')
  expect(error.cause).toMatchObject({ code: 'ENOMEM' })
})
