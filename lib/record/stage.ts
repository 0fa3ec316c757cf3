// The buffer objects of a trace under one contender, and what the program did to them, done again.

import { sum } from 'simple-statistics'
import type { BusyOthers } from '../busy-others.ts'
import { MkwriteError } from '../errors.ts'
import { countPages } from '../events.ts'
import { type NativeDevice, type NativeResource, native } from '../native.ts'
import type { Policy } from '../policy.ts'
import { Actor } from './actor.ts'
import type { OwnWork } from './own-work.ts'
import type { Runs, Trace, TraceCollect, TraceFrame, TraceStep, TraceSubmit } from './trace.ts'

/**
 * What a trace is replayed under: a policy; `none`, without tracking or copies, which is what the others
 * are compared with; or `explicit`, a program that flushes exactly what it wrote.
 */
export type Contender = Policy | 'explicit' | 'none'

/** Where the time of a frame goes, in nanoseconds of CPU time. */
export interface FrameTime {
  /** The program's touches of memory, and its own work. */
  touchNs: number
  /** Submissions, collects and explicit synchronisation. */
  submitNs: number
  /** How much another thread ran meanwhile, from 0 to 1; 0 unless one was to. */
  ran: number
}

/** What a frame finds, as that of the program did. */
export interface Surroundings {
  /** Sleeps before it no longer than that. */
  mostIdleMs: number
  /** Computes between its touches, and between them and what follows; default: nothing does. */
  ownWork?: OwnWork | undefined
  /** Run while it is timed; default: nobody does. */
  others?: BusyOthers | undefined
}

/** What a contender was found to have done. */
export interface StageCounts {
  /** The mechanism in force now; of several buffer objects, that of most pages. */
  mechanism: string
  faults: number
  pagesReported: number
  bytesUpdated: number
  bytesReadBack: number
}

/** The commands of lib/commands.ts that a replay needs, as the addon takes them. */
const opCodes = { fill: 0, use: 8 } as const

const { now } = native.measure
const { pageSize } = native
const lockupTimeout = 60_000

/** What a check of the replay sees: each step after it was done. */
export interface Witness {
  /** Before the program touches anything. */
  before(stage: Stage, step: TraceStep): void
  /** When the device is done. `reported`: what a collect returned. */
  after(stage: Stage, step: TraceStep, stamp: number, reported: Runs | undefined): void
}

export class Stage implements Disposable {
  readonly actors: readonly Actor[]
  readonly #contender: Contender
  readonly #device: NativeDevice | undefined
  #stamp = 0
  #others: BusyOthers | undefined
  #ownWork: OwnWork | undefined
  /** For each step of the frame. */
  #ownNs = 0
  /** For the device, since the last rest. */
  #waitedMs = 0

  constructor(trace: Trace, contender: Contender) {
    if (trace.pageSize !== pageSize) {
      throw new MkwriteError(
        'ERR_MKWRITE_UNSUPPORTED',
        `The trace counts pages of ${trace.pageSize} bytes, and this machine has pages of ${pageSize}. Record it here.`,
      )
    }
    this.#contender = contender
    this.actors = trace.buffers.map((buffer) => new Actor(buffer))
    const policy = contender === 'none' || contender === 'explicit' ? null : contender
    const forDevice = this.actors.filter((_, i) => trace.buffers[i]?.owner === 'device')
    if (forDevice.length > 0) {
      const memory = forDevice.reduce((sum, { pages }) => sum + (pages + 1) * pageSize, 0)
      const options = { memory, lockupTimeout, dmaLatency: 0, dmaBandwidth: 0, bandwidth: 0 }
      this.#device = new native.Device(options, () => {})
    }
    for (const [index, actor] of this.actors.entries()) {
      const { buffer } = actor
      if (trace.buffers[index]?.owner === 'device') {
        this.device.attach(buffer, policy, 0)
        actor.resource = this.device.createResource(buffer, 0, buffer.size, policy !== null)
      } else if (policy !== null) {
        actor.tracker = new native.Tracker(buffer, policy)
      }
    }
  }

  get device(): NativeDevice {
    if (this.#device === undefined) throw new Error('This trace has no device.')
    return this.#device
  }

  /** Does all steps of a frame, and tells what they took. */
  time(
    { steps, idleNs, cpuNs }: TraceFrame,
    { mostIdleMs, ownWork, others }: Surroundings,
  ): FrameTime {
    this.#rest(Math.min(idleNs / 1e6, mostIdleMs))
    this.#device?.keepApart()
    this.#others = others
    this.#ownWork = ownWork
    this.#ownNs = cpuNs / steps.length
    const time = this.#run(steps)
    this.#others = undefined
    this.#ownWork = undefined
    return { ...time, ran: others?.takeShare() ?? 0 }
  }

  /** Does all steps of a frame, and shows them to `witness`. */
  check({ steps }: TraceFrame, witness?: Witness): void {
    this.#run(steps, witness)
  }

  #run(steps: readonly TraceStep[], witness?: Witness): FrameTime {
    const time: FrameTime = { touchNs: 0, submitNs: 0, ran: 0 }
    for (const step of steps) {
      witness?.before(this, step)
      this.#stamp++
      const reported = step.kind === 'submit' ? this.#submit(step, time) : this.#collect(step, time)
      witness?.after(this, step, this.#stamp, reported)
    }
    return time
  }

  /**
   * Sleeps as long as the program did: a thread that has slept finds caches cold, and its faults cost
   * up to twice as much. Waiting for the device counts.
   */
  #rest(ms: number): void {
    const left = ms - this.#waitedMs
    this.#waitedMs = 0
    if (left > 0) Atomics.wait(neverWoken, 0, 0, left)
  }

  /** Brings all of the device's memory up to date, so that it can be looked at. */
  useEverything(): void {
    const everything = this.actors.flatMap(({ resource, buffer }) =>
      resource === undefined ? [] : [opCodes.use, resource, 0, buffer.size],
    )
    if (everything.length > 0) this.device.wait(this.device.submit(everything), -1)
  }

  counts(): StageCounts {
    const counts: StageCounts = {
      mechanism: 'none',
      faults: 0,
      pagesReported: 0,
      bytesUpdated: 0,
      bytesReadBack: 0,
    }
    let mostPages = 0
    for (const { buffer, pages, resource, tracker } of this.actors) {
      const stats = resource === undefined ? tracker?.stats() : this.device.bufferStats(buffer)
      if (stats === undefined) continue
      const { mechanism, writeFaults = 0, readFaults = 0, pagesReported = 0, ...bytes } = stats
      counts.faults += writeFaults + readFaults
      counts.pagesReported += pagesReported
      if ('bytesUpdated' in bytes) counts.bytesUpdated += bytes.bytesUpdated
      if ('bytesReadBack' in bytes) counts.bytesReadBack += bytes.bytesReadBack
      if (mechanism !== undefined && pages > mostPages) {
        counts.mechanism = mechanism
        mostPages = pages
      }
    }
    return counts
  }

  [Symbol.dispose](): void {
    for (const { buffer, resource } of this.actors) {
      if (resource !== undefined) this.device.forget(buffer)
    }
    for (const actor of this.actors) actor.destroy()
    this.#device?.destroy()
  }

  #submit(step: TraceSubmit, time: FrameTime): undefined {
    const pages = pagesTouched(step)
    this.#others?.begin()
    const touching = now()
    this.#computing(pages, (touched) => this.#touch(step, touched))
    time.touchNs += now() - touching

    // What the device does, it does in its own thread, and nobody waits for that in a timed part.
    if (step.busy) {
      this.device.pause()
      this.device.submit([])
    }
    const commands = this.#commandsOf(step)
    const begin = now()
    if (this.#contender === 'explicit') this.#flush(step)
    const seqno = this.device.submit(commands)
    time.submitNs += now() - begin
    this.#others?.end()
    if (step.busy) this.device.resume()
    const waiting = performance.now()
    this.device.wait(seqno, -1)
    this.#waitedMs += performance.now() - waiting
  }

  /** Touches so many pages, and does the program's own work meanwhile. */
  #computing(pages: number, touch: (touched: () => void) => void): void {
    const ownWork = this.#ownWork
    if (ownWork === undefined) {
      touch(nothing)
      return
    }
    ownWork.begin(this.#ownNs, pages)
    touch(() => ownWork.touched())
    ownWork.end()
  }

  #touch({ readBacks, shares }: TraceSubmit, touched: () => void): void {
    const stamp = this.#stamp
    if (this.#contender === 'explicit') {
      for (const { buffer, runs } of readBacks) {
        const actor = this.actors[buffer] as Actor
        eachBytes(runs, (offset, size) => this.device.invalidate(actor.buffer, offset, size))
      }
    }
    // A page that came back because it was written faults once, so writes come first.
    for (const { buffer, dirty } of shares) {
      ;(this.actors[buffer] as Actor).write(dirty, stamp, touched)
    }
    for (const readBack of readBacks) {
      ;(this.actors[readBack.buffer] as Actor).touch(readBack, touched)
    }
  }

  #flush({ shares }: TraceSubmit): void {
    for (const { buffer, dirty } of shares) {
      const actor = this.actors[buffer] as Actor
      eachBytes(dirty, (offset, size) => this.device.flush(actor.buffer, offset, size))
    }
  }

  /** Uses what was used, and writes what was written, with bytes that tell the step. */
  #commandsOf({ shares }: TraceSubmit): (number | NativeResource)[] {
    const commands: (number | NativeResource)[] = []
    for (const { buffer, used, written } of shares) {
      const { resource } = this.actors[buffer] as Actor
      if (resource === undefined) continue
      eachBytes(used, (offset, size) => commands.push(opCodes.use, resource, offset, size))
      const value = fillByte(this.#stamp)
      eachBytes(written, (offset, size) =>
        commands.push(opCodes.fill, value, resource, offset, size),
      )
    }
    return commands
  }

  #collect({ buffer, dirty, firstPage, pages }: TraceCollect, time: FrameTime): Runs | undefined {
    const actor = this.actors[buffer] as Actor
    const dirtyPages = countPages(dirty)
    this.#others?.begin()
    const touching = now()
    this.#computing(dirtyPages, (touched) => actor.write(dirty, this.#stamp, touched))
    time.touchNs += now() - touching
    const begin = now()
    const reported = actor.tracker?.collect(firstPage, pages)
    time.submitNs += now() - begin
    this.#others?.end()
    return reported
  }
}

/** What the device writes in the step of that stamp. */
export const fillByte = (stamp: number): number => (stamp % 127) + 1

const pagesTouched = ({ readBacks, shares }: TraceSubmit): number =>
  sum([...readBacks.map(({ runs }) => runs), ...shares.map(({ dirty }) => dirty)].map(countPages))

const nothing = (): void => {}

const neverWoken = new Int32Array(new SharedArrayBuffer(4))

function eachBytes(runs: Runs, visit: (offset: number, size: number) => void): void {
  for (let i = 0; i < runs.length; i += 2) {
    visit((runs[i] as number) * pageSize, (runs[i + 1] as number) * pageSize)
  }
}
