// Runs before an example (`node --import`): notes the CPU time of the main thread from each submission
// to the next, and how much other threads ran while it did, and writes the lists to the file that
// MKWRITE_FRAME_TIMES names.
//
// With MKWRITE_EXPLICIT, which names a trace of the same program, and MKWRITE_POLICY=none: makes it a
// program that flushes exactly what it wrote and invalidates exactly what it reads. That is not timed,
// so what is left is the program without tracking and copies, on a device that has the right contents.

import { readFileSync, writeFileSync } from 'node:fs'
import { PNG } from 'pngjs'
import { EmulatedDevice } from '../../dist/index.js'
import { moments } from '../../dist/moments.js'
import { native } from '../../dist/native.js'
import { readTrace } from '../../dist/record/index.js'
import { OthersMeter } from '../../dist/record/others.js'

const { MKWRITE_FRAME_TIMES: file = '', MKWRITE_EXPLICIT: traceFile } = process.env
const { now } = native.measure
const { pageSize } = native

// Packing a picture takes 50 times as long as what is looked for, and never twice the same.
PNG.sync.write = () => Buffer.alloc(0)

// Nor shall it take new memory for each, whose pages fault one by one, or do not, as malloc happens to
// have kept them. All of a picture is written each time.
const { alloc } = Buffer
const pictureBytes = 2 ** 20
const picture = alloc(pictureBytes)
Buffer.alloc = (size, ...rest) => (size === pictureBytes ? picture : alloc(size, ...rest))

/** @type {number[]} */
const times = []
/** @type {number[]} */
const shares = []
const others = new OthersMeter()
/** Nanoseconds that were not the program's, so far. */
let untimed = 0

/** @param {() => void} work */
function notTimed(work) {
  const begin = now()
  work()
  untimed += now() - begin
}

/** @param {Uint32Array} runs @param {(range: { offset: number, size: number }) => void} visit */
function eachRange(runs, visit) {
  for (let i = 0; i < runs.length; i += 2) {
    visit({ offset: (runs[i] ?? 0) * pageSize, size: (runs[i + 1] ?? 0) * pageSize })
  }
}

const steps =
  traceFile === undefined ? [] : readTrace(readFileSync(traceFile)).frames.flatMap((it) => it.steps)
/**
 * Their numbers in the trace: submissions list them in the order in which they were made.
 *
 * @type {import('../../dist/index.js').BufferObject[]} */
const buffers = []
let submissions = 0

const { submit, createBufferObject } = EmulatedDevice.prototype
/** @param {import('../../dist/index.js').DeviceBufferObjectOptions} options */
EmulatedDevice.prototype.createBufferObject = function (options) {
  const buffer = createBufferObject.call(this, options)
  buffers.push(buffer)
  return buffer
}
/** @param {readonly import('../../dist/index.js').Command[]} commands */
EmulatedDevice.prototype.submit = function (commands) {
  const step = steps[submissions++]
  notTimed(() => {
    others.end()
    shares.push(others.takeShare())
    if (step?.kind !== 'submit') return
    for (const { buffer, dirty } of step.shares) {
      eachRange(dirty, (range) => buffers[buffer]?.flush(range))
    }
  })
  times.push(now() - untimed)
  const fence = submit.call(this, commands)
  notTimed(() => others.begin())
  const next = steps[submissions]
  if (next?.kind === 'submit' && next.readBacks.length > 0) {
    const signaled = fence.signaled.then(() =>
      notTimed(() => {
        for (const { buffer, runs } of next.readBacks) {
          eachRange(runs, (range) => buffers[buffer]?.invalidate(range))
        }
      }),
    )
    Object.defineProperty(fence, 'signaled', { value: signaled })
  }
  return fence
}

// While a program is recorded, this is the recorder's.
if (moments.resumed === undefined) moments.resumed = () => notTimed(() => others.begin())

process.on('exit', () => {
  const frames = times.slice(1).map((time, i) => time - (times[i] ?? 0))
  writeFileSync(file, JSON.stringify({ frames, shares: shares.slice(1) }))
})
