// Comparing measurements, on documents that are made up.

import { describe, expect, test } from 'vitest'
import { type CompareOptions, compare, type Verdict } from '../../lib/compare/index.ts'
import { seededRandom } from '../../lib/compare/ratio.ts'
import { codeOf } from '../support/errors.ts'

const environment = { kernel: '6.1', cpu: 'A', cpus: 2, mitigations: { mds: 'x' }, node: 'v20.1' }
const settings = { mode: 'quick', size: 1024, bytesPerPage: 8 }

/** Samples of three passes, around `ns`, scattered by `noise`; each pass as a whole by `drift`. */
function samplesAround(ns: number, noise = 0.02, drift: readonly number[] = [1, 1, 1], seed = 1) {
  const random = seededRandom()
  for (let i = 0; i < seed; i++) random()
  return drift.map((factor) =>
    Array.from({ length: 20 }, () => ns * factor * (1 + noise * (2 * random() - 1))),
  )
}

function row(key: string, samples: readonly (readonly number[])[]) {
  const all = samples.flat().sort((a, b) => a - b)
  const median = all[Math.floor(all.length / 2)] as number
  return { key, median, interval: [median * 0.98, median * 1.02], samples }
}

function measurement(rows: readonly object[], changes: object = {}) {
  return { schema: 'mkwrite.measure/2', environment, settings, effects: rows, ...changes }
}

/** The verdict on one row that changed from `before` to `after`. */
function verdictOn(before: object, after: object, options?: CompareOptions): Verdict | undefined {
  return compare(measurement([before]), measurement([after]), options).rows[0]?.verdict
}

describe('a row without a control', () => {
  const base = row('a', samplesAround(1000))

  test.each<[Verdict, number]>([
    ['same', 1000],
    ['same', 1040],
    ['slower', 1200],
    ['faster', 800],
  ])('is %s at %i ns after 1000', (verdict, ns) => {
    expect(verdictOn(base, row('a', samplesAround(ns, 0.02, [1, 1, 1], 5)))).toBe(verdict)
  })

  test('is noisy if it changed by about the threshold', () => {
    expect(verdictOn(base, row('a', samplesAround(1100)))).toBe('noisy')
  })

  test('is noisy if its samples are scattered too much to tell', () => {
    expect(verdictOn(base, row('a', samplesAround(1200, 0.9)))).toBe('noisy')
  })

  test.each<[string, number[][]]>([
    ['passes', samplesAround(2000, 0.001).slice(1)],
    ['samples', [[2000], [2000], [2000]]],
  ])('is noisy if there are too few %s', (_, samples) => {
    expect(verdictOn(base, row('a', samples))).toBe('noisy')
    expect(verdictOn(row('a', samples), base)).toBe('noisy')
  })

  test('may have samples without passes', () => {
    const flat = (ns: number) => ({ ...base, median: ns, samples: samplesAround(ns).flat() })
    expect(verdictOn(flat(1000), flat(1300))).toBe('slower')
    expect(verdictOn(flat(1000), flat(1010))).toBe('same')
  })

  test('is noisy if its passes differ as much as the two measurements', () => {
    const drifting = row('a', samplesAround(1100, 0.001, [0.9, 1.1, 1.3]))
    expect(verdictOn(base, drifting)).toBe('noisy')
  })

  test('counts by the threshold that was asked for', () => {
    const other = row('a', samplesAround(1070, 0.001))
    const exact = row('a', samplesAround(1000, 0.001))
    expect(verdictOn(exact, other)).toBe('same')
    expect(verdictOn(exact, other, { threshold: 0.05 })).toBe('slower')
  })

  test('is judged by its interval if it has no samples', () => {
    const bare = (median: number, interval: [number, number]) => ({ key: 'a', median, interval })
    expect(verdictOn(bare(100, [99, 101]), bare(150, [148, 152]))).toBe('slower')
    expect(verdictOn(bare(100, [99, 101]), bare(150, [100, 200]))).toBe('noisy')
    expect(verdictOn(bare(100, [99, 101]), bare(101, [100, 102]))).toBe('same')
  })

  test('is noisy if rows without the library changed as much', () => {
    const controls = (factor: number) =>
      ['x', 'y', 'z'].map((name) => row(`floor/${name}`, samplesAround(100 * factor)))
    const before = measurement([base, ...controls(1)])
    const after = measurement([row('a', samplesAround(1300)), ...controls(1.4)])
    const result = compare(before, after)
    expect(result.rows.find(({ key }) => key === 'a')?.verdict).toBe('noisy')
    expect(result.drift).toMatchObject({ controls: 3 })
    expect(result.drift.ratio).toBeCloseTo(1.4)
    expect(result.verdict).toBe('unclear')
  })
})

describe('a row with a control', () => {
  /** The library takes `factor` times what the loop takes; the machine drifts with both. */
  function pair(factor: number, drift: readonly number[]) {
    const bare = samplesAround(1000, 0.05, drift)
    const library = bare.map((pass) => pass.map((ns) => ns * factor))
    return [row('sweep/x', library), row('sweep/x/bare', bare)]
  }

  test('is the same if both changed alike, however much', () => {
    const result = compare(
      measurement(pair(1.1, [1, 1.2, 0.9])),
      measurement(pair(1.1, [2, 1.7, 1.5])),
    )
    expect(result.rows[0]).toMatchObject({ key: 'sweep/x', verdict: 'same' })
    expect(result.rows[0]?.ratio).toBeGreaterThan(1.4)
    expect(result.rows[0]?.adjusted).toBeCloseTo(1)
  })

  test('is slower if it alone changed, although the machine became faster', () => {
    const result = compare(
      measurement(pair(1, [1, 1.2, 0.9])),
      measurement(pair(1.3, [0.8, 0.7, 0.75])),
    )
    expect(result.rows[0]).toMatchObject({ key: 'sweep/x', verdict: 'slower' })
    expect(result.rows[0]?.ratio).toBeLessThan(1)
    expect(result.rows[0]?.adjusted).toBeCloseTo(1.3)
    expect(result.verdict).toBe('regression')
  })

  test.each([
    ['fault/write/m/random/library', 'fault/write/m/random/bare'],
    ['sweep/m/random/0.1', 'sweep/m/random/0.1/bare'],
    ['steady/userfault/64', 'steady/bare-userfault/64'],
    ['steady/full/64', 'steady/upload/64'],
  ])('named %s has that named %s', (key, control) => {
    const rows = [row(key, samplesAround(100)), row(control, samplesAround(90))]
    const { rows: found } = compare(measurement(rows), measurement(rows))
    expect(found.map((it) => it.isControl)).toEqual([false, true])
    expect(found[0]?.adjusted).toBeCloseTo(1)
    expect(found[1]?.adjusted).toBeNull()
  })

  test('that does something else must still change by more than the machine did', () => {
    const rows = (library: number, yardstick: number) => [
      row('sweep/auto/x', samplesAround(library)),
      row('sweep/auto/x/bare-userfault', samplesAround(yardstick)),
    ]
    const result = compare(measurement(rows(100, 100)), measurement(rows(190, 150)))
    expect(result.rows[0]?.adjusted).toBeCloseTo(1.27, 1)
    expect(result.rows[0]?.verdict).toBe('noisy')
  })
})

describe('a comparison', () => {
  test('of a measurement with itself finds everything the same', () => {
    const document = measurement([row('a', samplesAround(10)), row('b', samplesAround(1e6))])
    const { verdict, counts, comparable, reasons } = compare(document, document)
    expect({ verdict, comparable, reasons }).toEqual({
      verdict: 'equal',
      comparable: true,
      reasons: [],
    })
    expect(counts).toEqual({ slower: 0, faster: 0, same: 2, noisy: 0 })
  })

  test('of the same with other noise accuses nobody', () => {
    const rows = (seed: number) =>
      Array.from({ length: 60 }, (_, index) =>
        row(`row ${index}`, samplesAround(1000, 0.2, [1, 1.05, 0.95], seed + 100 * index)),
      )
    const { counts } = compare(measurement(rows(1)), measurement(rows(50)))
    expect(counts).toMatchObject({ slower: 0, faster: 0 })
  })

  test('gives the same result each time', () => {
    const [before, after] = [1, 2].map((seed) =>
      measurement([row('a', samplesAround(1000, 0.3, [1, 1.1, 1.2], seed))]),
    )
    expect(compare(before, after)).toEqual(compare(before, after))
  })

  test('is unclear if most rows are noisy', () => {
    const rows = ['a', 'b', 'c'].map((key) => row(key, samplesAround(100, 0.9)))
    const document = measurement([...rows, row('d', samplesAround(100))])
    const { verdict, counts } = compare(document, document)
    expect(counts).toMatchObject({ noisy: 3, same: 1 })
    expect(verdict).toBe('unclear')
  })

  test('is an improvement if rows are faster and none slower', () => {
    const rows = (a: number) => [row('a', samplesAround(a)), row('b', samplesAround(50))]
    expect(compare(measurement(rows(100)), measurement(rows(50))).verdict).toBe('improvement')
  })

  test('never blames a control', () => {
    const { verdict, rows, counts } = compare(
      measurement([row('floor/syscall', samplesAround(100))]),
      measurement([row('floor/syscall', samplesAround(200))]),
    )
    expect(rows[0]).toMatchObject({ verdict: 'slower', isControl: true })
    expect(counts.slower).toBe(0)
    expect(verdict).toBe('equal')
  })

  test('tells which rows only one of them has, and why', () => {
    const missing = { key: 'b', median: null, reason: 'There are no huge pages.' }
    const before = [row('a', samplesAround(1)), row('b', samplesAround(1)), row('c', [[1]])]
    const after = [row('a', samplesAround(1)), missing, row('d', [[1]])]
    const { onlyInBase, onlyInOther } = compare(measurement(before), measurement(after))
    expect(onlyInBase).toEqual([
      { key: 'b', reason: 'There are no huge pages.' },
      { key: 'c', reason: null },
    ])
    expect(onlyInOther).toEqual(['d'])
  })

  test('warns if Node.js differs', () => {
    const document = measurement([row('a', samplesAround(1))])
    const other = { ...document, environment: { ...environment, node: 'v22.9' } }
    expect(compare(document, document).warnings).toEqual([])
    const { warnings, comparable } = compare(document, other)
    expect(comparable).toBe(true)
    expect(warnings.join()).toContain('v22.9')
  })

  test('reads benchmarks, whose rows have a name in parts and a spread', () => {
    const bench = (ns: number) => ({
      schema: 'mkwrite.bench/1',
      environment,
      size: 64,
      rows: ['userfault', 'bare-userfault'].map((contender) => ({
        pattern: 'steady',
        contender,
        bytesPerPage: 64,
        cpuWorkMs: 0,
        nsPerFrame: contender === 'userfault' ? ns : 900,
        spread: { p10: ns * 0.99, p90: ns * 1.01 },
      })),
    })
    const { rows, verdict } = compare(bench(1000), bench(1500))
    expect(verdict).toBe('regression')
    expect(rows[0]).toMatchObject({ key: 'steady/userfault/64/0', ratio: 1.5, isControl: false })
    expect(rows[1]).toMatchObject({ key: 'steady/bare-userfault/64/0', isControl: true })
  })
})

describe('what is not comparable', () => {
  const document = measurement([row('a', samplesAround(1))])

  test.each<[string, object, string]>([
    ['another machine', { environment: { ...environment, cpu: 'B' } }, 'cpu: A and B'],
    [
      'another mitigation',
      { environment: { ...environment, mitigations: { mds: 'y' } } },
      'mitigations.mds: x and y',
    ],
    ['other options', { settings: { ...settings, size: 2048 } }, 'size 1024 and 2048'],
    ['another schema', { schema: 'mkwrite.measure/1' }, 'mkwrite.measure/1'],
    ['other rows', { effects: [row('b', samplesAround(1))] }, 'no row in common'],
  ])('%s is refused, with the reason', (_, change, reason) => {
    const { comparable, verdict, reasons, rows } = compare(document, { ...document, ...change })
    expect({ comparable, verdict, rows }).toEqual({
      comparable: false,
      verdict: 'incomparable',
      rows: [],
    })
    expect(reasons.join()).toContain(reason)
  })

  test('is compared all the same if that is forced, and the reasons stay', () => {
    const other = { ...document, environment: { ...environment, cpu: 'B' } }
    const { comparable, reasons, rows } = compare(document, other, { force: true })
    expect(comparable).toBe(true)
    expect(reasons).toHaveLength(1)
    expect(rows).toHaveLength(1)
  })

  test('by its schema is not compared even then', () => {
    const other = { ...document, schema: 'mkwrite.bench/1' }
    expect(compare(document, other, { force: true }).comparable).toBe(false)
  })

  test.each([[null], [[]], ['{}'], [{}], [{ schema: 'mkwrite.measure/2' }]])(
    'is no result at all: %j',
    (value) => {
      expect(codeOf(() => compare(value, document))).toBe('ERR_MKWRITE_INVALID_ARGUMENT')
      expect(codeOf(() => compare(document, value))).toBe('ERR_MKWRITE_INVALID_ARGUMENT')
    },
  )

  test.each<[CompareOptions, string]>([
    [{ threshold: -1 }, 'ERR_MKWRITE_OUT_OF_RANGE'],
    [{ threshold: '5%' as unknown as number }, 'ERR_MKWRITE_INVALID_ARGUMENT'],
    [{ treshold: 1 } as CompareOptions, 'ERR_MKWRITE_INVALID_ARGUMENT'],
  ])('are options %j', (options, code) => {
    expect(codeOf(() => compare(document, document, options))).toBe(code)
  })
})
