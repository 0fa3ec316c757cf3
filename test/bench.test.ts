// bench(): what it promises about its result, never how fast anything is.

import { describe, expect, test } from 'vitest'
import {
  type BenchOptions,
  type BenchPattern,
  bench,
  benchParts,
  benchPatterns,
  type ContenderName,
} from '../lib/bench/index.ts'
import { MkwriteError, probe } from '../lib/index.ts'
import { available, coherentPolicies, pageSize } from './support/mechanisms.ts'
import { slowness } from './support/slowness.ts'

const small: BenchOptions = { quick: true, size: 1024 * 1024, seconds: 0, parts: ['frames'] }

const untracked: ContenderName[] = ['explicit', 'upload']
const bare = available
  .filter((name) => name !== 'full')
  .map((name) => `bare-${name}` as ContenderName)

test('each pattern has a row for each contender, and nothing is lost', {
  timeout: 30_000 * slowness,
}, async () => {
  const { schema, size, rows } = await bench({
    ...small,
    contenders: [...untracked, ...bare, ...coherentPolicies],
  })
  expect(schema).toBe('mkwrite.bench/1')
  expect(size).toBe(1024 * 1024)
  const found = new Map(benchPatterns.map(({ name }) => [name, new Set<string>()]))
  for (const row of rows) {
    found.get(row.pattern)?.add(row.contender)
    expect(row).toMatchObject({ bytesPerPage: pageSize, cpuWorkMs: 0, lostPages: 0 })
    expect(row.frames).toBeGreaterThan(0)
    expect(row.pagesReported).toBeGreaterThanOrEqual(row.pagesWritten)
    const { p10, p90 } = row.spread
    expect(p10).toBeLessThanOrEqual(row.nsPerFrame)
    expect(p90).toBeGreaterThanOrEqual(row.nsPerFrame)
  }
  for (const { name, writer } of benchPatterns) {
    const expected =
      writer === 'device'
        ? ['explicit', ...coherentPolicies]
        : [...untracked, ...bare, ...coherentPolicies]
    expect([...(found.get(name) ?? [])].sort()).toEqual([...expected].sort())
  }
})

describe('tables', () => {
  const few: BenchOptions = { ...small, contenders: ['explicit', 'write-fault', 'auto'] }

  test('write whole pages, lines, and beside other work', async () => {
    const patterns = ['hot-10', 'readback-10']
    const { rows } = await bench({
      ...few,
      patterns,
      tables: ['page', 'line', 'work'],
      cpuWork: 0.5,
    })
    const tables = new Set(rows.map((row) => `${row.pattern} ${row.bytesPerPage} ${row.cpuWorkMs}`))
    expect([...tables]).toEqual([
      `hot-10 ${pageSize} 0`,
      `readback-10 ${pageSize} 0`,
      'hot-10 64 0',
      `hot-10 ${pageSize} 0.5`,
      `readback-10 ${pageSize} 0.5`,
    ])
    for (const row of rows) {
      expect(row.lostPages).toBe(0)
      expect(row.split.workNs > 0).toBe(row.cpuWorkMs > 0)
    }
  })

  test('show what adds up to a frame', async () => {
    const { rows } = await bench({ ...few, patterns: ['streaming'] })
    for (const { contender, split, ratioToExplicit } of rows) {
      expect(split.writeNs).toBeGreaterThan(0)
      expect(split.copyNs).toBeGreaterThan(0)
      if (contender === 'explicit') expect(split.collectNs).toBe(0)
      else expect(split.collectNs).toBeGreaterThan(0)
      expect(ratioToExplicit).toBeGreaterThan(0)
    }
  })
})

describe('a pattern of one’s own', () => {
  const contenders: ContenderName[] = ['explicit', 'write-fault']

  test('is measured beside the others', async () => {
    const own: BenchPattern = {
      name: 'own',
      title: 'the last page of each of three buffer objects',
      writes: () => () => Uint32Array.of(7, 15, 23),
      buffers: { count: 3, bytes: 8 * pageSize },
    }
    const { rows } = await bench({
      ...small,
      contenders,
      morePatterns: [own],
      patterns: ['own', 'idle'],
    })
    expect(new Set(rows.map((row) => row.pattern))).toEqual(new Set(['own', 'idle']))
    for (const row of rows.filter((it) => it.pattern === 'own')) {
      expect(row).toMatchObject({ pagesWritten: 3, pagesReported: 3, lostPages: 0 })
    }
  })

  test('that leaves its buffer objects is an error', async () => {
    const own: BenchPattern = {
      name: 'own',
      title: 'too far',
      writes: () => () => Uint32Array.of(256),
    }
    const measuring = bench({ ...small, contenders, morePatterns: [own], patterns: ['own'] })
    await expect(measuring).rejects.toMatchObject({
      code: 'ERR_MKWRITE_OUT_OF_RANGE',
      message: expect.stringContaining('The pattern "own" writes page 256 of 256.'),
    })
  })

  test.each<[string, object, string]>([
    ['a name with spaces', { name: 'my own' }, 'name'],
    ['a name that is taken', { name: 'idle' }, 'morePatterns'],
    ['an unknown kind', { writes: { kind: 'zigzag' } }, 'writes.kind'],
    ['a share above 1', { writes: { kind: 'random', share: 2 } }, 'writes.share'],
    ['a misspelled key', { writes: { kind: 'random', shar: 1 } }, 'writes'],
    [
      'an unknown kind in phases',
      { writes: { kind: 'phases', quiet: 1, busy: 1, during: {} } },
      'during.kind',
    ],
    ['a writer that is neither', { writer: 'nobody' }, 'writer'],
    ['no buffer objects', { buffers: { count: 0, bytes: 1 } }, 'buffers.count'],
    ['intervals that are none', { writes: { kind: 'rewrites', every: [0] } }, 'every[0]'],
  ])('%s is an error that names it', async (_, change, name) => {
    const own = {
      name: 'own',
      title: 'own',
      writes: { kind: 'nothing' },
      ...change,
    } as BenchPattern
    await expect(bench({ ...small, morePatterns: [own] })).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_MKWRITE_(INVALID_ARGUMENT|OUT_OF_RANGE)$/),
      message: expect.stringContaining(name),
    })
  })
})

test('changes of pattern are measured for contenders that adapt', async () => {
  const { rows, switches } = await bench({
    ...small,
    parts: ['switches'],
    contenders: ['explicit', 'auto'],
  })
  expect(rows).toEqual([])
  expect(switches.length).toBeGreaterThan(0)
  for (const it of switches) {
    expect(it).toMatchObject({ contender: 'auto', lostPages: 0 })
    expect(it.frames).toBeGreaterThanOrEqual(0)
    expect(it.frames).toBeLessThanOrEqual(48)
    expect(it.settledNsPerFrame).toBeGreaterThanOrEqual(0)
  }
})

test('scale compares one with many, and idle collects with bare scans', async () => {
  const { scale } = await bench({ ...small, parts: ['scale'], contenders: ['write-fault', 'auto'] })
  const measured = scale.map((it) => [it.measurement, it.contender])
  const idle = probe().mechanisms.userfault.available ? [['idle-collect', 'auto']] : []
  expect(measured).toEqual([['many-buffers', 'write-fault'], ...idle, ['many-buffers', 'auto']])
  for (const it of scale) {
    expect(it.ns).toBeGreaterThanOrEqual(0)
    expect(it.baseNs).toBeGreaterThan(0)
    expect(it.ratio).toBeCloseTo(it.ns / it.baseNs)
  }
})

test('progress counts up to the last step', async () => {
  const steps: [number, number][] = []
  await bench({
    ...small,
    patterns: ['idle', 'ring-5'],
    contenders: ['explicit'],
    onProgress: ({ done, total }) => steps.push([done, total]),
  })
  expect(steps).toEqual([
    [0, 2],
    [1, 2],
  ])
})

test('a signal ends the benchmark with its reason', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const measuring = bench({
    ...small,
    signal: controller.signal,
    onProgress: ({ done }) => {
      if (done === 1) controller.abort(reason)
    },
  })
  await expect(measuring).rejects.toBe(reason)
})

describe('what cannot be measured', () => {
  test('a contender that does not work here is an error', async () => {
    for (const [name, found] of Object.entries(probe().mechanisms)) {
      if (found.available) continue
      const measuring = bench({ ...small, contenders: [`bare-${name}` as ContenderName] })
      await expect(measuring).rejects.toBeInstanceOf(MkwriteError)
      await expect(measuring).rejects.toMatchObject({ code: 'ERR_MKWRITE_MECHANISM_UNAVAILABLE' })
    }
  })

  test.each<[string, object, string]>([
    ['an unknown contender', { contenders: ['guess'] }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['an unknown pattern', { patterns: ['zigzag'] }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['no pattern', { patterns: [] }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['an unknown table', { tables: ['chair'] }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['an unknown part', { parts: ['all'] }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['no memory', { size: 0 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['negative work', { cpuWork: -1 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['a misspelled option', { pattern: ['idle'] }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
  ])('%s is an error', async (_, options, code) => {
    await expect(bench({ ...small, ...options })).rejects.toMatchObject({ code })
  })
})

test('the parts are all measured unless told otherwise', async () => {
  const { rows, switches, scale } = await bench({
    ...small,
    parts: benchParts,
    patterns: ['idle'],
    contenders: ['auto'],
  })
  expect([rows, switches, scale].every((part) => part.length > 0)).toBe(true)
})
