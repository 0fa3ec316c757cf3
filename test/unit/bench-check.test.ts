// What the benchmark makes of its numbers: rows, ratios, adaptation, and verdicts on claims.

import { describe, expect, test } from 'vitest'
import { judge } from '../../lib/bench/check.ts'
import { type BenchResult, type BenchRow, benchPatterns } from '../../lib/bench/index.ts'
import { summarize } from '../../lib/bench/summary.ts'
import { findAdaptation } from '../../lib/bench/switches.ts'
import { type Claim, claims } from '../../lib/bench/thresholds.ts'

const frame = (writeNs: number, more: object = {}) => ({
  workNs: 0,
  writeNs,
  collectNs: 0,
  copyNs: 0,
  faults: 0,
  pagesReported: 3,
  lostPages: 0,
  ...more,
})

const about = {
  pattern: 'some',
  writer: 'cpu' as const,
  bytesPerPage: 64,
  cpuWorkMs: 0,
  pagesWritten: 3,
  pagesUnpredictable: 0,
}

describe('a row', () => {
  test('is the median of the mean frames of its turns', () => {
    const turns = [
      [frame(1000), frame(3000)],
      [frame(9000), frame(9000)],
      [frame(1000), frame(5000)],
    ]
    const [row] = summarize(about, [{ contender: 'auto', turns }])
    expect(row).toMatchObject({ nsPerFrame: 3000, spread: { p10: 2200, p90: 7800 }, frames: 6 })
  })

  test('adds up the parts of a frame, and says what each takes', () => {
    const turns = [[frame(1000, { workNs: 1, collectNs: 20, copyNs: 300 })]]
    const [row] = summarize(about, [{ contender: 'auto', turns }])
    expect(row?.nsPerFrame).toBe(1321)
    expect(row?.split).toEqual({ workNs: 1, writeNs: 1000, collectNs: 20, copyNs: 300 })
  })

  test('counts every lost page', () => {
    const turns = [
      [frame(1, { lostPages: 2 }), frame(1)],
      [frame(1, { lostPages: 1 }), frame(1)],
    ]
    const [row] = summarize(about, [{ contender: 'auto', turns }])
    expect(row?.lostPages).toBe(3)
  })
})

describe('ratios', () => {
  const turnsOf = (...ns: number[]) => ns.map((it) => [frame(it)])
  const rows = summarize(about, [
    { contender: 'explicit', turns: turnsOf(1000, 1000, 1000) },
    { contender: 'upload', turns: turnsOf(4000, 4000, 4000) },
    { contender: 'bare-userfault', turns: turnsOf(2000, 4000, 2000) },
    { contender: 'userfault', turns: turnsOf(3000, 6000, 2000) },
    { contender: 'full', turns: turnsOf(8000, 8000, 8000) },
    { contender: 'auto', turns: turnsOf(1500, 3000, 1500) },
  ])
  const row = (name: string) => rows.find((it) => it.contender === name)

  test('are medians of those of each round', () => {
    expect(row('userfault')?.ratioToBare).toBe(1.5)
    expect(row('auto')?.ratioToExplicit).toBe(1.5)
  })

  test('count rounds that both sides ran', () => {
    const [, auto] = summarize(about, [
      { contender: 'explicit', turns: turnsOf(1000, 1000, 1000, 9000, 9000, 9000, 9000) },
      { contender: 'auto', turns: turnsOf(2000, 2000, 2000) },
    ])
    const [explicit] = summarize(about, [
      { contender: 'explicit', turns: turnsOf(1000, 1000, 1000, 9000, 9000, 9000, 9000) },
      { contender: 'full', turns: turnsOf(2000, 2000, 2000) },
    ])
    expect(auto?.ratioToExplicit).toBe(2)
    expect(explicit?.ratioToBest).toBe(0.5)
  })

  test('to the best are to the fastest fixed mechanism of the library', () => {
    expect(row('auto')?.ratioToBest).toBe(0.5)
    expect(row('userfault')?.ratioToBest).toBe(1)
    expect(row('full')?.ratioToBest).toBeCloseTo(8 / 3)
  })

  test('to the bare loop of full are to copying everything', () => {
    expect(row('full')?.ratioToBare).toBe(2)
  })

  test('of contenders without a bare loop are null', () => {
    for (const name of ['explicit', 'upload', 'bare-userfault', 'auto']) {
      expect(row(name)?.ratioToBare).toBeNull()
    }
  })

  test('to next to nothing, or to what was not measured, are null', () => {
    const [, auto] = summarize(about, [
      { contender: 'explicit', turns: turnsOf(20, 30, 20) },
      { contender: 'auto', turns: turnsOf(1000, 1000, 1000) },
    ])
    expect(auto).toMatchObject({ ratioToExplicit: null, ratioToBest: null })
  })
})

describe('adaptation', () => {
  const settled = (ns: number) => Array.from({ length: 40 }, () => ns)

  test('counts frames, and what they cost more, until two in a row are good', () => {
    const costs = [9e6, 5e6, 1e6, 4e6, 1.2e6, ...settled(1e6)]
    expect(findAdaptation(costs)).toEqual({ frames: 4, extraMs: 15, settledNsPerFrame: 1e6 })
  })

  test('takes no frame where the cost is the settled one at once', () => {
    expect(findAdaptation(settled(1e6))).toMatchObject({ frames: 0, extraMs: 0 })
  })

  test('forgives frames of next to no cost a few µs', () => {
    expect(findAdaptation([4000, 3000, ...settled(100)])).toMatchObject({ frames: 0 })
  })
})

function rowOf(
  pattern: string,
  contender: BenchRow['contender'],
  more: Partial<BenchRow> = {},
): BenchRow {
  return {
    ...about,
    pattern,
    contender,
    bytesPerPage: 4096,
    nsPerFrame: 1e6,
    spread: { p10: 1e6, p90: 1e6 },
    ratioToBest: null,
    ratioToExplicit: null,
    ratioToBare: null,
    frames: 80,
    pagesReported: 3,
    faults: 0,
    lostPages: 0,
    split: { workNs: 0, writeNs: 1e6, collectNs: 0, copyNs: 0 },
    ...more,
  }
}

const resultOf = (rows: BenchRow[], scale: BenchResult['scale'] = []) => ({
  environment: { pageSize: 4096 } as BenchResult['environment'],
  rows,
  scale,
})

describe('a claim', () => {
  const claim: Claim = {
    about: 'frames',
    title: 'auto is fast',
    bytesPerPage: 'page',
    cpuWorkMs: 0,
    patterns: {},
    contender: 'auto',
    over: 'explicit',
    statistic: 'each',
    limit: { times: 1.5 },
  }
  const verdictOf = (given: Claim, rows: BenchRow[], scale: BenchResult['scale'] = []) =>
    judge([given], resultOf(rows, scale))[0]

  test('holds when each pattern keeps the limit, up to it', () => {
    const rows = [
      rowOf('a', 'auto', { ratioToExplicit: 1.5 }),
      rowOf('b', 'auto', { ratioToExplicit: 1 }),
    ]
    expect(verdictOf(claim, rows)).toEqual({
      claim: 'auto is fast',
      limit: 1.5,
      plusNs: 0,
      found: [
        { pattern: 'a', ratio: 1.5 },
        { pattern: 'b', ratio: 1 },
      ],
      verdict: 'holds',
    })
  })

  test('is missed when one pattern misses it, and says which', () => {
    const rows = [
      rowOf('a', 'auto', { ratioToExplicit: 1 }),
      rowOf('b', 'auto', { ratioToExplicit: 1.51 }),
    ]
    expect(verdictOf(claim, rows)).toMatchObject({
      found: [{ pattern: 'b', ratio: 1.51 }, { pattern: 'a' }],
      verdict: 'missed',
    })
  })

  test('about a mean or a median may have patterns above it', () => {
    const rows = [1, 1, 8].map((ratio, index) =>
      rowOf(`p${index}`, 'auto', { ratioToExplicit: ratio }),
    )
    const found = (statistic: 'geometric mean' | 'median') =>
      verdictOf({ ...claim, statistic }, rows)?.found
    expect(found('median')).toEqual([{ pattern: null, ratio: 1 }])
    expect(found('geometric mean')?.[0]?.ratio).toBeCloseTo(2)
  })

  test('with ns on top takes these off', () => {
    const rows = [
      rowOf('a', 'auto', { nsPerFrame: 10_500 }),
      rowOf('a', 'bare-userfault', { nsPerFrame: 500 }),
    ]
    const generous: Claim = {
      ...claim,
      over: 'bare-userfault',
      limit: { times: 1.1, plusNs: 10_000 },
    }
    expect(verdictOf(generous, rows)).toMatchObject({ found: [{ ratio: 1 }], verdict: 'holds' })
    const strict: Claim = { ...claim, over: 'bare-userfault', limit: { times: 1.1, plusNs: 9000 } }
    expect(verdictOf(strict, rows)).toMatchObject({ found: [{ ratio: 3 }], verdict: 'missed' })
  })

  test('with ns on top holds within these although the other took no time at all', () => {
    const limit = { times: 1, plusNs: 3000 }
    const verdict = (nsPerFrame: number) =>
      verdictOf({ ...claim, limit }, [
        rowOf('a', 'auto', { nsPerFrame }),
        rowOf('a', 'explicit', { nsPerFrame: 0 }),
      ])?.verdict
    expect(verdict(200)).toBe('holds')
    expect(verdict(3001)).toBe('missed')
  })

  test('about another contender compares the times', () => {
    const rows = [
      rowOf('a', 'auto', { nsPerFrame: 2000 }),
      rowOf('a', 'kernel', { nsPerFrame: 8000 }),
    ]
    expect(verdictOf({ ...claim, over: 'kernel' }, rows)?.found).toEqual([
      { pattern: 'a', ratio: 0.25 },
    ])
  })

  test.each<[string, Partial<Claim>, BenchRow]>([
    ['of another table', {}, rowOf('a', 'auto', { ratioToExplicit: 9, bytesPerPage: 64 })],
    ['with other work', {}, rowOf('a', 'auto', { ratioToExplicit: 9, cpuWorkMs: 5 })],
    ['of another contender', {}, rowOf('a', 'kernel', { ratioToExplicit: 9 })],
    ['without a ratio', {}, rowOf('a', 'auto')],
    [
      'of another pattern',
      { patterns: { names: ['b'] } },
      rowOf('a', 'auto', { ratioToExplicit: 9 }),
    ],
    [
      'of an exception',
      { patterns: { except: ['a'] } },
      rowOf('a', 'auto', { ratioToExplicit: 9 }),
    ],
    [
      'of another writer',
      { patterns: { writer: 'device' } },
      rowOf('a', 'auto', { ratioToExplicit: 9 }),
    ],
    [
      'of patterns that nobody can foresee',
      { patterns: { maxUnpredictablePages: 120 } },
      rowOf('a', 'auto', { ratioToExplicit: 9, pagesUnpredictable: 121 }),
    ],
  ])('does not look at rows %s', (_, change, row) => {
    const verdict = verdictOf({ ...claim, ...change } as Claim, [row])
    expect(verdict).toMatchObject({ found: [], verdict: 'not measured' })
  })

  test('about scale looks at its measurement', () => {
    const scale = [
      {
        measurement: 'idle-collect',
        contender: 'auto',
        base: 'bare-userfault',
        ns: 1,
        baseNs: 1,
        ratio: 9,
      },
      {
        measurement: 'many-buffers',
        contender: 'auto',
        base: 'auto',
        ns: 13,
        baseNs: 10,
        ratio: 1.3,
      },
    ] as const
    const given: Claim = {
      about: 'scale',
      title: 'many are no trouble',
      measurement: 'many-buffers',
      contender: 'auto',
      limit: { times: 1.2 },
    }
    expect(verdictOf(given, [], [...scale])).toMatchObject({
      found: [{ pattern: null, ratio: 1.3 }],
      verdict: 'missed',
    })
  })
})

test('the claims name patterns that there are', () => {
  const names = benchPatterns.map(({ name }) => name)
  const named = claims.flatMap((claim) =>
    claim.about === 'frames'
      ? [...(claim.patterns.names ?? []), ...(claim.patterns.except ?? [])]
      : [],
  )
  expect(names).toEqual(expect.arrayContaining(named))
})
