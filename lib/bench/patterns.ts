// The patterns that are measured: a table of plain data. Add an entry here, or give `mkwrite bench
// --patterns` a module whose default export is an array of such entries.

import type { BenchPattern } from './writes.ts'

const KiB = 1024

/** Those that are measured unless told otherwise. */
export const benchPatterns: readonly BenchPattern[] = [
  random(0.001),
  random(0.01),
  random(0.1),
  random(0.25),
  {
    name: 'streaming',
    title: 'everything, in a row',
    writes: { kind: 'window', share: 1, step: 0 },
  },
  {
    name: 'ring-5',
    title: 'ring buffer, 5 % per frame',
    writes: { kind: 'window', share: 0.05, step: 1 },
  },
  {
    name: 'hot-10',
    title: 'the same 10 % each frame, scattered',
    writes: { kind: 'scattered', share: 0.1, replaced: 0 },
  },
  {
    name: 'drifting-set',
    title: '10 % scattered, 2 % of them replaced each frame',
    writes: { kind: 'scattered', share: 0.1, replaced: 0.02 },
    unpredictable: 0.1 * 0.02,
  },
  {
    name: 'drifting-window',
    title: '5 % in a row, moved by a twentieth of that each frame',
    writes: { kind: 'window', share: 0.05, step: 0.05 },
  },
  {
    name: 'phases',
    title: '12 quiet frames, 12 frames of 10 % in a row',
    writes: {
      kind: 'phases',
      quiet: 12,
      busy: 12,
      during: { kind: 'window', share: 0.1, step: 0 },
    },
    period: 24,
  },
  {
    name: 'two-streams',
    title: 'two rows of 2.5 %, page by page in turn',
    writes: { kind: 'streams', count: 2, share: 0.025 },
  },
  {
    name: 'small-buffers',
    title: '16 buffer objects of 256 KiB: 8 rewritten in each frame, 8 in every fourth',
    writes: { kind: 'rewrites', every: [1, 4] },
    buffers: { count: 16, bytes: 256 * KiB },
    period: 4,
  },
  { name: 'idle', title: 'nothing is written', writes: { kind: 'nothing' } },
  readback(0.01),
  readback(0.1),
  readback(1),
]

function random(share: number): BenchPattern {
  const percent = percentOf(share)
  return {
    name: `random-${percent}`,
    title: `${percent} % at random places, other ones each frame`,
    writes: { kind: 'random', share },
    unpredictable: share,
  }
}

function readback(share: number): BenchPattern {
  const percent = percentOf(share)
  return {
    name: `readback-${percent}`,
    title: `the device writes ${percent} % in a row, moving on; the CPU reads`,
    writer: 'device',
    writes: { kind: 'window', share, step: 1 },
  }
}

function percentOf(share: number): number {
  return Number((share * 100).toPrecision(3))
}
