// How well `mkwrite replay` predicts what coherence costs a program: examples are recorded and replayed,
// and also run under each policy and without tracking, and the two are compared.
//
//   npm run check:replay [rounds] [example]
//
// What it really costs is the CPU time of the main thread per frame, from submission to submission,
// under a policy, less the same of a program that is told what to flush and to invalidate, and is not
// charged for it. Runs take turns. Of each frame the lower quartile counts, as in a replay. Noise is what
// two halves of the runs differ by.
//
// V8 does not replace loops while they run (--no-use-osr): whether and when it does is chance, and makes
// the same program faster or slower by a third.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { record, replay } from '../dist/record/index.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const [rounds = 16, only] = [Number(process.argv[2] ?? 16), process.argv[3]]
const tolerance = 0.2
/** Of a frame: what is off by less than that matters to nobody. */
const negligible = 0.05
const folder = mkdtempSync(join(tmpdir(), 'mkwrite-check-replay-'))
const timer = new URL('support/time-frames.mjs', import.meta.url).href

/** @type {Record<string, string[]>} */
const examples = {
  'particles.mjs': ['300'],
  'sheet.mjs': ['120'],
  'triangles.mjs': [join(folder, 'pictures'), '60'],
}

/** @param {readonly number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * @param {string} example
 * @param {readonly string[]} args
 * @param {string} policy
 * @returns {number[]} nanoseconds of each frame
 */
function timeFrames(example, args, policy) {
  const file = join(folder, 'times.json')
  const flags = ['--no-use-osr', '--import', timer]
  execFileSync(process.execPath, [...flags, join(root, 'examples', example), ...args], {
    env: {
      ...process.env,
      MKWRITE_POLICY: policy,
      MKWRITE_FRAME_TIMES: file,
      ...(policy === 'none' ? { MKWRITE_EXPLICIT: join(folder, `${example}.trace`) } : {}),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return JSON.parse(readFileSync(file, 'utf8'))
}

/**
 * @param {readonly number[][]} runs
 * @returns nanoseconds per frame, the first one left out
 */
function frameTime(runs) {
  const frames = runs[0] ?? []
  const typical = frames.map((_, frame) => {
    const sorted = runs.map((run) => run[frame] ?? 0).sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 4)] ?? 0
  })
  return mean(typical.slice(1))
}

let isFine = true
for (const [example, args] of Object.entries(examples)) {
  if (only !== undefined && !example.startsWith(only)) continue
  const script = join(root, 'examples', example)
  // With the same changes to the program as the runs that are timed.
  process.env.NODE_OPTIONS = `--import ${timer}`
  process.env.MKWRITE_FRAME_TIMES = join(folder, 'recorded.json')
  const { trace } = await record({
    script,
    args,
    file: join(folder, `${example}.trace`),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  delete process.env.NODE_OPTIONS
  const before = await replay(trace)
  const policies = before.cases.map(({ policy }) => policy).filter((it) => it !== 'explicit')
  /** @type {Map<string, number[][]>} */
  const runs = new Map(['none', ...policies].map((policy) => [policy, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [policy, list] of runs) list.push(timeFrames(example, args, policy))
  }
  const after = await replay(trace)

  /** @param {string} policy @param {(round: number) => boolean} pick */
  const cost = (policy, pick = () => true) => {
    const picked = (/** @type {string} */ name) =>
      frameTime((runs.get(name) ?? []).filter((_, round) => pick(round)))
    return (picked(policy) - picked('none')) / 1000
  }
  const none = frameTime(runs.get('none') ?? []) / 1000
  console.log(`\n${trace.program}: ${none.toFixed(1)} µs per frame without tracking and copies`)
  console.log('policy          real µs   noise   predicted µs   predicted/real')
  for (const policy of policies) {
    const real = cost(policy)
    const noise = Math.abs(
      cost(policy, (round) => round % 2 === 0) - cost(policy, (round) => round % 2 === 1),
    )
    const predictions = [before, after].map(
      ({ cases }) => 1000 * (cases.find((it) => it.policy === policy)?.msPerFrame.mean ?? 0),
    )
    const predicted = mean(predictions)
    const off = Math.abs(predicted / real - 1)
    const verdict =
      off <= tolerance
        ? ''
        : Math.abs(predicted - real) <= noise
          ? '  off, but not more than the noise'
          : Math.abs(predicted - real) <= negligible * (none + real)
            ? `  off by less than ${100 * negligible} % of a frame`
            : `  OFF by more than ${100 * tolerance} %`
    if (verdict.includes('OFF')) isFine = false
    console.log(
      `${policy.padEnd(12)}${real.toFixed(1).padStart(11)}${noise.toFixed(1).padStart(8)}` +
        `${predicted.toFixed(1).padStart(15)}${(predicted / real).toFixed(2).padStart(17)}${verdict}`,
    )
  }
}
rmSync(folder, { recursive: true, force: true })
process.exitCode = isFine ? 0 : 1
