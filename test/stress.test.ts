// stress(): that it finds nothing here, tells what it did, and ends when it should. That it finds
// what is broken is shown by builds with a deliberate mistake (docs/stress.md).

import { describe, expect, test } from 'vitest'
import { MkwriteError, mechanisms, type Policy } from '../lib/index.ts'
import { type StressCounts, type StressOptions, stress } from '../lib/stress/index.ts'
import { available, coherentPolicies, pageSize } from './support/mechanisms.ts'

const brief: StressOptions = { seconds: 0.2, threads: 3, size: 64 * pageSize }

/** Runs until each of these has happened and all memory was compared after it, however slow the machine. */
async function stressUntil(
  wanted: readonly (keyof StressCounts)[],
  options: StressOptions,
): Promise<StressCounts> {
  const controller = new AbortController()
  let comparisonsBefore: number | undefined
  let last: StressCounts | undefined
  const onProgress = (counts: StressCounts): void => {
    if (!wanted.every((name) => counts[name] > 0)) return
    comparisonsBefore ??= counts.comparisons
    if (counts.comparisons === comparisonsBefore) return
    last = counts
    controller.abort()
  }
  const { signal } = controller
  try {
    await stress({ ...brief, seconds: 3600, ...options, signal, onProgress })
  } catch (error) {
    if (error !== signal.reason) throw error
  }
  if (last === undefined) throw new Error(`not all of ${wanted} happened`)
  return last
}

describe.each(coherentPolicies)('under %s', (mechanism: Policy) => {
  test('racing writers, collects, submissions and device writes lose nothing', async () => {
    const counts = await stressUntil(['cpuWrites', 'deviceWrites', 'collects', 'submissions'], {
      mechanism,
    })
    expect(counts).toMatchObject({ lostUpdates: 0, staleReads: 0 })
  })

  test('a tracker without a device loses nothing', async () => {
    const counts = await stressUntil(['cpuWrites', 'collects'], {
      mechanism,
      deviceWrites: false,
    })
    expect(counts).toMatchObject({
      deviceWrites: 0,
      submissions: 0,
      samePageConflicts: 0,
      lostUpdates: 0,
      staleReads: 0,
    })
  })
})

test('everything that can get into the way does', async () => {
  const counts = await stressUntil(
    ['samePageConflicts', 'evictions', 'dirtyMarks', 'cpuAccesses'],
    { mechanism: 'full' },
  )
  expect(counts).toMatchObject({ lostUpdates: 0, staleReads: 0 })
})

test.each(coherentPolicies)('the result says what ran: %s', async (mechanism) => {
  expect(await stress({ ...brief, mechanism })).toMatchObject({
    schema: 'mkwrite.stress/1',
    mechanism,
    seconds: 0.2,
    threads: 3,
    views: 2,
    size: 64 * pageSize,
    lostUpdates: 0,
    staleReads: 0,
  })
})

test('one writer, one view, four pages and no time are enough', async () => {
  const result = await stress({ seconds: 0, threads: 1, views: 1, size: 4 * pageSize, seed: 7 })
  expect(result).toMatchObject({ comparisons: 1, lostUpdates: 0, staleReads: 0, seed: 7 })
})

describe.each([true, false])('with twins, and device writes: %s', (deviceWrites) => {
  test('pages are trimmed, and nothing is lost', async () => {
    const counts = await stressUntil(['pagesTrimmed'], {
      mechanism: 'auto',
      trim: true,
      deviceWrites,
    })
    expect(counts).toMatchObject({ lostUpdates: 0, staleReads: 0 })
  })
})

test('a size is rounded up to whole pages', async () => {
  const { size } = await stress({ seconds: 0, size: 4 * pageSize + 1 })
  expect(size).toBe(5 * pageSize)
})

test('two tests can run at the same time', async () => {
  const results = await Promise.all([stress(brief), stress({ ...brief, mechanism: 'full' })])
  for (const result of results) expect(result).toMatchObject({ lostUpdates: 0, staleReads: 0 })
})

test('this thread goes on meanwhile and is told what happened so far', async () => {
  const controller = new AbortController()
  const reason = new Error('seen enough')
  const seen: StressCounts[] = []
  const running = stress({
    ...brief,
    seconds: 3600,
    signal: controller.signal,
    onProgress: (counts) => {
      seen.push(counts)
      if (seen.length > 1 && counts.cpuWrites > 0) controller.abort(reason)
    },
  })
  await expect(running).rejects.toBe(reason)
  const writes = seen.map((counts) => counts.cpuWrites)
  expect(writes).toEqual(writes.toSorted((a, b) => a - b))
})

test('what onProgress throws ends the test', async () => {
  const reason = new Error('enough')
  const running = stress({
    ...brief,
    seconds: 3600,
    onProgress: () => {
      throw reason
    },
  })
  await expect(running).rejects.toBe(reason)
})

test('a signal that was aborted before keeps it from beginning', async () => {
  await expect(stress({ ...brief, signal: AbortSignal.abort(1) })).rejects.toBe(1)
})

describe('what cannot be run', () => {
  test('a mechanism that does not work here is an error with the reason', async () => {
    for (const mechanism of mechanisms) {
      if (available.includes(mechanism)) continue
      const running = stress({ ...brief, mechanism })
      await expect(running).rejects.toBeInstanceOf(MkwriteError)
      await expect(running).rejects.toMatchObject({ code: 'ERR_MKWRITE_MECHANISM_UNAVAILABLE' })
    }
  })

  test.each<[string, object, string]>([
    ['an unknown mechanism', { mechanism: 'guess' }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['negative time', { seconds: -1 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['no writer', { threads: 0 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['too many writers', { threads: 65 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['half a view', { views: 0.5 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['fewer than four pages', { size: pageSize }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['a size that is no number', { size: '1MiB' }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['a seed below 0', { seed: -1 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    ['device writes that are no boolean', { deviceWrites: 1 }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [
      'twins under another policy',
      { mechanism: 'kernel', trim: true },
      'ERR_MKWRITE_INVALID_ARGUMENT',
    ],
    ['twins that are no boolean', { mechanism: 'auto', trim: 1 }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    ['a misspelled option', { thread: 1 }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
  ])('%s', async (_, options, code) => {
    await expect(stress(options as StressOptions)).rejects.toMatchObject({ code })
  })
})
