// Listens to this thread's events and records them.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { arch, cpus, release } from 'node:os'
import type { BufferObject } from '../buffer-object.ts'
import type {
  CollectMessage,
  FaultMessage,
  ReadBackMessage,
  SubmitMessage,
  TimedMessage,
} from '../events.ts'
import { moments } from '../moments.ts'
import { native } from '../native.ts'
import type { Mechanism } from '../policy.ts'
import { version } from '../version.ts'
import { TraceEncoder } from './encode.ts'
import { OthersMeter } from './others.ts'
import type { TraceBuffer, TraceReadBack } from './trace.ts'

/** How to record. */
export interface RecorderOptions {
  /** What the trace says it is of. */
  program: string
  /** Least milliseconds of a frame; default: a frame is a submission or a collect. */
  interval?: number | undefined
  /** Frames after which recording ends by itself. */
  frames?: number | undefined
  /** What the trace says by which pages were found out. */
  mechanism: Mechanism
}

const { now } = native.measure

export class Recorder {
  readonly #options: RecorderOptions
  readonly #encoder = new TraceEncoder()
  readonly #buffers: TraceBuffer[] = []
  readonly #numbers = {
    device: new WeakMap<object, number>(),
    tracker: new WeakMap<object, number>(),
  }
  #readBacks: TraceReadBack[] = []
  /** Faults since a buffer object's last readback. */
  readonly #faults = new WeakMap<object, number>()
  /** CPU time of the frame up to the last message, in ns. */
  #cpuNs = 0
  #lastCpu = now()
  readonly #others = new OthersMeter()
  /** CPU time that looking at other threads took since the last message, in ns. */
  #lookedNs = 0
  #frameBegin = performance.now()
  #loopBegin = performance.eventLoopUtilization()
  #stopped = false

  constructor(options: RecorderOptions) {
    this.#options = options
    subscribe('mkwrite:submit', this.#onSubmit)
    subscribe('mkwrite:collect', this.#onCollect)
    subscribe('mkwrite:fault', this.#onFault)
    subscribe('mkwrite:readback', this.#onReadBack)
    moments.resumed = () => this.#look(() => this.#others.begin())
    moments.taking = () => this.#look(() => this.#others.end())
  }

  /** Frames so far. */
  get frames(): number {
    return this.#encoder.frames
  }

  /** Ends recording. Calling it again does nothing. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    unsubscribe('mkwrite:submit', this.#onSubmit)
    unsubscribe('mkwrite:collect', this.#onCollect)
    unsubscribe('mkwrite:fault', this.#onFault)
    unsubscribe('mkwrite:readback', this.#onReadBack)
    moments.resumed = undefined
    moments.taking = undefined
    const done = this.#options.frames !== undefined && this.frames >= this.#options.frames
    if (done) return
    // What came back after the last submission belongs to a frame, too.
    if (this.#readBacks.length > 0) {
      this.#cpuNs += now() - this.#lastCpu
      this.#encoder.submit({ readBacks: this.#readBacks, shares: [], busy: false })
    }
    if (this.#cpuNs > 0) this.#endFrame()
  }

  /** The trace file. */
  finish(): Uint8Array {
    this.stop()
    const { program, interval, mechanism } = this.#options
    return this.#encoder.finish({
      program,
      frame: interval ?? 'submit',
      mechanism,
      pageSize: native.pageSize,
      recordedOn: {
        kernel: release(),
        arch: arch(),
        cpu: cpus()[0]?.model.trim() ?? 'unknown',
        node: process.version,
        mkwrite: version,
      },
      buffers: this.#buffers,
    })
  }

  readonly #onFault = (message: unknown): void => {
    const { buffer, mechanism, readFaults, writeFaults } = message as FaultMessage
    // Under write-fault most writes of pages that are the CPU's already fault as well.
    const faults = mechanism === 'write-fault' ? readFaults : readFaults + writeFaults
    this.#faults.set(buffer, (this.#faults.get(buffer) ?? 0) + faults)
  }

  readonly #onReadBack = (message: unknown): void => {
    const { buffer, runs } = message as ReadBackMessage
    const faults = this.#faults.get(buffer) ?? 0
    this.#faults.delete(buffer)
    this.#readBacks.push({ buffer: this.#numberOf(buffer, 'device'), runs, faults })
  }

  readonly #onSubmit = (message: unknown): void => {
    this.#step(message as SubmitMessage, ({ bytesStaged, buffers }) => {
      const shares = buffers.map(({ buffer, used, written, dirty, bytesUpdated }) => {
        return { buffer: this.#numberOf(buffer, 'device'), used, written, dirty, bytesUpdated }
      })
      this.#encoder.submit({ readBacks: this.#readBacks, shares, busy: bytesStaged > 0 })
      this.#readBacks = []
    })
  }

  readonly #onCollect = (message: unknown): void => {
    this.#step(message as CollectMessage, ({ buffer, firstPage, pages, dirty }) =>
      this.#encoder.collect({ buffer: this.#numberOf(buffer, 'tracker'), firstPage, pages, dirty }),
    )
  }

  #step<Message extends TimedMessage>(message: Message, encode: (message: Message) => void): void {
    const cpu = now()
    // What it took to make the message is not the program's.
    const own = (performance.now() - message.startTime - message.duration) * 1e6
    this.#cpuNs += Math.max(cpu - this.#lastCpu - own - this.#lookedNs, 0)
    this.#lookedNs = 0
    encode(message)
    const { interval = 0, frames = Number.POSITIVE_INFINITY } = this.#options
    if (performance.now() - this.#frameBegin >= interval) this.#endFrame()
    if (this.frames >= frames) this.stop()
    // What a submission set going does not run while the main thread writes, but while it is recorded.
    this.#others.begin()
    this.#lastCpu = now()
  }

  #look(look: () => void): void {
    const begin = now()
    look()
    this.#lookedNs += now() - begin
  }

  #endFrame(): void {
    const end = performance.now()
    const { idle } = performance.eventLoopUtilization(this.#loopBegin)
    this.#encoder.frame({
      cpuNs: this.#cpuNs,
      wallNs: (end - this.#frameBegin) * 1e6,
      idleNs: idle * 1e6,
      othersShare: this.#others.takeShare(),
    })
    this.#cpuNs = 0
    this.#frameBegin = end
    this.#loopBegin = performance.eventLoopUtilization()
  }

  /** A buffer object that has had both a device and a tracker counts as two. */
  #numberOf(buffer: BufferObject, owner: TraceBuffer['owner']): number {
    const { [owner]: numbers } = this.#numbers
    const known = numbers.get(buffer)
    if (known !== undefined) return known
    const number = this.#buffers.push({ pages: buffer.size / native.pageSize, owner }) - 1
    numbers.set(buffer, number)
    return number
  }
}
