// All the ways in which JavaScript writes: each is found out under every mechanism, and none fails.

import { randomFill, randomFillSync } from 'node:crypto'
import {
  closeSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflateSync, inflateSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BufferObject, DirtyTracker, probe } from '../../lib/index.ts'
import { available, exact, pageSize } from '../support/mechanisms.ts'
import { pagesIn, sameBytes, touch } from '../support/pages.ts'

const pages = 16
const size = pages * pageSize

/** Each writes pages 3 and 4, and no others. */
const start = 4 * pageSize - 8
const writers: Record<string, (bytes: Uint8Array) => unknown> = {
  'element stores': (bytes) => {
    for (let i = start; i < start + 16; i++) bytes[i] = i
  },
  'Float64Array stores': ({ buffer }) => {
    const numbers = new Float64Array(buffer)
    numbers[start / 8] = Math.E
    numbers[start / 8 + 1] = Math.E
  },
  'BigInt64Array stores': ({ buffer }) => {
    new BigInt64Array(buffer, start, 2).forEach((_, i, words) => {
      words[i] = -1n
    })
  },
  'TypedArray.prototype.set': (bytes) => bytes.set(new Uint8Array(16).fill(7), start),
  'set from an array of another type': (bytes) => bytes.set(new Float32Array(16).fill(7), start),
  'TypedArray.prototype.fill': (bytes) => bytes.fill(9, start, start + 16),
  'TypedArray.prototype.copyWithin': (bytes) => bytes.copyWithin(start, 0, 16),
  'TypedArray.prototype.sort': (bytes) => {
    bytes.subarray(start, start + 16).sort()
  },
  'sort with a callback': (bytes) => {
    bytes.subarray(start, start + 16).sort((a, b) => b - a)
  },
  'TypedArray.prototype.reverse': (bytes) => bytes.subarray(start, start + 16).reverse(),
  'Atomics.store': ({ buffer }) => {
    const words = new Int32Array(buffer, start, 4)
    for (let i = 0; i < 4; i++) Atomics.store(words, i, i)
  },
  'Atomics.add': ({ buffer }) => {
    const words = new Int32Array(buffer, start, 4)
    for (let i = 0; i < 4; i++) Atomics.add(words, i, 1)
  },
  'Atomics.compareExchange': ({ buffer }) => {
    const words = new BigInt64Array(buffer, start, 2)
    for (let i = 0; i < 2; i++) Atomics.compareExchange(words, i, 0n, 1n)
  },
  'DataView across the border': ({ buffer }) => {
    new DataView(buffer).setBigUint64(4 * pageSize - 3, 0x0102030405060708n)
  },
  'Buffer.prototype.write': ({ buffer }) => Buffer.from(buffer).write('sixteen letters!', start),
  'Buffer.prototype.writeDoubleLE across the border': ({ buffer }) =>
    Buffer.from(buffer).writeDoubleLE(Math.PI, 4 * pageSize - 4),
  'Buffer.prototype.copy': ({ buffer }) => Buffer.alloc(16, 5).copy(Buffer.from(buffer), start),
  'Buffer.prototype.swap64': ({ buffer }) => Buffer.from(buffer, start, 16).swap64(),
  'TextEncoder.prototype.encodeInto': (bytes) =>
    new TextEncoder().encodeInto('ääääää äüö', bytes.subarray(start)),
  'crypto.randomFillSync': (bytes) => randomFillSync(bytes, start, 16),
  "crypto.randomFill, in libuv's threads": (bytes) =>
    promisify<Uint8Array, number, number, unknown>(randomFill)(bytes, start, 16),
}

function changedPages(before: Uint8Array, after: Uint8Array): number[] {
  const page = (of: Uint8Array, i: number) => of.subarray(i * pageSize, (i + 1) * pageSize)
  return [...Array(size / pageSize).keys()].filter(
    (i) => Buffer.compare(page(before, i), page(after, i)) !== 0,
  )
}

describe.each(available)('under %s', (policy) => {
  let bo: BufferObject
  let bytes: Uint8Array
  let tracker: DirtyTracker

  beforeEach(() => {
    bo = new BufferObject({ size })
    bytes = new Uint8Array(bo.map())
    bytes.fill(1)
    tracker = DirtyTracker.track(bo, { policy })
    tracker.collect()
  })

  afterEach(() => {
    tracker.dispose()
    bo.destroy()
  })

  test.each(Object.entries(writers))('%s', async (_, write) => {
    for (let round = 0; round < 2; round++) {
      const before = bytes.slice()
      await write(bytes)
      const found = pagesIn(tracker.collect())
      if (policy === 'compare') expect(found).toEqual(changedPages(before, bytes))
      else if (exact.includes(policy)) expect(found).toEqual([3, 4])
      else expect(found).toEqual(expect.arrayContaining([3, 4]))
    }
  })

  test('a loop that the compiler has optimised', () => {
    const step = (array: Uint8Array, value: number) => {
      for (let i = 0; i < array.length; i += 64) array[i] = value
    }
    const warm = new Uint8Array(size)
    for (let i = 0; i < 200; i++) step(warm, i)
    step(bytes, 2)
    expect([...tracker.collect()]).toEqual([0, pages])
    expect(
      sameBytes(
        bytes,
        Uint8Array.from({ length: size }, (_, i) => (i % 64 === 0 ? 2 : 1)),
      ),
    ).toBe(true)
  })

  test('reading builtins read and make nothing dirty', () => {
    touch(bytes, 5)
    const expected = Uint8Array.from(bytes)
    tracker.collect()
    expect(sameBytes(structuredClone(bytes), expected)).toBe(true)
    expect(sameBytes(bytes.slice(), expected)).toBe(true)
    expect(sameBytes(inflateSync(deflateSync(bytes)), expected)).toBe(true)
    expect(bytes.indexOf(2)).toBe(5 * pageSize + 5)
    expect(new TextDecoder('latin1').decode(bytes).length).toBe(size)
    if (exact.includes(policy)) expect(pagesIn(tracker.collect())).toEqual([])
  })
})

describe('system calls that write into tracked memory', () => {
  const file = join(tmpdir(), `mkwrite-writers-${process.pid}`)
  const contents = Buffer.alloc(2 * pageSize, 'contents ')
  const { mechanisms } = probe()
  let bo: BufferObject
  let bytes: Uint8Array
  let tracker: DirtyTracker
  let fd: number

  beforeAll(() => {
    writeFileSync(file, contents)
    fd = openSync(file, 'r+')
  })

  afterAll(() => {
    closeSync(fd)
    rmSync(file)
  })

  beforeEach(() => {
    bo = new BufferObject({ size })
    bytes = new Uint8Array(bo.map())
  })

  afterEach(() => {
    tracker.dispose()
    bo.destroy()
  })

  test.each(available)(
    'under %s they work and are seen, or fail with EFAULT: as probe() says',
    (policy) => {
      const { available: here, systemCalls } = mechanisms[policy] as Record<string, unknown>
      expect(here).toBe(true)
      expect(systemCalls).toBe(policy !== 'write-fault')
      tracker = DirtyTracker.track(bo, { policy })
      tracker.collect()
      const read = () => readSync(fd, bytes, 3 * pageSize, contents.length, 0)
      if (systemCalls) {
        expect(read()).toBe(contents.length)
        expect(sameBytes(bytes.subarray(3 * pageSize, 5 * pageSize), contents)).toBe(true)
        expect(pagesIn(tracker.collect())).toEqual(expect.arrayContaining([3, 4]))
      } else {
        expect(read).toThrow(expect.objectContaining({ code: 'EFAULT' }))
        expect(pagesIn(tracker.collect())).toEqual([])
      }
    },
  )

  test('under write-fault they work in pages that were touched since the last collect', () => {
    tracker = DirtyTracker.track(bo)
    touch(bytes, 3, 4)
    expect(readSync(fd, bytes, 3 * pageSize, contents.length, 0)).toBe(contents.length)
    expect(pagesIn(tracker.collect())).toEqual([3, 4])
  })

  test.each(available.filter((name) => name !== 'write-fault'))(
    "under %s they work in libuv's threads, too",
    async (policy) => {
      tracker = DirtyTracker.track(bo, { policy })
      tracker.collect()
      const handle = await open(file)
      await handle.read(bytes, 6 * pageSize, contents.length, 0)
      await handle.close()
      expect(pagesIn(tracker.collect())).toEqual(expect.arrayContaining([6, 7]))
      expect(sameBytes(bytes.subarray(6 * pageSize, 8 * pageSize), contents)).toBe(true)
    },
  )

  test.each(available)('under %s they can read tracked memory', (policy) => {
    tracker = DirtyTracker.track(bo, { policy })
    bytes.fill(3, 0, contents.length)
    tracker.collect()
    expect(writeSync(fd, bytes, 0, contents.length, 0)).toBe(contents.length)
    expect(sameBytes(readFileSync(file), bytes.subarray(0, contents.length))).toBe(true)
    writeSync(fd, contents, 0, contents.length, 0)
  })
})
