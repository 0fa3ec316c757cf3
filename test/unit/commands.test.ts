// Which commands submit() refuses, and what it says then. Nothing of a refused submission is queued.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BufferObject, type Command, EmulatedDevice, type Resource } from '../../lib/index.ts'
import { codeOf, errorOf } from '../support/errors.ts'
import { pageSize } from '../support/mechanisms.ts'

let device: EmulatedDevice
let bo: BufferObject
let resource: Resource
let memory: Resource

beforeAll(() => {
  device = new EmulatedDevice({ memory: 2 ** 20 })
  bo = device.createBufferObject({ size: 2 * pageSize })
  resource = bo.resource({ offset: 100, size: 1000 })
  memory = device.createBuffer({ size: 1000 })
})

afterAll(() => {
  device.destroy()
  bo.destroy()
})

const refusal = (command: unknown) => errorOf(() => device.submit([command as Command]))

describe('exact messages', () => {
  test.each<[string, () => unknown, string]>([
    [
      'an unknown command',
      () => ({ op: 'blit' }),
      `The "commands[0].op" argument must be one of 'fill', 'copy', 'checksum', 'discard', 'scaleAdd', 'transform', 'downsample', 'fillTriangles'. Received 'blit'`,
    ],
    [
      'a name that every object has',
      () => ({ op: 'constructor' }),
      `The "commands[0].op" argument must be one of 'fill', 'copy', 'checksum', 'discard', 'scaleAdd', 'transform', 'downsample', 'fillTriangles'. Received 'constructor'`,
    ],
    [
      'nothing at all',
      () => null,
      `The "commands[0].op" argument must be one of 'fill', 'copy', 'checksum', 'discard', 'scaleAdd', 'transform', 'downsample', 'fillTriangles'. Received undefined`,
    ],
    [
      'a value that is no byte',
      () => ({ op: 'fill', to: memory, value: 256 }),
      'The value of "commands[0].value" is out of range. It must be an integer >= 0 and <= 255. Received 256',
    ],
    [
      'a missing value',
      () => ({ op: 'fill', to: memory }),
      'The "commands[0].value" argument must be of type number. Received undefined',
    ],
    [
      'a missing target',
      () => ({ op: 'fill', value: 1 }),
      'The "commands[0].to" argument must be a Resource or { resource, offset, size }. Received undefined',
    ],
    [
      'a range behind the end',
      () => ({ op: 'fill', to: { resource: memory, offset: 999, size: 2 }, value: 1 }),
      'The value of "commands[0].to.size" is out of range. It must be an integer >= 1 and <= 1. Received 2',
    ],
    [
      'sizes that differ',
      () => ({ op: 'copy', from: memory, to: { resource, size: 10 } }),
      'A copy\'s "from" and "to" must have the same size. Received 1000 and 10',
    ],
    [
      'a checksum of the wrong size',
      () => ({ op: 'checksum', from: memory, to: { resource, size: 8 } }),
      'A checksum\'s "to" must have 4 bytes. Received 8',
    ],
  ])('%s', (_, command, message) => {
    expect(refusal(command()).message).toBe(message)
  })
})

test('a misspelled key is named', () => {
  expect(refusal({ op: 'fill', to: memory, valeu: 1, value: 1 }).message).toContain('valeu')
  expect(refusal({ op: 'fill', to: { resource: memory, ofset: 1 }, value: 1 }).message).toContain(
    'ofset',
  )
})

test.each([[0], [-1], [1001], [1.5], [Number.NaN], ['1'], [null]])(
  'a target of %o bytes is refused',
  (size) => {
    const to = { resource: memory, size: size as number }
    expect(refusal({ op: 'fill', to, value: 1 }).code).toMatch(
      typeof size === 'number' ? 'ERR_MKWRITE_OUT_OF_RANGE' : 'ERR_MKWRITE_INVALID_ARGUMENT',
    )
  },
)

test.each([[undefined], [null], [{}], ['fill'], [new Uint8Array(3)]])(
  '%o is no list of commands',
  (commands) => {
    expect(errorOf(() => device.submit(commands as never)).message).toMatch(
      /^The "commands" argument must be an array\. Received /,
    )
  },
)

test.each([[{}], ['memory'], [1], [new ArrayBuffer(8)], [{ resource: {} }]])(
  '%o is no resource',
  (to) => {
    expect(refusal({ op: 'fill', to, value: 1 }).code).toBe('ERR_MKWRITE_INVALID_ARGUMENT')
  },
)

test("another device's resource is refused", () => {
  const other = new EmulatedDevice({ memory: 2 ** 20 })
  const foreign = other.createBuffer({ size: 10 })
  expect(refusal({ op: 'fill', to: foreign, value: 1 })).toMatchObject({
    code: 'ERR_MKWRITE_INVALID_ARGUMENT',
    message: expect.stringContaining('a resource of the device that it is submitted to'),
  })
  other.destroy()
})

test('a destroyed buffer object is refused, by the name of the operand', () => {
  const gone = device.createBufferObject({ size: pageSize })
  const target = gone.resource()
  gone.destroy()
  expect(refusal({ op: 'fill', to: target, value: 1 })).toMatchObject({
    code: 'ERR_MKWRITE_DESTROYED',
    message: 'The buffer object of "commands[0].to" was destroyed. Create a new one.',
  })
})

test('the number of the wrong command is given', () => {
  const right: Command = { op: 'fill', to: memory, value: 1 }
  expect(errorOf(() => device.submit([right, right, { op: 'no' } as never])).message).toContain(
    '"commands[2].op"',
  )
})

test('nothing of a refused submission runs', () => {
  device.submit([{ op: 'fill', to: memory, value: 1 }]).wait()
  const before = device.stats
  const right: Command = { op: 'fill', to: memory, value: 2 }
  expect(codeOf(() => device.submit([right, { op: 'fill', to: memory, value: -1 }]))).toBe(
    'ERR_MKWRITE_OUT_OF_RANGE',
  )
  expect(
    codeOf(() => device.submit([right, { op: 'copy', from: memory, to: { resource, size: 1 } }])),
  ).toBe('ERR_MKWRITE_INVALID_ARGUMENT')
  device.submit([]).wait()
  expect(new Uint8Array(device.peek(memory))[0]).toBe(1)
  expect(device.stats.commands).toBe(before.commands)
})

test('-0 is a byte, an offset', () => {
  device.submit([{ op: 'fill', to: { resource: memory, offset: -0, size: 1 }, value: -0 }]).wait()
  expect(new Uint8Array(device.peek(memory))[0]).toBe(0)
})

describe('resources', () => {
  test('are the same for the same range', () => {
    expect(bo.resource({ offset: 100, size: 1000 })).toBe(resource)
    expect(bo.resource()).toBe(bo.resource({ offset: 0, size: bo.size }))
    expect(bo.resource({ coherent: false })).not.toBe(bo.resource())
    expect(resource).toMatchObject({ device, buffer: bo, size: 1000 })
    expect(memory.buffer).toBeUndefined()
  })

  test.each([
    [{ offset: -1 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ offset: 2 * pageSize }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ size: 0 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ size: null }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [{ length: 1 }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [{ coherent: 1 }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [{ coherent: null }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [null, 'ERR_MKWRITE_INVALID_ARGUMENT'],
  ])('with %o are refused', (options, code) => {
    expect(codeOf(() => bo.resource(options as never))).toBe(code)
  })

  test('cannot be coherent without a policy', () => {
    const explicit = device.createBufferObject({ size: pageSize, policy: 'none' })
    expect(errorOf(() => explicit.resource({ coherent: true }))).toMatchObject({
      code: 'ERR_MKWRITE_INVALID_ARGUMENT',
      message: expect.stringContaining('Create the buffer object with a policy'),
    })
    explicit.destroy()
  })
})

describe('the options of a device', () => {
  test.each([
    [{ memory: 0 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ memory: 2 ** 41 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ memory: '1' }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [{ memory: null }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [{ lockupTimeout: -1 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ lockupTimeout: Number.NaN }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ dmaLatency: Infinity }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ dmaBandwidth: -5 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ bandwidth: -1 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ bandwith: 1 }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [null, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['fast', 'ERR_MKWRITE_INVALID_ARGUMENT'],
  ])('refuse %o', (options, code) => {
    expect(codeOf(() => new EmulatedDevice(options as never))).toBe(code)
  })

  test.each([
    [{ size: 0 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ size: pageSize, policy: 'no' }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [{ size: pageSize, policy: null }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [{ size: pageSize, mechanism: 'full' }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [undefined, 'ERR_MKWRITE_INVALID_ARGUMENT'],
  ])('of its buffer objects refuse %o', (options, code) => {
    expect(codeOf(() => device.createBufferObject(options as never))).toBe(code)
  })

  test.each([[{}], [{ size: 0 }], [{ size: 1, offset: 2 }], [undefined]])(
    'of its buffers refuse %o',
    (options) => {
      expect(codeOf(() => device.createBuffer(options as never))).toMatch(
        /INVALID_ARGUMENT|OUT_OF_RANGE/,
      )
    },
  )
})

test('a buffer object without a device says how to get one with a device', async () => {
  const { BufferObject } = await import('../../lib/index.ts')
  const plain = new BufferObject({ size: 1 })
  for (const use of [
    () => plain.resource(),
    () => plain.flush(),
    () => plain.invalidate(),
    () => plain.stats,
  ]) {
    expect(errorOf(use)).toMatchObject({
      code: 'ERR_MKWRITE_INVALID_ARGUMENT',
      message: expect.stringContaining('device.createBufferObject()'),
    })
  }
  expect(plain.device).toBeUndefined()
  expect(bo.device).toBe(device)
  plain.destroy()
})
