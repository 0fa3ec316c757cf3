// Random writes and collects against a model. Reported pages are a superset of those written, and a
// copy kept up to date by reported pages alone equals the memory.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BufferObject, DirtyTracker, type Policy, type View } from '../../lib/index.ts'
import { available, coherentPolicies, pageSize } from '../support/mechanisms.ts'
import { pagesIn, sameBytes } from '../support/pages.ts'
import { rounds } from '../support/rounds.ts'

const pages = 24
const size = pages * pageSize

type Step =
  | { kind: 'write'; view: number; offset: number; length: number; value: number }
  | { kind: 'collect'; first: number; count: number }
  | { kind: 'mark'; first: number; count: number }
  | { kind: 'view' }
  | { kind: 'drop'; view: number }
  | { kind: 'again'; policy: number }

const pageRange = fc
  .tuple(fc.nat(pages - 1), fc.nat(pages - 1))
  .map(([a, b]) => ({ first: Math.min(a, b), count: Math.abs(a - b) + 1 }))

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      view: fc.nat(3),
      offset: fc.nat(size - 1),
      length: fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 3 * pageSize })),
      value: fc.integer({ min: 1, max: 255 }),
    }),
  },
  { weight: 6, arbitrary: pageRange.map((range) => ({ kind: 'collect' as const, ...range })) },
  { weight: 1, arbitrary: pageRange.map((range) => ({ kind: 'mark' as const, ...range })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'view' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), view: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('again' as const), policy: fc.nat(9) }) },
)

/** Pages that runs report, after a check that these are as documented. */
function checkedPages(runs: Uint32Array, first: number, count: number): number[] {
  let end = first
  for (let i = 0; i < runs.length; i += 2) {
    const [start = -1, length = 0] = runs.subarray(i, i + 2)
    expect(length).toBeGreaterThan(0)
    expect(start).toBeGreaterThanOrEqual(i === 0 ? first : end + 1)
    end = start + length
  }
  expect(end).toBeLessThanOrEqual(first + count)
  return pagesIn(runs)
}

test.each(coherentPolicies)('under %s no write is missed', (policy) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bo = new BufferObject({ size })
      const views: View[] = [bo.createView()]
      const arrays = () => views.map((view) => new Uint8Array(view.map()))
      let tracker = DirtyTracker.track(bo, { policy })
      // Under a mechanism that is exact, reports are exactly what was written or marked. Under
      // compare only what changed need be reported, which the copy shows; write-fault runs ahead.
      let current: Policy = policy
      let strict = policy === 'userfault' || policy === 'soft-dirty'
      const dirty = new Set<number>()
      const written = new Set<number>()
      const copy = new Uint8Array(size)

      const collect = (first: number, count: number) => {
        const found = checkedPages(tracker.collect({ first, count }), first, count)
        const expected = [...dirty].filter((page) => page >= first && page < first + count)
        if (strict) expect(found).toEqual(expected.sort((a, b) => a - b))
        else if (current !== 'compare') {
          expect(found).toEqual(expect.arrayContaining(expected))
        }
        for (const page of found) {
          dirty.delete(page)
          const [from, to] = [page * pageSize, (page + 1) * pageSize]
          copy.set((arrays()[0] as Uint8Array).subarray(from, to), from)
        }
      }

      try {
        for (const { kind, ...it } of steps as (Step & Record<string, number>)[]) {
          const { view = 0, first = 0, count = 0 } = it
          if (kind === 'write') {
            const { offset = 0, length = 0, value = 0 } = it
            const end = Math.min(offset + length, size)
            const bytes = arrays()[view % views.length] as Uint8Array
            bytes.fill(value, offset, end)
            for (let at = Math.floor(offset / pageSize); at * pageSize < end; at++) {
              dirty.add(at)
              written.add(at)
            }
          } else if (kind === 'collect') {
            collect(first, count)
          } else if (kind === 'mark') {
            tracker.markDirty({ first, count })
            for (let page = first; page < first + count; page++) dirty.add(page)
          } else if (kind === 'view') {
            views.push(bo.createView())
            strict = false // a new mapping may over-report at first
          } else if (kind === 'drop') {
            if (views.length > 1) views.splice(view % views.length, 1)[0]?.destroy()
          } else {
            tracker.dispose()
            const next = available[(it.policy ?? 0) % available.length]
            current = next ?? policy
            tracker = DirtyTracker.track(bo, { policy: current })
            strict = false // everything written ever is reported anew
            for (const page of dirty) if (!written.has(page)) dirty.delete(page) // marked only
          }
        }
        collect(0, pages)
        expect(sameBytes(copy, arrays()[0] as Uint8Array)).toBe(true)
      } finally {
        tracker.dispose()
        bo.destroy()
      }
    }),
    { numRuns: rounds(60) },
  )
})
