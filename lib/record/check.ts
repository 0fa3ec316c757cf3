// Checks a replay: whatever was written arrives, in device memory and back.

import { native } from '../native.ts'
import type { Actor } from './actor.ts'
import { fillByte, type Stage, type Witness } from './stage.ts'
import type { Runs, Trace, TraceStep } from './trace.ts'

/** What was not where it had to be. Anything but 0 is a bug. */
export interface Losses {
  /** Pages that the device had stale after a submission, or that a collect did not report. */
  lostPages: number
  /** Pages that the CPU read stale after the device had written them. */
  stalePages: number
}

/** Pages that nobody has written yet. */
const untouched = -1

export class Check implements Witness, Losses {
  lostPages = 0
  stalePages = 0
  /** By buffer object: what the first eight bytes of each page must be. */
  readonly #expected: Float64Array[]

  constructor({ buffers }: Trace) {
    this.#expected = buffers.map(({ pages }) => new Float64Array(pages).fill(untouched))
  }

  before({ actors }: Stage, step: TraceStep): void {
    if (step.kind === 'collect') return
    for (const { buffer, runs } of step.readBacks) this.#checkCpu(actors, buffer, runs)
  }

  after(stage: Stage, step: TraceStep, stamp: number, reported: Runs | undefined): void {
    if (step.kind === 'collect') {
      const pages = new Set<number>()
      eachPage(reported ?? new Uint32Array(0), (page) => pages.add(page))
      eachPage(step.dirty, (page) => {
        this.#expect(step.buffer, page, stamp)
        if (!pages.has(page)) this.lostPages++
      })
      return
    }
    for (const { buffer, dirty, written } of step.shares) {
      eachPage(dirty, (page) => this.#expect(buffer, page, stamp))
      eachPage(written, (page) => this.#expect(buffer, page, fillPattern(stamp)))
      eachPage(dirty, (page) => this.#checkDevice(stage, buffer, page))
    }
  }

  /** Looks at everything that was ever touched, on the device and then on the CPU. */
  finish(stage: Stage): void {
    stage.useEverything()
    for (const [buffer, { pages, resource }] of stage.actors.entries()) {
      if (resource === undefined) continue
      const all = Uint32Array.of(0, pages)
      eachPage(all, (page) => this.#checkDevice(stage, buffer, page))
      this.#checkCpu(stage.actors, buffer, all)
    }
  }

  #expect(buffer: number, page: number, value: number): void {
    const expected = this.#expected[buffer] as Float64Array
    expected[page] = value
  }

  #checkDevice({ actors, device }: Stage, buffer: number, page: number): void {
    const { resource } = actors[buffer] as Actor
    const expected = this.#expected[buffer]?.[page]
    if (resource === undefined || expected === untouched) return
    const [found] = new Float64Array(device.peek(resource, page * native.pageSize, 8))
    if (found !== expected) this.lostPages++
  }

  #checkCpu(actors: readonly Actor[], buffer: number, runs: Runs): void {
    const expected = this.#expected[buffer] as Float64Array
    actors[buffer]?.read(runs, (value, page) => {
      if (expected[page] !== untouched && value !== expected[page]) this.stalePages++
    })
  }
}

function eachPage(runs: Runs, visit: (page: number) => void): void {
  for (let i = 0; i < runs.length; i += 2) {
    const first = runs[i] as number
    for (let k = 0; k < (runs[i + 1] as number); k++) visit(first + k)
  }
}

/** Eight bytes of what the device fills pages with in the step of that stamp. */
function fillPattern(stamp: number): number {
  const [value = 0] = new Float64Array(new Uint8Array(8).fill(fillByte(stamp)).buffer)
  return value
}
