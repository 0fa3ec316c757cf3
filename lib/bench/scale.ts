// What must not depend on size or number: collects from large idle memory, and submissions that use
// one of many buffer objects.

import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { median } from 'simple-statistics'
import type { BufferObject } from '../buffer-object.ts'
import type { Command } from '../commands.ts'
import { EmulatedDevice } from '../device.ts'
import { clockCost, now } from '../measure/clock.ts'
import { native } from '../native.ts'
import type { Policy } from '../policy.ts'
import type { Resource } from '../resource.ts'
import type { BenchScale } from './result.ts'

/** Collects from an idle buffer object, against bare scans of the same memory. */
export function measureIdleCollect(policy: Policy, size: number, rounds: number): BenchScale {
  const results = new Float64Array(2 * rounds)
  native.measure.idleCollects(policy, size, results)
  const ns = median([...results].filter((_, index) => index % 2 === 0))
  const baseNs = median([...results].filter((_, index) => index % 2 === 1))
  return {
    measurement: 'idle-collect',
    contender: policy,
    base: 'bare-userfault',
    size,
    ns,
    baseNs,
    ratio: ns / baseNs,
  }
}

const rounds = 5
/** Of the submissions of a round, those after this share count. */
const warmUpShare = 0.8
const MiB = 1024 * 1024

/**
 * Submissions that use one buffer object while there are `count` of them, all of which have been
 * used once, and while it is the only one; in turn.
 */
export async function measureManyBuffers(
  policy: Policy,
  count: number,
  submits: number,
  pause: () => Promise<void>,
): Promise<BenchScale> {
  const alone: number[] = []
  const many: number[] = []
  for (let round = 0; round < rounds; round++) {
    const crowd = new Crowd(policy, count)
    try {
      alone.push(crowd.measureSubmit(submits))
      crowd.addOthers()
      many.push(crowd.measureSubmit(submits))
    } finally {
      crowd.destroy()
    }
    // What was destroyed keeps its file open until its ArrayBuffers are collected.
    await collectGarbage(pause)
  }
  const [ns, baseNs] = [median(many), median(alone)]
  return {
    measurement: 'many-buffers',
    contender: policy,
    base: policy,
    buffers: count,
    ns,
    baseNs,
    ratio: ns / baseNs,
  }
}

/** A device with one buffer object that is used, and perhaps others that are not. */
class Crowd {
  readonly #policy: Policy
  readonly #count: number
  readonly #device: EmulatedDevice
  readonly #target: Resource
  readonly #used: BufferObject
  readonly #bytes: Uint8Array
  #others: BufferObject[] = []
  readonly #clockCost = clockCost()

  constructor(policy: Policy, count: number) {
    this.#policy = policy
    this.#count = count
    this.#device = new EmulatedDevice({ memory: 2 * count * native.pageSize + MiB })
    this.#target = this.#device.createBuffer({ size: native.pageSize })
    this.#used = this.#create()
    this.#bytes = new Uint8Array(this.#used.map())
  }

  addOthers(): void {
    this.#others = Array.from({ length: this.#count - 1 }, () => this.#create())
    this.#device.submit(this.#others.map((buffer) => this.#use(buffer))).wait()
  }

  /** ns of `submit()`, with one page to be updated. */
  measureSubmit(submits: number): number {
    const commands = [this.#use(this.#used)]
    const times: number[] = []
    for (let i = 0; i < submits; i++) {
      this.#bytes[0] = i
      const begin = now()
      const fence = this.#device.submit(commands)
      const ns = now() - begin - this.#clockCost
      fence.wait()
      if (i >= submits * warmUpShare) times.push(ns)
    }
    return median(times)
  }

  destroy(): void {
    for (const buffer of [this.#used, ...this.#others]) buffer.destroy()
    this.#device.destroy()
  }

  #create(): BufferObject {
    const buffer = this.#device.createBufferObject({ size: native.pageSize, policy: this.#policy })
    new Uint8Array(buffer.map())[0] = 1
    return buffer
  }

  #use(buffer: BufferObject): Command {
    return { op: 'copy', from: buffer.resource(), to: this.#target }
  }
}

async function collectGarbage(pause: () => Promise<void>): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc: () => void = runInNewContext('gc')
  // One finds what is garbage, and finalizers run after it; what they let go is for the next.
  for (let i = 0; i < 3; i++) {
    gc()
    await pause()
  }
}

/** At most `wanted`, and what this process may have: each takes a file descriptor and two mappings. */
export function possibleBuffers(wanted: number): number {
  const files = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  const mappings = Number(readFileSync('/proc/sys/vm/max_map_count', 'utf8'))
  return Math.min(wanted, Math.floor(Number(files ?? 0) * 0.75), Math.floor(mappings / 4))
}
