// Several JavaScript environments in one process (this test runs in a worker thread itself) share
// one SIGSEGV handler, and nothing else: each has its own classes, trackers and devices.

import { once } from 'node:events'
import { isMainThread, Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { BufferObject, DirtyTracker, EmulatedDevice, MkwriteError } from '../../lib/index.ts'
import { available, coherentPolicies, exact, pageSize } from '../support/mechanisms.ts'
import { pagesIn, sameBytes, touch } from '../support/pages.ts'
import { rounds } from '../support/rounds.ts'

const pages = 32
const size = pages * pageSize
const fixture = new URL('../fixtures/environment.mjs', import.meta.url)

test('this is not the main thread', () => {
  expect(isMainThread).toBe(false)
})

function startWorker(tidy: boolean): Promise<unknown> {
  const worker = new Worker(fixture, {
    workerData: { policies: available, rounds: rounds(40), pageSize, tidy },
  })
  return Promise.all([once(worker, 'message'), once(worker, 'exit')])
}

describe.each(exact)('under %s', (policy) => {
  test('this environment tracks, while others do and come and go', async () => {
    const others = [startWorker(true), startWorker(false)]
    const bo = new BufferObject({ size })
    const bytes = new Uint8Array(bo.map())
    const tracker = DirtyTracker.track(bo, { policy })
    tracker.collect()
    let running = true
    const ended = Promise.all(others).finally(() => {
      running = false
    })
    for (let round = 0; running; round++) {
      touch(bytes, round % pages, (round * 7) % pages)
      const written = [...new Set([round % pages, (round * 7) % pages])].sort((a, b) => a - b)
      expect(pagesIn(tracker.collect())).toEqual(written)
      if (round % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    for (const [[message], [code]] of (await ended) as [[unknown], [unknown]][]) {
      expect([message, code]).toEqual(['done', 0])
    }
    bo.destroy()
  })
})

test('errors are of this environment, also those that the addon makes', () => {
  const bo = new BufferObject({ size })
  const tracker = DirtyTracker.track(bo)
  const track = () => DirtyTracker.track(bo)
  expect(track).toThrow(MkwriteError)
  tracker.dispose()
  bo.destroy()
})

describe.each(coherentPolicies)('under policy %s', (policy) => {
  test('a device of this environment signals its fences here', async () => {
    const device = new EmulatedDevice({ memory: 2 ** 20 })
    const bo = device.createBufferObject({ size, policy })
    const bytes = new Uint8Array(bo.map())
    const target = device.createBuffer({ size })
    for (let round = 0; round < rounds(20); round++) {
      touch(bytes, round % pages)
      await device.submit([{ op: 'copy', from: bo.resource(), to: target }]).signaled
      expect(sameBytes(device.peek(target), bytes)).toBe(true)
    }
    device.destroy()
    bo.destroy()
  })
})
