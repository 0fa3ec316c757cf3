// What is published on diagnostics channels, and as performance entries.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  BufferObject,
  type ChannelMessages,
  DirtyTracker,
  EmulatedDevice,
  tracePerformance,
} from '../../lib/index.ts'
import { available, coherentPolicies, exact, pageSize } from '../support/mechanisms.ts'

const pages = 64
const size = pages * pageSize

type Name = keyof ChannelMessages

/** Everything that is published while `run` runs, in order. */
function listen<Names extends Name>(run: () => void, ...names: Names[]): ChannelMessages[Names][] {
  const heard: ChannelMessages[Names][] = []
  const listeners = names.map((name) => {
    const listener = (message: unknown) => heard.push(message as ChannelMessages[Names])
    subscribe(name, listener)
    return [name, listener] as const
  })
  try {
    run()
  } finally {
    for (const [name, listener] of listeners) unsubscribe(name, listener)
  }
  return heard
}

describe.each(exact)('under %s', (policy) => {
  let device: EmulatedDevice
  let buffer: BufferObject
  let bytes: Uint8Array

  beforeEach(() => {
    device = new EmulatedDevice()
    buffer = device.createBufferObject({ size, policy })
    bytes = new Uint8Array(buffer.map())
    // From here on nothing is dirty.
    const target = device.createBuffer({ size })
    device.submit([{ op: 'copy', from: buffer.resource(), to: target }]).wait()
  })

  afterEach(() => device.destroy())

  test('a submission tells its pages, bytes and time', () => {
    const part = buffer.resource({ offset: 8 * pageSize, size: 16 * pageSize })
    const target = device.createBuffer({ size: part.size })
    device.submit([{ op: 'copy', from: part, to: target }]).wait()
    bytes[0] = 1 // not in the part
    bytes[9 * pageSize] = 1
    bytes[10 * pageSize] = 1
    bytes[20 * pageSize] = 1
    const before = performance.now()
    let seqno = 0
    const heard = listen(() => {
      const fence = device.submit([
        { op: 'copy', from: part, to: target },
        { op: 'fill', to: { resource: part, offset: 8 * pageSize, size: pageSize }, value: 1 },
      ])
      seqno = fence.seqno
    }, 'mkwrite:submit')
    expect(heard).toHaveLength(1)
    const [message] = heard
    expect(message).toEqual({
      device,
      seqno,
      commands: 2,
      startTime: expect.any(Number),
      duration: expect.any(Number),
      pagesReported: 3,
      bytesUpdated: 3 * pageSize,
      bytesStaged: 0,
      buffers: [
        {
          buffer,
          mechanism: policy,
          used: Uint32Array.of(8, 16),
          written: Uint32Array.of(16, 1),
          dirty: Uint32Array.of(9, 2, 20, 1),
          bytesUpdated: 3 * pageSize,
          boxesUpdated: 0,
        },
      ],
    })
    expect(message?.startTime).toBeGreaterThanOrEqual(before)
    expect(message?.duration).toBeGreaterThan(0)
    expect((message?.startTime ?? 0) + (message?.duration ?? 0)).toBeLessThan(performance.now())
  })

  test('what is not page-exact with surfaces is told as boxes', () => {
    const surface = buffer.surface({ format: 'rgba8', width: 64, height: 64 })
    const target = device.createBuffer({ size: surface.size })
    const draw = () => device.submit([{ op: 'copy', from: surface, to: target }]).wait()
    draw()
    bytes[0] = 1
    const [message] = listen(draw, 'mkwrite:submit')
    expect(message?.buffers[0]).toMatchObject({ boxesUpdated: 1, dirty: Uint32Array.of(0, 1) })
  })

  test('what is sent while the queue is busy is told as staged', () => {
    const target = device.createBuffer({ size })
    device.pause()
    device.submit([])
    bytes[0] = 1
    const submit = () => device.submit([{ op: 'copy', from: buffer.resource(), to: target }])
    const heard = listen(submit, 'mkwrite:submit')
    device.resume()
    expect(heard).toMatchObject([{ bytesUpdated: pageSize, bytesStaged: pageSize }])
  })

  test('a submission that uses no buffer object has no share', () => {
    const heard = listen(() => device.submit([]), 'mkwrite:submit')
    expect(heard).toMatchObject([{ commands: 0, pagesReported: 0, bytesUpdated: 0, buffers: [] }])
  })

  test('a submission that fails is not published', () => {
    bytes[0] = 1
    device.refuseNextUpdate()
    const target = device.createBuffer({ size })
    const submit = () => device.submit([{ op: 'copy', from: buffer.resource(), to: target }])
    expect(listen(() => expect(submit).toThrow('refused'), 'mkwrite:submit')).toEqual([])
    // Found by the first one, sent by the second.
    const heard = listen(submit, 'mkwrite:submit')
    expect(heard).toMatchObject([{ pagesReported: 0, bytesUpdated: pageSize }])
  })

  test('readbacks come with the next submission, with their pages', () => {
    buffer.advise('random') // page by page
    const heard = listen(() => {
      device.submit([]) // begins to note readbacks
      device.submit([{ op: 'fill', to: buffer.resource(), value: 7 }]).wait()
      expect(bytes[3 * pageSize]).toBe(7)
      expect(bytes[30 * pageSize]).toBe(7)
      bytes[31 * pageSize] = 8
      device.submit([])
    }, 'mkwrite:readback')
    expect(heard).toEqual([
      { buffer, pages: 3, bytes: 3 * pageSize, runs: Uint32Array.of(3, 1, 30, 2) },
    ])
  })

  test('faults come as counts with the next submission', () => {
    device.submit([]) // what came before
    listen(() => device.submit([]), 'mkwrite:fault')
    const heard = listen(() => {
      device.submit([{ op: 'fill', to: buffer.resource(), value: 7 }]).wait()
      buffer.advise('random')
      expect(bytes[0]).toBe(7)
      bytes[5 * pageSize] = 1
      device.submit([])
      device.submit([]) // nothing since
    }, 'mkwrite:fault')
    expect(heard).toEqual([
      { buffer, mechanism: policy, readFaults: 1, writeFaults: expect.any(Number), waits: 0 },
    ])
    expect(heard[0]?.writeFaults).toBeGreaterThan(0)
  })

  test('a collect tells what it returns', () => {
    const own = new BufferObject({ size })
    const tracker = DirtyTracker.track(own, { policy })
    const written = new Uint8Array(own.map())
    written[2 * pageSize] = 1
    let returned: Uint32Array | undefined
    const heard = listen(() => {
      returned = tracker.collect({ first: 1, count: 10 })
    }, 'mkwrite:collect')
    expect(returned).toEqual(Uint32Array.of(2, 1))
    expect(heard).toEqual([
      {
        tracker,
        buffer: own,
        mechanism: policy,
        firstPage: 1,
        pages: 10,
        dirty: Uint32Array.of(2, 1),
        pagesReported: 1,
        startTime: expect.any(Number),
        duration: expect.any(Number),
      },
    ])
  })
})

test('nothing is lost by ends: faults and readbacks are told when a buffer object or device goes', () => {
  for (const end of ['buffer', 'device'] as const) {
    const device = new EmulatedDevice()
    const heard = listen(
      () => {
        const buffer = device.createBufferObject({ size, policy: 'write-fault' })
        const bytes = new Uint8Array(buffer.map())
        device.submit([{ op: 'fill', to: buffer.resource(), value: 7 }]).wait()
        expect(bytes[0]).toBe(7)
        if (end === 'buffer') buffer.destroy()
        else device.destroy()
      },
      'mkwrite:fault',
      'mkwrite:readback',
    )
    device.destroy()
    expect(heard, end).toMatchObject([{ readFaults: 1 }, { pages: 16, bytes: 16 * pageSize }])
  }
})

test('a tracker that is disposed of tells its last faults', () => {
  const buffer = new BufferObject({ size })
  const tracker = DirtyTracker.track(buffer, { policy: 'write-fault' })
  const heard = listen(() => {
    new Uint8Array(buffer.map())[0] = 1
    tracker.dispose()
  }, 'mkwrite:fault')
  expect(heard).toMatchObject([{ buffer, mechanism: 'write-fault', writeFaults: 1 }])
})

test('flush tells the bytes that it sent', () => {
  const device = new EmulatedDevice()
  const buffer = device.createBufferObject({ size, policy: 'none' })
  buffer.resource()
  const heard = listen(() => buffer.flush({ offset: 100, size: 5000 }), 'mkwrite:flush')
  expect(heard).toMatchObject([{ buffer, offset: 100, size: 5000, bytesUpdated: 5000 }])
  device.destroy()
})

test('invalidate tells its readback with the next message', () => {
  const device = new EmulatedDevice()
  const buffer = device.createBufferObject({ size, policy: 'none' })
  device.submit([{ op: 'fill', to: buffer.resource(), value: 7 }])
  const heard = listen(() => {
    buffer.invalidate({ offset: 0, size: 100 })
    device.submit([])
  }, 'mkwrite:readback')
  expect(heard).toMatchObject([{ buffer, pages: 0, bytes: 100 }])
  device.destroy()
})

test.each(coherentPolicies)('a listener changes nothing of what is done: %s', (policy) => {
  const run = (): unknown[] => {
    const device = new EmulatedDevice()
    const buffer = device.createBufferObject({ size, policy })
    const bytes = new Uint8Array(buffer.map())
    const target = device.createBuffer({ size })
    const results: unknown[] = []
    for (let frame = 0; frame < 20; frame++) {
      bytes[(frame % 5) * pageSize] = frame
      device
        .submit([
          { op: 'copy', from: buffer.resource(), to: target },
          { op: 'fill', to: { resource: buffer.resource(), offset: 50 * pageSize }, value: frame },
        ])
        .wait()
      results.push(bytes[50 * pageSize], buffer.stats)
    }
    results.push(device.stats, Buffer.from(device.peek(target)).toString('base64'))
    device.destroy()
    return results
  }
  const alone = run()
  const names: Name[] = [
    'mkwrite:submit',
    'mkwrite:collect',
    'mkwrite:flush',
    'mkwrite:fault',
    'mkwrite:readback',
  ]
  let observed: unknown
  const heard = listen(
    () => {
      observed = run()
    },
    ...names,
  )
  expect(observed).toEqual(alone)
  expect(heard.length).toBeGreaterThan(20)
})

describe('tracePerformance', () => {
  afterEach(() => {
    performance.clearMeasures()
    performance.clearMarks()
  })

  test('makes measures of submissions and collects, and marks of counts', async () => {
    const device = new EmulatedDevice()
    const trace = tracePerformance()
    const buffer = device.createBufferObject({ size, policy: 'write-fault' })
    new Uint8Array(buffer.map())[0] = 1
    device.submit([{ op: 'fill', to: buffer.resource(), value: 1 }]).wait()
    expect(new Uint8Array(buffer.map())[0]).toBe(1)
    const own = new BufferObject({ size })
    DirtyTracker.track(own, { policy: available[0] ?? 'full' }).collect()
    device.submit([])
    buffer.flush()
    trace.stop()
    trace.stop()
    device.submit([])
    device.destroy()
    const entries = performance.getEntries().filter(({ name }) => name.startsWith('mkwrite:'))
    const named = (name: Name) => entries.filter((entry) => entry.name === name)
    expect(named('mkwrite:submit').map(({ entryType }) => entryType)).toEqual([
      'measure',
      'measure',
    ])
    expect(named('mkwrite:submit')[0]).toMatchObject({
      detail: { commands: 1, pagesReported: 1, bytesUpdated: pageSize },
    })
    expect(named('mkwrite:submit')[0]?.duration).toBeGreaterThan(0)
    expect(named('mkwrite:collect')).toMatchObject([{ detail: { bufferSize: size, pages } }])
    expect(named('mkwrite:flush')).toHaveLength(1)
    expect(named('mkwrite:fault').at(-1)).toMatchObject({ detail: { readFaults: 1 } })
    expect(named('mkwrite:readback')).toMatchObject([{ entryType: 'mark', detail: { pages: 16 } }])
    await setTimeout(0)
  })

  test('reaches observers', async () => {
    const device = new EmulatedDevice()
    const trace = tracePerformance()
    const seen: string[] = []
    const observer = new PerformanceObserver((list) => {
      seen.push(...list.getEntries().map(({ name }) => name))
    })
    observer.observe({ type: 'measure' })
    device.submit([])
    await setTimeout(10)
    observer.disconnect()
    trace[Symbol.dispose]()
    device.destroy()
    expect(seen).toEqual(['mkwrite:submit'])
  })
})
