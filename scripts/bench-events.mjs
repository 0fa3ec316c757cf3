// What the events of lib/events.ts cost when nobody listens: calls of the compiled library, in turn
// with calls of two copies of it from which the guards have been taken out. The two copies are the
// same, so what they differ by is noise.
//
//   npm run bench:events [batches]

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const batches = Number(process.argv[2] ?? 400)
const warmUp = 20
const callsPerBatch = 500
const channels = ['submit', 'collect', 'flush', 'fault', 'readback'].map((it) => `mkwrite:${it}`)

/**
 * What the guards look like in dist/. A change of the sources must not make this measure nothing.
 *
 * @type {[file: string, guard: RegExp, replacement: string][]}
 */
const guards = [
  [
    'device.js',
    /wantsSubmits\(\)\s*\? this\.#events\.submit\([^)]*\)\s*: (this\.#native\.submit\(encoded\))/,
    '$1',
  ],
  ['tracker.js', /if \(wantsCollects\(\)\)\s*return this\.#collectObserved\(range\);/, ''],
]

/**
 * @param {string} name
 * @returns where its dist/ is
 */
function makeCopyWithoutGuards(name) {
  const copy = join(root, 'build', 'bench-events', name)
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true })
  symlinkSync(join(root, 'build'), join(copy, 'build'))
  writeFileSync(join(copy, 'package.json'), readFileSync(join(root, 'package.json')))
  for (const [file, guard, replacement] of guards) {
    const path = join(copy, 'dist', file)
    const text = readFileSync(path, 'utf8')
    if (!guard.test(text))
      throw new Error(`The guard of ${file} looks different: adapt this script`)
    writeFileSync(path, text.replace(guard, replacement))
  }
  return join(copy, 'dist')
}

/** @param {string} dist */
async function makeContender(dist) {
  const { BufferObject, DirtyTracker, EmulatedDevice } = await import(join(dist, 'index.js'))
  const device = new EmulatedDevice()
  const tracker = DirtyTracker.track(new BufferObject({ size: 1 }))
  const bo = device.createBufferObject({ size: 1, policy: 'write-fault' })
  const target = device.createBuffer({ size: bo.size })
  const bytes = new Uint8Array(bo.map())
  const commands = [{ op: 'copy', from: bo.resource(), to: target }]
  return {
    /** @type {Record<string, () => void>} */
    cases: {
      'collect of one clean page': () => tracker.collect(),
      'submit without commands': () => device.submit([]),
      'submit of one dirty page': () => {
        bytes[0] = bytes[0] === 1 ? 2 : 1
        device.submit(commands)
      },
    },
    /** Not timed: the queue shall be empty. */
    rest: () => device.submit([]).wait(),
  }
}

/**
 * @param {Awaited<ReturnType<typeof makeContender>>} contender
 * @param {string} name of the case
 * @returns nanoseconds of one call
 */
function timeBatch({ cases, rest }, name) {
  const call = cases[name] ?? rest
  const begin = performance.now()
  for (let i = 0; i < callsPerBatch; i++) call()
  const time = performance.now() - begin
  rest()
  return (time / callsPerBatch) * 1e6
}

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const contenders = [
  await makeContender(join(root, 'dist')),
  await makeContender(makeCopyWithoutGuards('one')),
  await makeContender(makeCopyWithoutGuards('two')),
]
const [present] = contenders
if (present === undefined) throw new Error('unreachable')

console.log(`${batches} batches of ${callsPerBatch} calls each, in turn. Medians.\n`)
console.log('ns per call                 without   nobody   ratio   noise    all listened to')
for (const name of Object.keys(present.cases)) {
  /** @type {number[][]} */
  const times = [[], [], []]
  for (let batch = -warmUp; batch < batches; batch++) {
    // Whoever comes first finds other things in the caches.
    for (let turn = 0; turn < contenders.length; turn++) {
      const who = (turn + batch + warmUp) % contenders.length
      const contender = contenders[who] ?? present
      const time = timeBatch(contender, name)
      if (batch >= 0) times[who]?.push(time)
    }
  }
  const [nobody = [], without = [], again = []] = times
  /** @param {number[]} list */
  const ratio = (list) => median(list.map((time, i) => time / (without[i] ?? 0))).toFixed(3)
  for (const channel of channels) subscribe(channel, Boolean)
  const listened = Array.from({ length: Math.ceil(batches / 4) }, () => timeBatch(present, name))
  for (const channel of channels) unsubscribe(channel, Boolean)
  /** @param {number[]} list @param {number} width */
  const column = (list, width) => median(list).toFixed(0).padStart(width)
  console.log(
    `${name.padEnd(26)}${column(without, 9)}${column(nobody, 9)}   ${ratio(nobody)}   ${ratio(again)}${column(listened, 19)}`,
  )
}
process.exit()
