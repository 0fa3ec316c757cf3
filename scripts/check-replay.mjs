// How well `mkwrite replay` predicts what coherence costs a program: examples are recorded and replayed,
// and also run under each policy and without tracking, and the two are compared.
//
//   npm run check:replay [rounds] [example]
//
// What it really costs is the CPU time of the main thread per frame, from submission to submission,
// under a policy, less the same of a program that is told what to flush and to invalidate, and is not
// charged for it. Runs take turns. Of each frame the lower quartile counts, as in a replay: other programs only
// ever make a run slower. Where the device works while the program computes it is the median, for the
// quartile would be of the runs in which it happened not to. The first fifth of the frames does not count,
// in either: V8 still compiles the program then, sooner or later.
//
// Noise is half of the interval in which 95 % of the costs lie that the same runs give when they are drawn
// anew with replacement (the bootstrap). Rounds go on until it is less than a tenth of the cost or
// a fiftieth of a frame, or three times as many are done. Where it stays too large, nothing is known, and
// that does not pass.
//
// Programs whose device works while they compute come in two kinds, which differ by more than policies
// do: the scheduler lets the device's thread run on another processor, or on the same one in turn with
// the main thread. Only runs of the kind that was recorded count; how many is shown.
//
// V8 does not replace loops while they run (--no-use-osr): whether and when it does is chance, and makes
// the same program faster or slower by a third.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { record, replay } from '../dist/record/index.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const [rounds = 12, only] = [Number(process.argv[2] ?? 12), process.argv[3]]
const mostRounds = 3 * rounds
const tolerance = 0.2
/** Of a frame: what is off by less than that matters to nobody. */
const negligible = 0.05
const leastRuns = 4
const recordings = 5
const draws = 200
const folder = mkdtempSync(join(tmpdir(), 'mkwrite-check-replay-'))
const timer = new URL('support/time-frames.mjs', import.meta.url).href

/** @type {Record<string, string[]>} */
const examples = {
  'particles.mjs': ['300'],
  'sheet.mjs': ['120'],
  'triangles.mjs': [join(folder, 'pictures'), '120'],
}

/**
 * One run of an example: nanoseconds of each frame, and how much other threads ran meanwhile.
 *
 * @typedef {{ frames: number[], shares: number[] }} Run
 */

/** @param {readonly number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1)

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(0)} %`

/**
 * @param {string} example
 * @param {readonly string[]} args
 * @param {string} policy
 * @returns {Run}
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

/** @param {readonly number[]} frames of a run or a replay */
const steady = (frames) => frames.slice(Math.ceil(frames.length / 5))

/**
 * @param {readonly Run[]} runs
 * @param {number} quantile of the runs, which counts of each frame
 * @returns nanoseconds per frame
 */
function frameTime(runs, quantile) {
  const frames = steady(runs[0]?.frames ?? [])
  const lists = runs.map((run) => steady(run.frames))
  return mean(
    frames.map((_, frame) => {
      const sorted = lists.map((list) => list[frame] ?? 0).sort((a, b) => a - b)
      return sorted[Math.floor(sorted.length * quantile)] ?? 0
    }),
  )
}

/** @param {number} share of other threads, as it was recorded */
const isShared = (share) => share > 0.2

/**
 * Whether other threads ran about as much as in the recording.
 *
 * @param {number} recorded
 * @returns {(run: Run) => boolean}
 */
const isAlike =
  (recorded) =>
  ({ shares }) =>
    isShared(recorded)
      ? mean(steady(shares)) >= recorded / 2
      : mean(steady(shares)) <= recorded + 0.2

/**
 * @param {readonly Run[]} runs under a policy
 * @param {readonly Run[]} base without tracking
 * @param {number} quantile as for `frameTime`
 * @returns {{ real: number, noise: number }} µs per frame
 */
function costOf(runs, base, quantile) {
  /** @param {readonly Run[]} list */
  const draw = (list) =>
    list.map(() => /** @type {Run} */ (list[Math.floor(Math.random() * list.length)]))
  const time = (/** @type {readonly Run[]} */ list) => frameTime(list, quantile)
  const costs = Array.from({ length: draws }, () => time(draw(runs)) - time(draw(base)))
  costs.sort((a, b) => a - b)
  const at = (/** @type {number} */ share) => costs[Math.floor(share * costs.length)] ?? 0
  return {
    real: (time(runs) - time(base)) / 1000,
    noise: (at(0.975) - at(0.025)) / 2000,
  }
}

/**
 * @param {string} example
 * @param {readonly string[]} args
 * @returns the recording whose share of other threads is the upper quartile: less is due to other programs
 */
async function recordTypical(example, args) {
  const script = join(root, 'examples', example)
  // With the same changes to the program as the runs that are timed.
  process.env.NODE_OPTIONS = `--import ${timer}`
  process.env.MKWRITE_FRAME_TIMES = join(folder, 'recorded.json')
  const found = []
  for (let i = 0; i < recordings; i++) {
    const file = join(folder, `${example}.${i}.trace`)
    const { trace } = await record({ script, args, file, stdio: ['ignore', 'ignore', 'inherit'] })
    const share = mean(steady(trace.frames.map(({ othersShare }) => othersShare)))
    found.push({ file, trace, share })
  }
  delete process.env.NODE_OPTIONS
  found.sort((a, b) => a.share - b.share)
  return /** @type {(typeof found)[number]} */ (found[Math.floor(0.75 * found.length)])
}

let isFine = true
for (const [example, args] of Object.entries(examples)) {
  if (only !== undefined && !example.startsWith(only)) continue
  const { file, trace, share } = await recordTypical(example, args)
  renameSync(file, join(folder, `${example}.trace`))
  const first = await replay(trace)
  const replays = [first]
  const policies = first.cases.map(({ policy }) => policy).filter((it) => it !== 'explicit')
  /** @type {Map<string, Run[]>} */
  const runs = new Map(['none', ...policies].map((policy) => [policy, []]))
  const alike = (/** @type {string} */ policy) => (runs.get(policy) ?? []).filter(isAlike(share))
  const quantile = isShared(share) ? 0.5 : 0.25
  const measure = () => {
    const base = alike('none')
    const none = frameTime(base, quantile) / 1000
    return policies.map((policy) => {
      const own = alike(policy)
      const isKnown = Math.min(own.length, base.length) >= leastRuns
      const { real, noise } = isKnown ? costOf(own, base, quantile) : { real: 0, noise: Infinity }
      return { policy, runs: own.length, none, real, noise }
    })
  }
  let done = 0
  let measured = measure()
  const isPrecise = () =>
    measured.every(({ real, noise, none }) => noise <= Math.max(real / 10, (none + real) / 50))
  while (done < rounds || (done < mostRounds && !isPrecise())) {
    for (const [policy, list] of runs) list.push(timeFrames(example, args, policy))
    done++
    // Replays and runs shall find the machine in the same states.
    if (done % rounds === 0) replays.push(await replay(trace))
    if (done >= rounds) measured = measure()
  }

  const none = measured[0]?.none ?? 0
  console.log(`\n${trace.program}: ${none.toFixed(1)} µs per frame without tracking and copies`)
  console.log(
    `Other threads ran ${percent(share)} of the time while it was recorded; ${done} rounds.`,
  )
  console.log(
    'policy          real µs   noise  others  runs          predicted µs   predicted/real',
  )
  for (const { policy, runs: count, real, noise } of measured) {
    const predictions = replays.map(({ cases }) => {
      const found = cases.find((it) => it.policy === policy)
      return 1000 * mean(steady(found?.msOfFrames ?? []))
    })
    const predicted = mean(predictions)
    const distance = Math.abs(predicted - real)
    const isKnown = noise <= Math.max(tolerance * real, negligible * (none + real))
    const [passes, verdict] = !isKnown
      ? [false, '  NOT KNOWN: too much noise, or too few runs like the recording']
      : distance <= tolerance * real
        ? [true, '']
        : distance <= noise
          ? [true, '  off, but not more than the noise']
          : distance <= negligible * (none + real)
            ? [true, `  off by less than ${percent(negligible)} of a frame`]
            : [false, `  OFF by more than ${percent(tolerance)}`]
    isFine = isFine && passes
    const others = mean(alike(policy).map(({ shares }) => mean(steady(shares))))
    console.log(
      policy.padEnd(12) +
        [
          [real.toFixed(1), 11],
          [noise.toFixed(1), 8],
          [percent(others), 8],
          [String(count), 6],
          [predictions.map((it) => it.toFixed(0)).join(', '), 22],
          [(predicted / real).toFixed(2), 17],
        ]
          .map(([text, width]) => String(text).padStart(Number(width)))
          .join('') +
        verdict,
    )
  }
}
rmSync(folder, { recursive: true, force: true })
process.exitCode = isFine ? 0 : 1
