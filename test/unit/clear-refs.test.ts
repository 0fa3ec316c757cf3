// The cost of clear_refs. Without soft-dirty the clear walks the page tables and changes nothing, so the
// measurement itself runs everywhere; only its result means nothing there.

import { expect, test } from 'vitest'
import { probe } from '../../lib/index.ts'
import { Book } from '../../lib/measure/book.ts'
import { measureHeap } from '../../lib/measure/effects/clear-refs.ts'
import { allEffects } from '../../lib/measure/effects/index.ts'
import { makePlan } from '../../lib/measure/options.ts'

test.each(['clear', 'write'] as const)('a heap gives a time for each %s', (what) => {
  const heap = measureHeap(8, what)
  for (let round = 0; round < 3; round++) expect(heap.sample()).toBeGreaterThan(0)
  heap.close?.()
})

test('is measured exactly where soft-dirty works', () => {
  const book = new Book()
  const { experiments, read } = allEffects(makePlan({ quick: true, seconds: 0 }))
  const experiment = experiments.find(({ step }) => step === 'clear_refs')
  experiment?.run({ pass: 0, seconds: 0, book })
  const rows = read(book).filter(({ effect }) => ['clear-refs', 'heap-writes'].includes(effect))
  expect(rows.map(({ effect, value }) => [effect, value])).toEqual([
    ['clear-refs', 0],
    ['clear-refs', 64],
    ['heap-writes', 64],
  ])
  const found = probe().mechanisms['soft-dirty']
  for (const row of rows) {
    if (found.available) expect(row.median).toBeGreaterThan(0)
    else expect(row).toMatchObject({ median: null, reason: found.reason })
  }
})
