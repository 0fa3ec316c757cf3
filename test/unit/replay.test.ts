// Replays of traces made by hand, whose pages and counts are known.

import { afterEach, describe, expect, test } from 'vitest'
import { Check } from '../../lib/record/check.ts'
import {
  type ReplayCase,
  type ReplayOptions,
  renderReplayHtml,
  replay,
  type Trace,
  type TraceStep,
  type TraceSubmit,
} from '../../lib/record/index.ts'
import { recommend } from '../../lib/record/recommend.ts'
import type { ProgramSummary } from '../../lib/record/replay-result.ts'
import { type Contender, Stage } from '../../lib/record/stage.ts'
import { coherentPolicies, pageSize, workingPolicies } from '../support/mechanisms.ts'

const pages = 32
const none = new Uint32Array()
const recordedOn = { kernel: 'other', arch: 'x64', cpu: 'other', node: 'v20', mkwrite: '0.1.0' }

const header = {
  program: 'by hand',
  frame: 'submit',
  mechanism: 'userfault',
  pageSize,
  recordedOn,
} as const

function submitStep(frame: number): TraceSubmit {
  return {
    kind: 'submit',
    busy: frame % 3 === 1,
    // The device wrote pages 16 to 23 in the frame before; one of them is written, too.
    readBacks: frame === 0 ? [] : [{ buffer: 0, runs: Uint32Array.of(17, 2, 20, 1), faults: 1 }],
    shares: [
      {
        buffer: 0,
        used: Uint32Array.of(0, pages),
        written: Uint32Array.of(16, 8),
        dirty: Uint32Array.of(frame % 8, 1, 10, 2, 20, 1),
        bytesUpdated: 4 * pageSize,
      },
      {
        buffer: 1,
        used: Uint32Array.of(0, 4),
        written: none,
        dirty: Uint32Array.of(0, 4),
        bytesUpdated: 0,
      },
    ],
  }
}

const frameOf = (step: TraceStep) => ({
  steps: [step],
  cpuNs: 2e6,
  wallNs: 3e6,
  idleNs: 1e5,
  othersShare: 0,
})

const submits: Trace = {
  ...header,
  buffers: [
    { pages, owner: 'device' },
    { pages: 4, owner: 'device' },
  ],
  frames: Array.from({ length: 6 }, (_, frame) => frameOf(submitStep(frame))),
}

const collects: Trace = {
  ...header,
  buffers: [{ pages, owner: 'tracker' }],
  frames: Array.from({ length: 6 }, (_, frame) =>
    frameOf({
      kind: 'collect',
      buffer: 0,
      firstPage: 2,
      pages: 20,
      dirty: Uint32Array.of(2 + frame, 3),
    }),
  ),
}

const quick: ReplayOptions = { seconds: 0 }

describe.each(coherentPolicies)('under %s', (policy) => {
  test('submissions, device writes and readbacks are done again and nothing is lost', async () => {
    const { cases } = await replay(submits, { ...quick, policies: [policy] })
    const found = cases.find((it) => it.policy === policy)
    expect(found).toMatchObject({ lostPages: 0, stalePages: 0 })
    expect(found?.pagesReported).toBeGreaterThanOrEqual(8)
    expect(found?.bytesUpdated).toBeGreaterThanOrEqual(7 * pageSize)
    expect(found?.bytesReadBack).toBeGreaterThanOrEqual(3 * pageSize)
    expect(found?.msOfFrames).toHaveLength(6)
  })

  test('collects are done again and nothing is lost', async () => {
    const { cases, trace } = await replay(collects, { ...quick, policies: [policy] })
    expect(trace).toMatchObject({ submissions: 0, collects: 6 })
    const found = cases.find((it) => it.policy === policy)
    expect(found).toMatchObject({ lostPages: 0, stalePages: 0, bytesUpdated: 0 })
    expect(found?.pagesReported).toBeGreaterThanOrEqual(3)
  })
})

test('what is read back and written at once costs one fault', async () => {
  const { cases } = await replay(submits, { ...quick, policies: ['write-fault'] })
  const [found] = cases.filter(({ policy }) => policy === 'write-fault')
  // A window of 16 pages opens at the first touch (page 20); then 17; 5 pages of the CPU's own.
  expect(found?.faults).toBeLessThanOrEqual(12)
  expect(found?.faults).toBeGreaterThanOrEqual(6)
})

test('an exact policy reports what is dirty, and full everything', async () => {
  const { cases } = await replay(submits, { ...quick, policies: ['write-fault', 'full'] })
  const reported = (policy: string) => cases.find((it) => it.policy === policy)?.pagesReported
  expect(reported('write-fault')).toBe(8)
  // All but what the device still owns.
  expect(reported('full')).toBeGreaterThan(28)
})

test('the result says what was replayed, in order of cost', async () => {
  const result = await replay(submits, quick)
  expect(result).toMatchObject({
    schema: 'mkwrite.replay/1',
    trace: { program: 'by hand', frames: 6, submissions: 6, collects: 0 },
    passes: 3,
    program: {
      ownMs: null,
      recordedMs: 2,
      pages: 36,
      dirtyPages: 8,
      dirtyRuns: 4,
      usedPages: 36,
      writtenPages: 8,
      pagesReadBack: 3,
      othersShare: 0,
    },
    othersRan: null,
  })
  const policies = result.cases.map(({ policy }) => policy)
  expect([...policies].sort()).toEqual(['explicit', ...workingPolicies].sort())
  const means = result.cases.map(({ msPerFrame }) => msPerFrame.mean)
  expect(means).toEqual(means.toSorted((a, b) => a - b))
  expect(JSON.parse(JSON.stringify(result))).toEqual(result)
  expect(policies).toContain(result.recommendation?.policy)
})

test('a trace of one frame has that frame as its mean', async () => {
  const trace = { ...submits, frames: submits.frames.slice(0, 1) }
  const { cases } = await replay(trace, { ...quick, policies: ['full'] })
  for (const { msPerFrame, setUpMs } of cases) expect(msPerFrame.mean).toBe(setUpMs)
})

test('time of its own is known for traces of this machine', async () => {
  const { replayedOn } = await replay(submits, { ...quick, policies: ['full'] })
  // Frames so long that tracking is never more than all of one.
  const frames = submits.frames.map((frame) => ({ ...frame, cpuNs: 20e9 }))
  const trace = { ...submits, frames, mechanism: 'write-fault' as const, recordedOn: replayedOn }
  const { program, cases } = await replay(trace, { ...quick, policies: ['write-fault', 'full'] })
  const tracked = cases.find(({ policy }) => policy === 'write-fault')
  expect(program.ownMs).toBeCloseTo(20_000 - (tracked?.msPerFrame.mean ?? 0), 6)
  expect(tracked?.percent).toBeCloseTo(
    (100 * (tracked?.msPerFrame.mean ?? 0)) / (program.ownMs ?? 0),
    6,
  )
})

test('progress is told, and a signal ends it', async () => {
  const steps: string[] = []
  const controller = new AbortController()
  const replaying = replay(submits, {
    seconds: 60,
    policies: ['full'],
    signal: controller.signal,
    onProgress: ({ done, total, step }) => {
      steps.push(step)
      expect(done).toBeLessThan(total)
      if (step === 'pass 2') controller.abort()
    },
  })
  await expect(replaying).rejects.toThrow('abort')
  expect(steps).toEqual(['checking none', 'checking explicit', 'checking full', 'pass 1', 'pass 2'])
})

test.each<[string, Trace, object, string]>([
  ['no frames', { ...submits, frames: [] }, {}, 'no frames'],
  ['pages of another size', { ...submits, pageSize: 2 * pageSize }, {}, 'Record it here'],
  ['an unknown policy', submits, { policies: ['fast'] }, 'options.policies'],
  ['no policies', submits, { policies: [] }, 'options.policies'],
  ['no time', submits, { seconds: -1 }, 'options.seconds'],
  ['a misspelled option', submits, { second: 1 }, 'seconds'],
])('refuses %s', async (_, trace, options, message) => {
  await expect(replay(trace, options as ReplayOptions)).rejects.toThrow(message)
})

describe('the check of a replay', () => {
  let stage: Stage | undefined
  afterEach(() => stage?.[Symbol.dispose]())

  function lossesUnder(contender: Contender, trace: Trace): Check {
    stage = new Stage(trace, contender)
    const check = new Check(trace)
    for (const frame of trace.frames) stage.check(frame, check)
    check.finish(stage)
    return check
  }

  test('finds what was not sent and not fetched', () => {
    const check = lossesUnder('none', submits)
    expect(check.lostPages).toBeGreaterThan(6 * 7)
    expect(check.stalePages).toBeGreaterThan(5)
  })

  test('finds what a collect did not report', () => {
    expect(lossesUnder('none', collects).lostPages).toBe(6 * 3)
  })

  test('finds nothing where all is well', () => {
    expect(lossesUnder('full', submits)).toMatchObject({ lostPages: 0, stalePages: 0 })
  })
})

describe('the recommendation', () => {
  const program: ProgramSummary = {
    ownMs: 10,
    recordedMs: 11,
    pages: 1000,
    dirtyPages: 10,
    dirtyRuns: 4,
    usedPages: 1000,
    writtenPages: 0,
    pagesReadBack: 0,
    othersShare: 0,
  }
  const makeCase = (policy: ReplayCase['policy'], ms: number, lostPages = 0): ReplayCase => ({
    policy,
    mechanism: 'userfault',
    msPerFrame: { mean: ms, p50: ms, p90: ms, max: ms },
    touchMs: ms / 2,
    submitMs: ms / 2,
    percent: 10 * ms,
    setUpMs: 0,
    lostPages,
    stalePages: 0,
    faults: 1,
    pagesReported: 12,
    bytesUpdated: 0,
    bytesReadBack: 0,
    msOfFrames: [ms],
  })

  test('is the cheapest policy, with the reason', () => {
    const cases = [makeCase('explicit', 0.1), makeCase('auto', 0.5), makeCase('userfault', 1)]
    expect(recommend(cases, program)).toEqual({
      policy: 'auto',
      reason:
        "A frame uses 1000 pages and writes 10 of them (1.0 %) in 4.0 runs. auto costs 0.500 ms per frame, 5.0 % of the program's own time. It reports 2.0 pages per frame that were not written, and saves their faults. userfault would cost 1.000 ms, a program that flushed exactly what it wrote 0.100 ms.",
    })
  })

  test('stays with the default where a change would gain next to nothing', () => {
    const ofFrame = [makeCase('auto', 0.5), makeCase('userfault', 0.59)]
    expect(recommend(ofFrame, program)?.policy).toBe('userfault')
    expect(recommend(ofFrame, program)?.reason).toContain('which is not worth a change')
    const ofCost = [makeCase('auto', 100), makeCase('userfault', 104)]
    expect(recommend(ofCost, { ...program, ownMs: null })?.policy).toBe('userfault')
    expect(recommend([makeCase('full', 1), makeCase('write-fault', 2)], program)?.policy).toBe(
      'full',
    )
  })

  test('is none that lost something', () => {
    const cases = [makeCase('auto', 0.1, 1), makeCase('userfault', 1)]
    expect(recommend(cases, program)?.policy).toBe('userfault')
    expect(recommend(cases.slice(0, 1), program)).toBeNull()
  })
})

test('the page has everything in it and escapes what the trace says', async () => {
  const trace = { ...submits, program: '<script>alert(1)</script> & co' }
  const result = await replay(trace, { ...quick, policies: ['full', 'write-fault'] })
  const html = renderReplayHtml(trace, result)
  expect(html).not.toContain('<script>alert')
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; co')
  expect(html).not.toMatch(/(src|href)=|https?:\/\/(?!www\.w3\.org\/2000\/svg)|@import|url\(/)
  for (const words of [
    'Take ',
    'explicit',
    'write-fault',
    'buffer object 1, 4 pages',
    'prefers-color-scheme',
  ]) {
    expect(html).toContain(words)
  }
})
