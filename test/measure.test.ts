// measure(): what it promises about its result, never how fast anything is.

import { describe, expect, test } from 'vitest'
import { internals } from '../lib/buffer-object.ts'
import { BufferObject, type Mechanism, MkwriteError, mechanisms, probe } from '../lib/index.ts'
import { type MeasureOptions, measure, patterns } from '../lib/measure/index.ts'
import { pageSource } from '../lib/measure/patterns.ts'
import { native } from '../lib/native.ts'
import { available, pageSize } from './support/mechanisms.ts'

const small: MeasureOptions = {
  quick: true,
  size: 64 * pageSize,
  seconds: 0,
  dirtyFractions: [0.1, 1],
}

describe('the result', () => {
  test('has one case for each mechanism, pattern and fraction', async () => {
    const { schema, sweep } = await measure(small)
    expect(schema).toBe('mkwrite.measure/1')
    const cases = sweep.map((it) => [it.mechanism, it.pattern, it.dirtyFraction])
    const expected = available.flatMap((mechanism) =>
      patterns.flatMap((pattern) => [0.1, 1].map((fraction) => [mechanism, pattern, fraction])),
    )
    expect(cases).toEqual(expected)
  })

  test('describes the machine', async () => {
    const { environment } = await measure({ ...small, mechanisms: ['full'] })
    expect(environment).toMatchObject({
      kernel: probe().kernel,
      arch: process.arch,
      node: process.version,
      pageSize,
    })
    expect(environment.cpus).toBeGreaterThan(0)
    expect(environment.mkwrite).toMatch(/^\d+\.\d+\.\d+/)
  })

  test('has floors above zero, and a fault that costs more than a system call', async () => {
    const { floors } = await measure({ ...small, mechanisms: ['full'] })
    for (const ns of Object.values(floors)) expect(ns).toBeGreaterThan(0)
    expect(Object.keys(floors)).toHaveLength(6)
    expect(floors.signalRoundTripNs).toBeGreaterThan(floors.syscallNs)
  })
})

describe.each(available)('under %s', (mechanism: Mechanism) => {
  test('no written page is lost, and all are reported', async () => {
    const { sweep } = await measure({ ...small, mechanisms: [mechanism] })
    for (const it of sweep) {
      expect(it.pages).toBe(64)
      expect(it.dirtyPages).toBe(Math.round(64 * it.dirtyFraction))
      expect(it.lostPages).toBe(0)
      expect(it.reportedPages).toBeGreaterThanOrEqual(it.dirtyPages)
      expect(it.repetitions).toBeGreaterThanOrEqual(1)
    }
  })

  test('times are positive and fit together', async () => {
    const { sweep } = await measure({ ...small, mechanisms: [mechanism] })
    for (const it of sweep) {
      expect(it.nsPerDirtyPage).toBeCloseTo(it.nsPerFrame.p50 / it.dirtyPages)
      expect(it.nsPerFrame.p90).toBeGreaterThanOrEqual(it.nsPerFrame.p50)
      expect(it.bareNsPerDirtyPage).toBeGreaterThan(0)
      for (const split of [it.split, it.bareSplit]) {
        for (const ns of Object.values(split)) expect(ns).toBeGreaterThanOrEqual(0)
      }
    }
  })

  test('whole pages can be written', async () => {
    const { bytesPerPage, sweep } = await measure({
      ...small,
      mechanisms: [mechanism],
      bytesPerPage: pageSize,
    })
    expect(bytesPerPage).toBe(pageSize)
    expect(sweep.every((it) => it.lostPages === 0)).toBe(true)
  })
})

test('exactly the written pages are reported by mechanisms that tell them apart', async () => {
  const exact = available.filter((name) => name === 'write-fault' || name === 'userfault')
  const { sweep } = await measure({ ...small, mechanisms: exact })
  for (const it of sweep) expect(it.reportedPages).toBe(it.dirtyPages)
  for (const it of sweep) expect(it.faults).toBeGreaterThanOrEqual(it.dirtyPages)
})

test('a written page counts as lost until it is copied', () => {
  const buffer = new BufferObject({ size: 64 * pageSize })
  const bench = new native.measure.Bench(internals.native(buffer), 'full')
  const written = Uint32Array.of(3, 4, 60)
  bench.write(buffer.map(), written, 8, 1, new Float64Array(2))
  expect(bench.countStale(written)).toBe(3)
  bench.copy(Uint32Array.of(3, 1)) // page 3 only
  expect(bench.countStale(written)).toBe(2)
  bench.copy(Uint32Array.of(0, 64))
  expect(bench.countStale(written)).toBe(0)
  buffer.destroy()
})

test('the SIGSEGV handler is left as it was found', async () => {
  await measure({ ...small, mechanisms: ['write-fault'] })
  const { displaced } = native.faultHandlerStats()
  await measure({ ...small, mechanisms: ['write-fault'] })
  expect(native.faultHandlerStats().displaced).toBe(displaced)
})

test('progress counts up to the last step', async () => {
  const steps: [number, number][] = []
  await measure({
    ...small,
    mechanisms: ['full'],
    onProgress: ({ done, total }) => steps.push([done, total]),
  })
  expect(steps).toEqual(Array.from({ length: 7 }, (_, done) => [done, 7]))
})

test('a signal ends the measurement with its reason', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const measuring = measure({
    ...small,
    signal: controller.signal,
    onProgress: ({ done }) => {
      if (done === 2) controller.abort(reason)
    },
  })
  await expect(measuring).rejects.toBe(reason)
})

describe('what cannot be measured', () => {
  test('a mechanism that does not work here is an error with the reason and the remedy', async () => {
    const found = probe().mechanisms
    for (const name of mechanisms) {
      const { [name]: availability } = found
      if (availability.available) continue
      const measuring = measure({ ...small, mechanisms: [name] })
      await expect(measuring).rejects.toBeInstanceOf(MkwriteError)
      await expect(measuring).rejects.toMatchObject({
        code: 'ERR_MKWRITE_MECHANISM_UNAVAILABLE',
        message: expect.stringContaining(availability.remedy),
      })
    }
  })

  test.each<[string, object, string]>([
    ['an unknown mechanism', { mechanisms: ['guess'] }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['no mechanism', { mechanisms: [] }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['an unknown pattern', { patterns: ['zigzag'] }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['a share above 1', { dirtyFractions: [1.5] }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['a share of nothing', { dirtyFractions: [0] }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['NaN as share', { dirtyFractions: [Number.NaN] }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['an empty buffer', { size: 0 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['a size that is no number', { size: '64MiB' }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['half a store', { bytesPerPage: 12 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['more bytes than a page', { bytesPerPage: 1 << 20 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['negative time', { seconds: -1 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['a misspelled option', { quik: true }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
  ])('%s', async (_, options, code) => {
    await expect(measure(options as MeasureOptions)).rejects.toMatchObject({ code })
  })
})

describe.each(patterns)('the pattern %s', (pattern) => {
  test.each([
    [64, 1],
    [64, 7],
    [64, 32],
    [64, 64],
    [1, 1],
  ])('of %i pages draws %i different ones', (pages, count) => {
    const next = pageSource(pattern, pages, count)
    for (let frame = 0; frame < 100; frame++) {
      const drawn = [...next()]
      expect(new Set(drawn).size).toBe(count)
      expect(drawn.every((page) => page >= 0 && page < pages)).toBe(true)
    }
  })

  test('reaches every page in time', () => {
    const next = pageSource(pattern, 64, 16)
    const seen = new Set<number>()
    for (let frame = 0; frame < 200; frame++) for (const page of next()) seen.add(page)
    expect(seen.size).toBe(64)
  })
})
