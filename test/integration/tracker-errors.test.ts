// What DirtyTracker refuses, and what it says then.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  BufferObject,
  DirtyTracker,
  EmulatedDevice,
  mechanisms,
  type PageRange,
  type Policy,
  probe,
} from '../../lib/index.ts'
import { codeOf, errorOf } from '../support/errors.ts'
import { available, pageSize } from '../support/mechanisms.ts'
import { pagesIn, touch } from '../support/pages.ts'

// Node's types leave WebAssembly to those of the DOM.
const { Memory } = Reflect.get(globalThis, 'WebAssembly') as {
  Memory: new (limits: { initial: number }) => object
}

const pages = 8
let bo: BufferObject

beforeEach(() => {
  bo = new BufferObject({ size: pages * pageSize })
})

afterEach(() => {
  bo.destroy()
})

describe('what is no buffer object', () => {
  test.each([
    ['an ArrayBuffer', () => new ArrayBuffer(pageSize)],
    ['a SharedArrayBuffer', () => new SharedArrayBuffer(pageSize)],
    ['a WebAssembly.Memory', () => new Memory({ initial: 1 })],
    ['a Buffer', () => Buffer.alloc(pageSize)],
    ['the ArrayBuffer of a buffer object', () => bo.map()],
    ['a view of a buffer object', () => bo.createView()],
    ['null', () => null],
    ['a lookalike', () => ({ size: pageSize, map() {} })],
  ])('%s is refused, with the reason', (_, make) => {
    const error = errorOf(() => DirtyTracker.track(make() as never))
    expect(error.code).toBe('ERR_MKWRITE_INVALID_ARGUMENT')
    expect(error.message).toMatch(/^The "buffer" argument must be a BufferObject/)
    expect(error.message).toContain('cannot be protected')
  })
})

describe('the policy', () => {
  test.each(['auto-magic', 'Write-Fault', '', 0, null, {}, 'none', 'constructor'])(
    '%o is unknown; the error lists those that are known',
    (policy) => {
      const error = errorOf(() => DirtyTracker.track(bo, { policy: policy as Policy }))
      expect(error.code).toBe('ERR_MKWRITE_INVALID_ARGUMENT')
      for (const name of [...mechanisms, 'kernel']) expect(error.message).toContain(`'${name}'`)
    },
  )

  test('a misspelled option is named', () => {
    const error = errorOf(() => DirtyTracker.track(bo, { polizy: 'full' } as never))
    expect(error.message).toContain('polizy')
  })

  test.each(mechanisms.filter((name) => !available.includes(name)))(
    '%s is unavailable here; the error gives reason and remedy, and nothing is tracked',
    (policy) => {
      const found = probe().mechanisms[policy]
      if (found.available) throw new Error('unreachable')
      expect(errorOf(() => DirtyTracker.track(bo, { policy }))).toMatchObject({
        code: 'ERR_MKWRITE_MECHANISM_UNAVAILABLE',
        message: `${found.reason} ${found.remedy}`,
      })
      DirtyTracker.track(bo).dispose()
    },
  )
})

describe.each(available)('under %s', (policy) => {
  test('a second tracker is refused, and disturbs nothing', () => {
    const tracker = DirtyTracker.track(bo, { policy })
    tracker.collect()
    touch(new Uint8Array(bo.map()), 3)
    for (const second of available) {
      const error = errorOf(() => DirtyTracker.track(bo, { policy: second }))
      expect(error.code).toBe('ERR_MKWRITE_ALREADY_TRACKED')
      expect(error.message).toContain('Dispose of the other tracker first')
    }
    expect(pagesIn(tracker.collect())).toContain(3)
    touch(new Uint8Array(bo.map()), 4)
    expect(pagesIn(tracker.collect())).toContain(4)
    tracker.dispose()
  })

  test('what a device tracks cannot be tracked again', () => {
    const device = new EmulatedDevice({ memory: 2 ** 20 })
    const coherent = device.createBufferObject({ size: pageSize, policy })
    expect(codeOf(() => DirtyTracker.track(coherent))).toBe('ERR_MKWRITE_ALREADY_TRACKED')
    device.destroy()
    coherent.destroy()
  })
})

describe('page ranges', () => {
  const wrong: [string, PageRange, string][] = [
    ['before the first page', { first: -1 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['behind the last page', { first: pages }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['longer than the rest', { first: 7, count: 2 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['empty', { count: 0 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['of no whole pages', { first: 0.5 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['NaN', { first: Number.NaN }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['a string', { first: '1' as never }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['misspelled', { offset: 1 } as never, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['null', null as never, 'ERR_MKWRITE_INVALID_ARGUMENT'],
  ]

  test.each(wrong)('%s is refused, and loses nothing', (_, range, code) => {
    const tracker = DirtyTracker.track(bo)
    tracker.collect()
    touch(new Uint8Array(bo.map()), 2)
    expect(codeOf(() => tracker.collect(range))).toBe(code)
    expect(codeOf(() => tracker.markDirty(range))).toBe(code)
    expect(pagesIn(tracker.collect())).toEqual([2])
    tracker.dispose()
  })

  test('-0 is 0', () => {
    const tracker = DirtyTracker.track(bo)
    touch(new Uint8Array(bo.map()), 0)
    expect(pagesIn(tracker.collect({ first: -0 }))).toEqual([0])
    tracker.dispose()
  })
})
