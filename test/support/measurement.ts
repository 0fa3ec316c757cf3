// A measurement that is made up: small, complete, and always the same.

import { build } from 'hdr-histogram-js'
import { findCrossovers } from '../../lib/measure/crossovers.ts'
import { describeEnvironment } from '../../lib/measure/environment.ts'
import type {
  EffectRow,
  FaultRow,
  Measurement,
  MeasureResult,
  SweepCase,
} from '../../lib/measure/index.ts'

function measured(key: string, ns: number): Measurement {
  return {
    key,
    median: ns,
    interval: [ns * 0.97, ns * 1.04],
    count: 18,
    tight: true,
    drift: 0.02,
    samples: [0, 1, 2].map((pass) =>
      Array.from({ length: 6 }, (_, i) => ns * (1 + (i + pass) / 500)),
    ),
  }
}

const pages = 1024
const fractions = [0.01, 0.1, 1]

/** Nanoseconds of a frame. */
const costs: Record<string, (dirty: number) => number> = {
  'write-fault': (dirty) => 2000 + 8000 * dirty,
  userfault: (dirty) => 5000 + 1200 * dirty,
  full: () => 200 * pages,
  auto: (dirty) => Math.min(6000 + 1200 * dirty, 210 * pages),
}

function sweepCase(
  mechanism: string,
  pattern: 'random' | 'sequential',
  fraction: number,
): SweepCase {
  const dirtyPages = Math.round(pages * fraction)
  const ns = costs[mechanism]?.(dirtyPages) ?? 0
  const key = `sweep/${mechanism}/${pattern}/${fraction}`
  const split = { writeNs: ns * 0.6, collectNs: ns * 0.1, copyNs: ns * 0.3 }
  return {
    ...measured(key, ns),
    mechanism: mechanism as SweepCase['mechanism'],
    pattern,
    pages,
    dirtyFraction: fraction,
    dirtyPages,
    reportedPages: mechanism === 'full' ? pages : dirtyPages,
    lostPages: 0,
    faults: mechanism === 'full' ? 0 : dirtyPages,
    nsPerFrame: { p50: ns, p90: ns * 1.1 },
    nsPerDirtyPage: ns / dirtyPages,
    split,
    bare: {
      ...measured(`${key}/bare`, ns * 0.95),
      mechanism: mechanism === 'auto' ? 'userfault' : (mechanism as 'full'),
      nsPerDirtyPage: (ns * 0.95) / dirtyPages,
      split,
    },
  }
}

function faultRow(by: 'library' | 'bare', ns: number): FaultRow {
  const histogram = build({ numberOfSignificantValueDigits: 2, highestTrackableValue: 1e9 })
  for (let i = 0; i < 20_000; i++) histogram.recordValue(ns + (i % 1000 === 0 ? 100 * ns : i % 500))
  const encoded = histogram as unknown as { encodeIntoCompressedBase64(): string }
  return {
    ...measured(`fault/write/write-fault/random/${by}`, ns),
    kind: 'write',
    mechanism: 'write-fault',
    by,
    pattern: 'random',
    latency: {
      count: 20_000,
      mean: ns,
      p50: ns + 250,
      p90: ns + 450,
      p99: ns + 500,
      p999: ns + 500,
      max: 101 * ns,
      histogram: encoded.encodeIntoCompressedBase64(),
    },
    split:
      by === 'bare'
        ? { deliveryNs: ns * 0.4, handlerNs: 20, unprotectNs: ns * 0.45, returnNs: ns * 0.14 }
        : null,
    splitReason: by === 'bare' ? null : 'Only the handler written by hand takes the time.',
  }
}

function effectRow(value: number, ns: number): EffectRow {
  const setting = { effect: 'threads' as const, mechanism: 'write-fault' as const, value }
  return { ...measured(`effect/threads/write-fault/${value}`, ns), ...setting, by: 'library' }
}

export function madeUpMeasurement(): MeasureResult {
  const sweep = Object.keys(costs).flatMap((mechanism) =>
    (['random', 'sequential'] as const).flatMap((pattern) =>
      fractions.map((fraction) => sweepCase(mechanism, pattern, fraction)),
    ),
  )
  return {
    schema: 'mkwrite.measure/2',
    environment: describeEnvironment(),
    settings: { mode: 'quick', size: pages * 4096, bytesPerPage: 8 },
    clock: { source: 'counter', nsPerTick: 0.4, overheadNs: 20, resolutionNs: 1, reason: null },
    noise: {
      seconds: 7,
      rows: 60,
      tightRows: 50,
      medianDrift: 0.02,
      interruptions: 3,
      otherLoad: 0.01,
      stolen: 0,
      loadAverage: [0.1, 0.9],
    },
    floors: {
      syscall: measured('floor/syscall', 130),
      minorFault: measured('floor/minorFault', 900),
      signalRoundTrip: measured('floor/signalRoundTrip', 2000),
      mprotectPair: measured('floor/mprotectPair', 4800),
      memcpyPage: measured('floor/memcpyPage', 200),
      memcmpPage: { key: 'floor/memcmpPage', median: null, reason: 'Nobody compared.' },
    },
    faults: [faultRow('library', 7600), faultRow('bare', 7400)],
    sweep,
    crossovers: findCrossovers(sweep),
    effects: [
      effectRow(1, 7000),
      effectRow(2, 9000),
      {
        key: 'effect/huge-regions/write-fault/reserved-huge/bare',
        effect: 'huge-regions',
        mechanism: 'write-fault',
        by: 'bare',
        value: 'reserved-huge',
        median: null,
        reason: 'Too few huge pages are set aside.',
      },
    ],
  }
}
