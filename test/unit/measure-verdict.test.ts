// What a measurement of faults beside another thread leads to, in words.

import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { renderVerdict } from '../../lib/cli/report/verdict.ts'
import type { EffectRow } from '../../lib/measure/index.ts'
import { madeUpMeasurement } from '../support/measurement.ts'

const result = madeUpMeasurement()

function row(mechanism: EffectRow['mechanism'], value: number, ns: number | null): EffectRow {
  const setting = { effect: 'tlb-shootdown', mechanism, by: 'bare', value } as const
  const key = `effect/tlb-shootdown/${mechanism}/${value}/bare`
  if (ns === null) return { ...setting, key, median: null, reason: 'None.' }
  const interval: [number, number] = [0.95 * ns, 1.05 * ns]
  const samples = [[ns]]
  return { ...setting, key, median: ns, interval, count: 1, tight: true, drift: 0, samples }
}

const said = (...effects: EffectRow[]): string[] =>
  renderVerdict({ ...result, sweep: [], effects }).map(stripVTControlCharacters)

const userfault = [row('userfault', 0, 700), row('userfault', 1, 720)]

test('a mechanism whose faults become dearer is told, with one that suffers less', () => {
  expect(said(row('write-fault', 0, 5000), row('write-fault', 1, 15_000), ...userfault)).toEqual([
    'While another thread of the process runs, a fault under write-fault takes 15.0 µs instead of 5.00 (TLB shootdown); under userfault it takes 0.720.',
  ])
  expect(said(row('write-fault', 0, 5000), row('write-fault', 1, 15_000))).toEqual([
    'While another thread of the process runs, a fault under write-fault takes 15.0 µs instead of 5.00 (TLB shootdown).',
  ])
})

test('nothing is told of what was not seen', () => {
  expect(said(row('write-fault', 0, 5000), row('write-fault', 1, 5200), ...userfault)).toEqual([])
  expect(said(row('write-fault', 0, 5000), row('write-fault', 1, null), ...userfault)).toEqual([])
  expect(said(row('write-fault', 0, null), row('write-fault', 1, 5200))).toEqual([])
  expect(said()).toEqual([])
})
