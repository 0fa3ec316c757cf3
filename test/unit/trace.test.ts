// Trace files: what is written is read again, and what is damaged is refused.

import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { MkwriteError } from '../../lib/index.ts'
import { TraceEncoder } from '../../lib/record/encode.ts'
import { readTrace, type Trace, type TraceStep } from '../../lib/record/index.ts'
import { fc, propertyTest } from '../support/property.ts'

const recordedOn = { kernel: '6.18', arch: 'x64', cpu: 'some', node: 'v20', mkwrite: '0.1.0' }

function encode({ frames, ...header }: Trace): Uint8Array {
  const encoder = new TraceEncoder()
  for (const { steps, ...times } of frames) {
    for (const step of steps) {
      if (step.kind === 'submit') encoder.submit(step)
      else encoder.collect(step)
    }
    encoder.frame(times)
  }
  return encoder.finish(header)
}

/** Runs within `pages` pages. */
const runsOf = (pages: number) =>
  fc.uniqueArray(fc.nat(pages - 1), { maxLength: 20 }).map((list) => {
    const pairs: number[] = []
    for (const page of list.sort((a, b) => a - b)) {
      const at = pairs.length - 2
      if (at >= 0 && page === (pairs[at] as number) + (pairs[at + 1] as number))
        pairs[at + 1] = (pairs[at + 1] as number) + 1
      else pairs.push(page, 1)
    }
    return Uint32Array.from(pairs)
  })

const anyTrace: fc.Arbitrary<Trace> = fc
  .array(
    fc.record({
      pages: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(2 ** 32)),
      owner: fc.constantFrom('device' as const, 'tracker' as const),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .chain((buffers) => {
    const numbered = buffers.map((buffer, number) => ({ ...buffer, number }))
    const submits = numbered.filter(({ owner }) => owner === 'device')
    const collects = numbered.filter(({ owner }) => owner === 'tracker')
    const shares = submits.map(({ pages, number: buffer }) =>
      fc.record({
        buffer: fc.constant(buffer),
        used: runsOf(pages),
        written: runsOf(pages),
        dirty: runsOf(pages),
        bytesUpdated: fc.maxSafeNat(),
      }),
    )
    const readBacks = submits.map(({ pages, number: buffer }) =>
      fc.record({ buffer: fc.constant(buffer), runs: runsOf(pages), faults: fc.maxSafeNat() }),
    )
    const steps: fc.Arbitrary<TraceStep>[] = [
      fc.record({
        kind: fc.constant('submit' as const),
        busy: fc.boolean(),
        shares: fc.tuple(...shares).chain((all) => fc.subarray(all)),
        readBacks: fc.tuple(...readBacks).chain((all) => fc.subarray(all)),
      }),
      ...collects.map(({ pages, number: buffer }) =>
        fc.record({
          kind: fc.constant('collect' as const),
          buffer: fc.constant(buffer),
          firstPage: fc.constant(0),
          pages: fc.constant(pages),
          dirty: runsOf(pages),
        }),
      ),
    ]
    return fc.record({
      program: fc.string(),
      frame: fc.oneof(fc.constant('submit' as const), fc.integer({ min: 1, max: 1000 })),
      mechanism: fc.constantFrom('userfault' as const, 'write-fault' as const),
      pageSize: fc.constantFrom(4096, 16384),
      recordedOn: fc.constant(recordedOn),
      buffers: fc.constant(buffers),
      frames: fc.array(
        fc.record({
          steps: fc.array(fc.oneof(...steps), { maxLength: 4 }),
          cpuNs: fc.maxSafeNat(),
          wallNs: fc.maxSafeNat(),
          idleNs: fc.maxSafeNat(),
          othersShare: fc.nat(1000).map((thousandths) => thousandths / 1000),
        }),
        { maxLength: 5 },
      ),
    })
  })

const small: Trace = {
  program: 'app.mjs',
  frame: 'submit',
  mechanism: 'userfault',
  pageSize: 4096,
  recordedOn,
  buffers: [
    { pages: 8, owner: 'device' },
    { pages: 4, owner: 'tracker' },
  ],
  frames: [
    {
      steps: [
        {
          kind: 'submit',
          busy: true,
          readBacks: [{ buffer: 0, runs: Uint32Array.of(1, 1), faults: 1 }],
          shares: [
            {
              buffer: 0,
              used: Uint32Array.of(0, 8),
              written: Uint32Array.of(6, 2),
              dirty: Uint32Array.of(0, 1, 2, 3),
              bytesUpdated: 16384,
            },
          ],
        },
        { kind: 'collect', buffer: 1, firstPage: 1, pages: 2, dirty: Uint32Array.of(2, 1) },
      ],
      cpuNs: 1000,
      wallNs: 3000,
      idleNs: 500,
      othersShare: 0.25,
    },
  ],
}

function refusal(file: Uint8Array): MkwriteError {
  try {
    readTrace(file)
  } catch (error) {
    expect(error).toBeInstanceOf(MkwriteError)
    return error as MkwriteError
  }
  throw new Error('It was read.')
}

/** A file with this body behind the header of `small`, or another header. */
function fileOf(body: readonly number[], header: object = {}, version = 2): Uint8Array {
  const { frames, ...rest } = small
  const json = JSON.stringify({ ...rest, frames: frames.length, ...header })
  return gzipSync(
    Buffer.concat([Buffer.from(`mkwrite trace ${version}\n${json}\n`), Buffer.from(body)]),
  )
}

propertyTest.prop([anyTrace], { numRuns: 200 })('what is written is read again', (trace) => {
  expect(readTrace(encode(trace))).toEqual(trace)
})

test('the format is the one that docs/trace.md describes', () => {
  const bytes = gunzipSync(encode(small))
  const [magic, header] = bytes.toString('latin1').split('\n')
  expect(magic).toBe('mkwrite trace 2')
  expect(JSON.parse(header ?? '')).toMatchObject({ program: 'app.mjs', frames: 1 })
  const body = bytes.subarray((magic ?? '').length + (header ?? '').length + 2)
  expect([...body]).toEqual([
    ...[1, 1], // a submission, busy
    ...[1, 0, 1, 1, 1, 1], // one readback: buffer object 0, one run: after 1 page 1 page; one fault
    ...[1, 0], // one share: of buffer object 0
    ...[1, 0, 8], // used
    ...[1, 6, 2], // written
    ...[2, 0, 1, 1, 3], // dirty
    ...[0x80, 0x80, 1], // 16384 bytes
    ...[2, 1, 1, 2, 1, 2, 1], // a collect of buffer object 1, from page 1 on 2 pages
    ...[0, 0xe8, 7, 0xb8, 0x17, 0xf4, 3], // the end of the frame: 1000, 3000 and 500 ns
    ...[0xfa, 1], // others ran for 250 thousandths
  ])
})

test('version 1 is read, which does not say how much other threads ran', () => {
  const { frames } = readTrace(fileOf([0, 3, 2, 1], {}, 1))
  expect(frames).toEqual([{ steps: [], cpuNs: 3, wallNs: 2, idleNs: 1, othersShare: 0 }])
})

describe('a damaged file is refused with a typed error', () => {
  const file = encode(small)

  test('wherever it is cut off', () => {
    for (let length = 0; length < file.length; length++) {
      expect(refusal(file.subarray(0, length)).code).toBe('ERR_MKWRITE_INVALID_TRACE')
    }
  })

  test('whichever byte is changed', () => {
    for (let at = 0; at < file.length; at++) {
      const changed = Uint8Array.from(file)
      changed[at] = (changed[at] ?? 0) ^ 0x55
      // Some bytes of gzip's own header mean nothing: time, flags of compression, operating system.
      if (at >= 4 && at < 10) continue
      expect(refusal(changed).code).toBe('ERR_MKWRITE_INVALID_TRACE')
    }
  })

  const anyBody = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 })
  propertyTest.prop([anyBody], { numRuns: 1000 })('whatever its body is', (body) => {
    try {
      readTrace(fileOf(body))
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_MKWRITE_INVALID_TRACE' })
    }
  })

  test.each<[string, readonly number[], string]>([
    ['an unknown record', [9], 'no record of kind 9'],
    ['a frame without end', [0, 1], 'ends within a time'],
    ['steps without a frame', [2, 1, 0, 4, 0], 'last frame does not end'],
    ['too few frames', [], '0 frames, and 1 were written'],
    ['a buffer object that is not there', [2, 7], 'number of a buffer object is larger than 1'],
    ["a collect of a device's buffer object", [2, 0], "is no tracker's"],
    ["a submission of a tracker's", [1, 0, 1, 1], "is no device's"],
    ['a flag that is none', [1, 2], 'a flag is larger than 1'],
    ['more runs than pages', [2, 1, 0, 4, 3], 'count of dirty pages is larger than 2'],
    ['a run beyond the end', [2, 1, 0, 4, 1, 2, 3], 'dirty pages is larger than 2'],
    ['an empty run', [2, 1, 0, 4, 1, 0, 0], 'one of dirty pages is empty'],
    ['runs that touch', [2, 1, 0, 4, 2, 0, 1, 0, 1], 'touch each other'],
    ['a number without end', [0, ...Array(12).fill(0x80)], 'too many digits'],
    ['a number too large', [0, ...Array(8).fill(0xff), 1], 'larger than'],
  ])('%s', (_, body, message) => {
    expect(refusal(fileOf(body)).message).toContain(message)
  })

  test.each<[string, Uint8Array, string]>([
    ['no gzip', new TextEncoder().encode('hello'), 'gzip says'],
    ['something else', gzipSync('hello\n{}\n'), 'does not begin as one'],
    [
      'a later version',
      gzipSync('mkwrite trace 3\n{}\n'),
      'of version 3, and this mkwrite reads 1 and 2',
    ],
    ['no header', gzipSync('mkwrite trace 1\n'), 'header does not end'],
    ['no JSON', gzipSync('mkwrite trace 1\n{\n'), 'not JSON'],
    ['no object', gzipSync('mkwrite trace 1\nnull\n'), 'not an object'],
    ['an unknown mechanism', fileOf([], { mechanism: 'magic' }), 'lacks something'],
    ['no buffer objects', fileOf([], { buffers: 1 }), 'lacks something'],
    ['a buffer object of nobody', fileOf([], { buffers: [{ pages: 1 }] }), 'lacks something'],
    ['no pages', fileOf([], { buffers: [{ pages: 0, owner: 'device' }] }), 'lacks something'],
    ['a page size of nothing', fileOf([], { pageSize: 0 }), 'lacks something'],
    ['no machine', fileOf([], { recordedOn: null }), 'lacks something'],
  ])('%s', (_, damaged, message) => {
    expect(refusal(damaged).message).toContain(message)
  })

  test('what is no bytes at all', () => {
    expect(() => readTrace('x' as never)).toThrow('Uint8Array')
  })
})
