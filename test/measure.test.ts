// measure(): what it promises about its result, never how fast anything is.

import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { beforeAll, describe, expect, test } from 'vitest'
import { internals } from '../lib/buffer-object.ts'
import { BufferObject, MkwriteError, mechanisms, probe } from '../lib/index.ts'
import {
  type Absence,
  type FaultRow,
  type Measurement,
  type MeasureOptions,
  type MeasureResult,
  measure,
  patterns,
  type SweepContender,
} from '../lib/measure/index.ts'
import { describeClock } from '../lib/measure/measure.ts'
import { pageSource } from '../lib/measure/patterns.ts'
import { native } from '../lib/native.ts'
import { faultingMechanisms } from '../lib/policy.ts'
import { available, pageSize } from './support/mechanisms.ts'

const small: MeasureOptions = {
  quick: true,
  parts: ['sweep'],
  size: 64 * pageSize,
  seconds: 0,
  dirtyFractions: [0.1, 1],
}

const contenders: readonly SweepContender[] = [...available, 'auto']

/** All rows of a result, measured or not. */
function rowsOf({ floors, faults, sweep, effects }: MeasureResult): (Measurement | Absence)[] {
  const bare = sweep.map((it) => it.bare)
  return [...Object.values(floors ?? {}), ...faults, ...sweep, ...bare, ...effects]
}

describe('the result', () => {
  test('has one case for each contender, pattern and fraction', async () => {
    const { schema, sweep } = await measure(small)
    expect(schema).toBe('mkwrite.measure/2')
    const cases = sweep.map((it) => [it.mechanism, it.pattern, it.dirtyFraction])
    const expected = contenders.flatMap((mechanism) =>
      patterns.flatMap((pattern) => [0.1, 1].map((fraction) => [mechanism, pattern, fraction])),
    )
    expect(cases).toEqual(expected)
  })

  test('describes the machine, and what was asked for', async () => {
    const { environment, settings } = await measure({ ...small, mechanisms: ['full'] })
    expect(environment).toMatchObject({
      kernel: probe().kernel,
      arch: process.arch,
      node: process.version,
      pageSize,
    })
    expect(environment.cpus).toBeGreaterThan(0)
    expect(environment.mkwrite).toMatch(/^\d+\.\d+\.\d+/)
    expect(settings).toEqual({ mode: 'quick', size: 64 * pageSize, bytesPerPage: 8 })
  })

  test('has only the parts that were asked for', async () => {
    const { floors, faults, sweep, effects } = await measure({ ...small, parts: ['floors'] })
    expect(floors).not.toBeNull()
    expect([faults, sweep, effects]).toEqual([[], [], []])
  })

  test('has floors above zero, and a fault that costs more than a system call', async () => {
    const { floors } = await measure({ ...small, parts: ['floors'] })
    const medians = Object.values(floors ?? {}).map((it) => it.median ?? 0)
    expect(medians).toHaveLength(6)
    expect(Math.min(...medians)).toBeGreaterThan(0)
    expect(floors?.signalRoundTrip.median).toBeGreaterThan(floors?.syscall.median ?? Infinity)
  })

  test('tells how quiet the machine was', async () => {
    const { noise } = await measure({ ...small, mechanisms: ['full'] })
    expect(noise.rows).toBe(2 * 3 * 2) // library and bare
    expect(noise.tightRows).toBeLessThanOrEqual(noise.rows)
    expect(noise.seconds).toBeGreaterThan(0)
    expect(noise.otherLoad).toBeGreaterThanOrEqual(0)
    expect(noise.otherLoad).toBeLessThanOrEqual(1)
  })
})

describe('every row', () => {
  let result: MeasureResult
  beforeAll(
    async () => {
      result = await measure({ quick: true, seconds: 0, size: 64 * pageSize })
    },
    60_000 * Number(process.env.MKWRITE_TEST_TIMEOUT_SCALE ?? 1),
  )

  test('has a key of its own', () => {
    const keys = rowsOf(result).map((row) => row.key)
    expect(keys.length).toBeGreaterThan(60)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('has its samples, and an interval around its median; or a reason', () => {
    for (const row of rowsOf(result)) {
      if (row.median === null) {
        expect(row.reason).toMatch(/\S/)
        continue
      }
      const { samples, count, median, interval } = row
      expect(samples.flat()).toHaveLength(count)
      expect(samples.length).toBeGreaterThan(0)
      expect(median, row.key).toBeGreaterThan(0)
      expect(interval[0]).toBeLessThanOrEqual(median)
      expect(interval[1]).toBeGreaterThanOrEqual(median)
    }
  })

  test('is missing only where this machine lacks something', () => {
    const missing = rowsOf(result).filter((row) => row.median === null)
    const lacking = /huge|soft-dirty|clear-refs|heap-writes|mappings|tlb-shootdown/
    for (const { key } of missing) expect(key).toMatch(lacking)
    const asked = ['run-ahead', 'threads', 'tlb-shootdown', 'views', 'size', 'read-back']
    expect(result.effects.map((row) => row.effect)).toEqual(expect.arrayContaining(asked))
  })
})

describe('latencies of single faults', () => {
  let faults: FaultRow[]
  beforeAll(async () => {
    faults = (await measure({ ...small, parts: ['faults'] })).faults
  })

  test('are of all mechanisms under which something faults, by hand and by the library', () => {
    const writes = faults.filter((it) => it.kind === 'write')
    for (const mechanism of available.filter((name) => faultingMechanisms.includes(name))) {
      const found = writes.filter((it) => it.mechanism === mechanism)
      // A sequence of writes is followed under write-fault, and faults rarely.
      const sequential = mechanism === 'write-fault' ? ['bare'] : ['library', 'bare']
      expect(found.map((it) => [it.pattern, it.by])).toEqual([
        ...sequential.map((by) => ['sequential', by]),
        ['random', 'library'],
        ['random', 'bare'],
      ])
    }
    expect(faults.map((it) => it.kind)).toContain('read')
    expect(faults.map((it) => it.kind)).toContain('read-back')
  })

  test('come with percentiles in order, and the histogram that they are from', () => {
    for (const { latency } of faults) {
      if (latency === null) throw new Error('There are no faults')
      const { p50, p90, p99, p999, max, mean, count } = latency
      const inOrder = [p50, p90, p99, p999, max]
      expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b))
      expect(count).toBeGreaterThanOrEqual(256)
      const histogram = decodeFromCompressedBase64(latency.histogram)
      expect(histogram.totalCount).toBe(count)
      expect(Math.min(histogram.getValueAtPercentile(50), max)).toBe(p50)
      expect(Math.abs(histogram.mean - mean)).toBeLessThanOrEqual(0.5)
    }
  })

  test('are split where a handler takes the time, else there is a reason', () => {
    const { reason } = describeClock()
    for (const { by, mechanism, split, splitReason, latency } of faults) {
      const timed = by === 'bare' && mechanism === 'write-fault' && reason === null
      if (!timed) {
        expect(split).toBeNull()
        expect(splitReason).toMatch(/\S/)
        continue
      }
      const parts = Object.values(split ?? {})
      expect(parts).toHaveLength(4)
      expect(splitReason).toBeNull()
      // Parts are medians each by itself, so their sum is only near the whole.
      const sum = parts.reduce((total, ns) => total + ns, 0)
      expect(sum).toBeGreaterThan(0)
      expect(sum).toBeLessThan(2 * (latency?.p90 ?? 0))
    }
  })
})

describe.each(contenders)('under %s', (mechanism) => {
  test('no written page is lost, and all are reported', async () => {
    const { sweep } = await measure({ ...small, mechanisms: [mechanism] })
    for (const it of sweep) {
      expect(it.pages).toBe(64)
      expect(it.dirtyPages).toBe(Math.round(64 * it.dirtyFraction))
      expect(it.lostPages).toBe(0)
      expect(it.reportedPages).toBeGreaterThanOrEqual(it.dirtyPages)
    }
  })

  test('times are positive and fit together', async () => {
    const { sweep } = await measure({ ...small, mechanisms: [mechanism] })
    for (const it of sweep) {
      expect(it.nsPerDirtyPage).toBeCloseTo(it.nsPerFrame.p50 / it.dirtyPages)
      expect(it.nsPerFrame.p50 / (it.median ?? 0)).toBeCloseTo(1)
      expect(it.nsPerFrame.p90).toBeGreaterThanOrEqual(it.nsPerFrame.p50)
      if (mechanism !== 'auto') expect(it.bare.mechanism).toBe(mechanism)
      expect(it.bare.nsPerDirtyPage).toBeGreaterThan(0)
      for (const split of [it.split, it.bare.split]) {
        for (const ns of Object.values(split)) expect(ns).toBeGreaterThanOrEqual(0)
      }
    }
  })

  test('whole pages can be written', async () => {
    const { settings, sweep } = await measure({
      ...small,
      mechanisms: [mechanism],
      bytesPerPage: pageSize,
    })
    expect(settings.bytesPerPage).toBe(pageSize)
    expect(sweep.every((it) => it.lostPages === 0)).toBe(true)
  })
})

test('exactly the written pages are reported by mechanisms that tell them apart', async () => {
  const exact = available.filter((name) => name === 'userfault' || name === 'compare')
  const { sweep } = await measure({ ...small, mechanisms: exact })
  for (const it of sweep) expect(it.reportedPages, it.key).toBe(it.dirtyPages)
  for (const it of sweep) {
    if (it.mechanism === 'userfault') expect(it.faults).toBeGreaterThanOrEqual(it.dirtyPages)
  }
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

test('progress counts the steps', async () => {
  const steps: [number, number][] = []
  await measure({
    ...small,
    mechanisms: ['full'],
    onProgress: ({ done, total }) => steps.push([done, total]),
  })
  // Three patterns and two fractions; of three passes, only the first is due without any time.
  expect(steps).toEqual(Array.from({ length: 6 }, (_, done) => [done, 18]))
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
    ['an unknown part', { parts: ['everything'] }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['both little and much', { quick: true, thorough: true }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
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
