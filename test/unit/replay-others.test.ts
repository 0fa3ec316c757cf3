// How much other threads run: recorded, replayed with one that does, and mixed by share.

import { afterEach, describe, expect, test } from 'vitest'
import { BusyOthers } from '../../lib/busy-others.ts'
import { native } from '../../lib/native.ts'
import { describeOthers } from '../../lib/record/describe.ts'
import { type ReplayResult, replay, type Trace, type TraceFrame } from '../../lib/record/index.ts'
import { runsMeanwhile, typicalTimes } from '../../lib/record/mix.ts'
import { OthersMeter } from '../../lib/record/others.ts'
import { Stage } from '../../lib/record/stage.ts'
import { Timing } from '../../lib/record/timing.ts'
import { pageSize } from '../support/mechanisms.ts'
import { fc, propertyTest } from '../support/property.ts'

describe('times are mixed by share', () => {
  const ran = (...times: number[]) => times.map((ns) => ({ ns, ran: 1 }))

  test('of lower quartiles', () => {
    const idle = [100, 130, 90, 500, 110]
    const busy = ran(300, 900, 310, 200, 320)
    const of = (othersShare: number) => typicalTimes([{ othersShare, idle, busy }])[0]
    expect(of(0)).toBe(100)
    expect(of(0.05)).toBe(100)
    expect(of(0.25)).toBe(0.75 * 100 + 0.25 * 300)
    expect(of(1)).toBe(300)
  })

  test('what ran less than it was to does not count', () => {
    const busy = [
      { ns: 120, ran: 0.1 },
      { ns: 300, ran: 0.9 },
    ]
    expect(typicalTimes([{ othersShare: 1, idle: [100], busy }])).toEqual([300])
  })

  test('where it never ran, a frame slows down as the others do', () => {
    const frames = [
      { othersShare: 1, idle: [100], busy: ran(300) },
      { othersShare: 0.5, idle: [300], busy: ran(500) },
      { othersShare: 0.5, idle: [10], busy: [{ ns: 10, ran: 0 }] },
      { othersShare: 0, idle: [10], busy: [] },
    ]
    expect(typicalTimes(frames)).toEqual([300, 400, 0.5 * 10 + 0.5 * 20, 10])
  })

  test('where it ran nowhere, nothing slows down', () => {
    const busy = [{ ns: 50, ran: 0 }]
    expect(typicalTimes([{ othersShare: 1, idle: [10], busy }])).toEqual([10])
  })

  const times = fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 9 })
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  propertyTest.prop([times, times, share], { numRuns: 200 })(
    'between what they take in idle and in busy passes',
    (idle, busy, othersShare) => {
      const of = (theShare: number) =>
        typicalTimes([{ othersShare: theShare, idle, busy: ran(...busy) }])[0] as number
      const bounds = [of(0), of(1)].sort((a, b) => a - b) as [number, number]
      expect(of(othersShare)).toBeGreaterThanOrEqual(bounds[0] - 1e-6)
      expect(of(othersShare)).toBeLessThanOrEqual(bounds[1] + 1e-6)
    },
  )
})

describe('a meter of other threads', () => {
  let others: InstanceType<typeof native.measure.BusyThread> | undefined
  afterEach(() => {
    others?.end()
    others = undefined
  })

  /** Lets a thread run until it has had that many ns more. */
  function letRun(ns: number): void {
    others ??= new native.measure.BusyThread()
    const end = others.cpuTime() + ns
    others.spin(20)
    while (others.cpuTime() < end) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    others.sleep()
  }

  test('sees what runs between going on and submitting', () => {
    const meter = new OthersMeter()
    letRun(5e6)
    meter.end()
    const share = meter.takeShare()
    expect(share).toBeGreaterThan(0)
    expect(share).toBeLessThanOrEqual(1)
    expect(Math.round(share * 1000)).toBeCloseTo(share * 1000, 9)
  })

  test('leaves out what ran before, while this thread may have waited', () => {
    const meter = new OthersMeter()
    const all = new native.measure.OtherThreads()
    letRun(5e6)
    expect(all.cpuTime()).toBeGreaterThanOrEqual(5e6)
    meter.begin()
    const begin = all.cpuTime()
    meter.end()
    // The runtime has threads of its own, so little is not nothing.
    expect(all.cpuTime() - begin).toBeLessThan(5e6)
  })

  test('says nothing ran where nothing was looked at', () => {
    expect(new OthersMeter().takeShare()).toBe(0)
  })
})

const frame = (index: number, othersShare: number): TraceFrame => ({
  steps: [
    {
      kind: 'submit',
      busy: index % 2 === 1,
      readBacks: [],
      shares: [
        {
          buffer: 0,
          used: Uint32Array.of(0, 8),
          written: new Uint32Array(),
          dirty: Uint32Array.of(0, 4),
          bytesUpdated: 4 * pageSize,
        },
      ],
    },
    { kind: 'collect', buffer: 1, firstPage: 0, pages: 8, dirty: Uint32Array.of(index % 8, 1) },
  ],
  cpuNs: 1e6,
  wallNs: 2e6,
  idleNs: 0,
  othersShare,
})

const traceOf = (...shares: number[]): Trace => ({
  program: 'by hand',
  frame: 'submit',
  mechanism: 'write-fault',
  pageSize,
  recordedOn: { kernel: 'other', arch: 'x64', cpu: 'other', node: 'v20', mkwrite: '0.1.0' },
  buffers: [
    { pages: 8, owner: 'device' },
    { pages: 8, owner: 'tracker' },
  ],
  frames: shares.map((share, index) => frame(index, share)),
})

describe('a replay', () => {
  test('lets a thread run where others did, and nowhere else', () => {
    const trace = traceOf(0, 0.5)
    useOnce(new Stage(trace, 'write-fault'), (stage) =>
      useOnce(new BusyOthers(20), (others) => {
        const [idle, busy] = trace.frames as [TraceFrame, TraceFrame]
        expect(stage.time(idle, { mostIdleMs: 0 }).ran).toBe(0)
        expect(others.rounds).toBe(0)
        // Other programs may keep it from its processor for a while.
        let ran = 0
        while (others.rounds === 0 || ran === 0)
          ran = stage.time(busy, { mostIdleMs: 0, others }).ran
        expect(ran).toBeLessThanOrEqual(1)
        const { rounds } = others
        expect(rounds).toBeGreaterThan(0)
      }),
    )
  })

  test('passes alternate, and tell how much it ran', () => {
    useOnce(
      new Timing(traceOf(0, 1, 0.5), ['none', 'write-fault'], { seconds: 0, leastPasses: 3 }),
      (timing) => {
        for (let pass = 0; pass < 3; pass++) timing.pass()
        expect(timing.passes).toBe(3)
        expect(timing.othersRan()).toBeGreaterThanOrEqual(0)
        expect(timing.othersRan()).toBeLessThanOrEqual(1)
        const typical = timing.typical('write-fault', ({ touchNs }) => touchNs)
        expect(typical).toHaveLength(3)
        for (const ns of typical) expect(ns).toBeGreaterThan(0)
      },
    )
  })

  test('needs no thread where others hardly ran', () => {
    expect(runsMeanwhile(0.05)).toBe(false)
    useOnce(new Timing(traceOf(0, 0.05), ['none'], { seconds: 0, leastPasses: 3 }), (timing) => {
      timing.pass()
      expect(timing.othersRan()).toBeNull()
    })
  })

  test('loses nothing, and says so', async () => {
    const options = { seconds: 0, policies: ['write-fault'] } as const
    const result = await replay(traceOf(0, 1, 0.5), options)
    expect(result.program.othersShare).toBe(0.75)
    expect(result.othersRan).not.toBeNull()
    for (const it of result.cases) expect(it).toMatchObject({ lostPages: 0, stalePages: 0 })
  })
})

describe('a report', () => {
  const result = (othersRan: number | null) =>
    ({ program: { othersShare: 0.87 }, othersRan }) as ReplayResult

  test('says how others were replayed', () => {
    expect(describeOthers(result(null))).toBe('')
    expect(describeOthers(result(0.97))).toContain('ran 87 % of the time')
    expect(describeOthers(result(0.97))).not.toContain('only')
    expect(describeOthers(result(0.4))).toContain('in 40 % of its time only')
  })
})

/** `using` is no syntax on Node 20. */
function useOnce<Item extends Disposable>(item: Item, use: (item: Item) => void): void {
  try {
    use(item)
  } finally {
    item[Symbol.dispose]()
  }
}
