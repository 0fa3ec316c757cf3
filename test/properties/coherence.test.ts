// Random programs of CPU writes and reads, device commands and waits, against a model that has one
// memory and runs everything in order. That is what coherence means.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type BufferObject,
  EmulatedDevice,
  type Fence,
  type Resource,
  type View,
} from '../../lib/index.ts'
import { codeOf } from '../support/errors.ts'
import { coherentPolicies, pageSize } from '../support/mechanisms.ts'
import { sameBytes } from '../support/pages.ts'
import { rounds } from '../support/rounds.ts'

const pages = 12
const size = pages * pageSize
const most = 4 * pageSize

/** What a command works on, and the same bytes in the model. */
interface Operand {
  operand: { resource: Resource; offset: number; size: number }
  begin: number
  model: Uint8Array
}

interface Placed {
  offset: number
  size: number
}

/** Where to write or read, as fractions of whatever it is applied to. */
interface Part {
  at: number
  length: number
}

type Step =
  | { kind: 'write'; part: Part; value: number }
  | { kind: 'read'; part: Part }
  | { kind: 'fill'; to: number; part: Part; value: number }
  | { kind: 'copy'; from: number; to: number; source: Part; target: Part }
  | { kind: 'wait' }
  | { kind: 'pause' }
  | { kind: 'resume' }
  | { kind: 'refuse' }
  | { kind: 'destroy'; which: number }
  | { kind: 'mark'; part: Part }
  | { kind: 'flush'; part: Part }
  | { kind: 'access'; part: Part; value: number }
  | { kind: 'view' }
  | { kind: 'drop' }

const fraction = fc.oneof(
  fc.constantFrom(0, 0.25, 0.5, 1),
  fc.double({ min: 0, max: 1, noNaN: true }),
)
const part: fc.Arbitrary<Part> = fc.record({ at: fraction, length: fraction })
// Some often, so that writes change nothing, or undo each other.
const value = fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: 1, max: 255 }))
const which = fc.nat(3)
const kind = <Kind extends Step['kind']>(name: Kind) => fc.constant(name)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: kind('write'), part, value }) },
  { weight: 5, arbitrary: fc.record({ kind: kind('read'), part }) },
  { weight: 6, arbitrary: fc.record({ kind: kind('fill'), to: which, part, value }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: kind('copy'),
      from: which,
      to: which,
      source: part,
      target: part,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: kind('wait') }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('pause') }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('resume') }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('refuse') }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('destroy'), which }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('mark'), part }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('flush'), part }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('access'), part, value }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('view') }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('drop') }) },
)

/** Two or three resources of one buffer object, anywhere: apart, sharing pages, or sharing bytes. */
const placement = fc.array(
  fc.record({
    offset: fc.nat(size - 1),
    size: fc.oneof(fc.integer({ min: 1, max: most }), fc.integer({ min: 1, max: 300 })),
  }),
  { minLength: 2, maxLength: 3 },
)

const clip = ({ offset, size: length }: Placed): Placed => ({
  offset,
  size: Math.min(length, size - offset),
})

/** A part of `length` bytes as an offset and a size that is not 0. */
function within({ at, length }: Part, limit: number): Placed {
  const offset = Math.min(Math.floor(at * limit), limit - 1)
  return { offset, size: Math.max(1, Math.floor(length * (limit - offset))) }
}

const meet = (a: Placed, b: Placed): boolean =>
  a.offset < b.offset + b.size && b.offset < a.offset + a.size

const pagesOf = (offset: number, length: number): number[] => {
  const first = Math.floor(offset / pageSize)
  const last = Math.floor((offset + length - 1) / pageSize)
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

/** As `auto`, on a device with a bus so slow that what it reports is compared with a twin. */
const trimmed = 'auto with a twin'
type Contender = (typeof coherentPolicies)[number] | typeof trimmed
const contenders: Contender[] = [...coherentPolicies]
if (coherentPolicies.includes('auto')) contenders.push(trimmed)

/** Memory that a slow device needs to show that it is one. */
const slowMemory = 32 * pageSize

function slowDevice(memory: number, lockupTimeout: number): EmulatedDevice {
  const device = new EmulatedDevice({
    memory: memory + slowMemory,
    lockupTimeout,
    bandwidth: 100_000_000,
  })
  const bo = device.createBufferObject({ size: slowMemory / 2, policy: 'full' })
  const target = device.createBuffer({ size: bo.size })
  for (let i = 0; i < 4; i++) {
    new Uint8Array(bo.map()).fill(i)
    device.submit([{ op: 'copy', from: bo.resource(), to: target }]).wait()
  }
  bo.destroy()
  // Holds what that took, so that there is as much left as was asked for.
  device.createBuffer({ size: bo.size })
  return device
}

class Program {
  readonly #device: EmulatedDevice
  readonly #bo: BufferObject
  /** The array over the view that is in use. */
  #bytes: Uint8Array
  readonly #views: View[] = []
  readonly #memory: Resource
  readonly #placed: Placed[]
  /** The model. */
  readonly #expected = new Uint8Array(size)
  readonly #expectedMemory = new Uint8Array(most)
  #last: Fence | undefined
  #paused = false
  /** While paused: pages that a submission in flight writes. Whoever touches them would wait. */
  readonly #busy = new Set<number>()
  /** Whether a submission may have to wait for earlier ones: to make room, or to pass bytes on. */
  readonly #mayWait: boolean
  #refusing = false

  constructor(contender: Contender, placed: Placed[], tight: boolean) {
    // Tight: the largest two resources fit beside the memory, a third one only by eviction.
    const memory = (tight ? 3 : 64) * most
    const lockupTimeout = 2000
    if (contender === trimmed) {
      this.#device = slowDevice(memory, lockupTimeout)
      this.#bo = this.#device.createBufferObject({ size, policy: 'auto', twinLimit: size })
    } else {
      this.#device = new EmulatedDevice({ memory, lockupTimeout })
      this.#bo = this.#device.createBufferObject({ size, policy: contender })
    }
    this.#bytes = new Uint8Array(this.#bo.map())
    this.#memory = this.#device.createBuffer({ size: most })
    this.#placed = placed.map(clip)
    this.#mayWait =
      tight || this.#placed.some((one) => this.#placed.some((two) => one !== two && meet(one, two)))
  }

  run(step: Step): void {
    switch (step.kind) {
      case 'write': {
        const { offset, size: length } = this.#touch(step.part)
        this.#bytes.fill(step.value, offset, offset + length)
        this.#expected.fill(step.value, offset, offset + length)
        break
      }
      case 'read': {
        const { offset, size: length } = this.#touch(step.part)
        const range = [offset, offset + length] as const
        expect(sameBytes(this.#bytes.subarray(...range), this.#expected.subarray(...range))).toBe(
          true,
        )
        break
      }
      case 'fill': {
        const to = this.#operand(step.to, step.part)
        if (this.#submit([{ op: 'fill', to: to.operand, value: step.value }])) {
          to.model.fill(step.value, to.begin, to.begin + to.operand.size)
          this.#writes(to)
        }
        break
      }
      case 'copy': {
        const from = this.#operand(step.from, step.source)
        const to = this.#operand(step.to, step.target)
        const length = Math.min(from.operand.size, to.operand.size)
        from.operand.size = length
        to.operand.size = length
        const copy = { op: 'copy' as const, from: from.operand, to: to.operand }
        if (this.#overlap(from.operand.resource, to.operand.resource)) {
          expect(codeOf(() => this.#device.submit([copy]))).toBe('ERR_MKWRITE_INVALID_ARGUMENT')
        } else if (this.#submit([copy])) {
          to.model.set(from.model.slice(from.begin, from.begin + length), to.begin)
          this.#writes(to)
        }
        break
      }
      case 'wait':
        this.#resume()
        this.#last?.wait()
        break
      case 'pause':
        // What was submitted before is done, so that only what comes after is in flight.
        this.#resume()
        this.#last?.wait()
        this.#paused = true
        this.#device.pause()
        break
      case 'resume':
        this.#resume()
        break
      case 'refuse':
        this.#refusing = true
        this.#device.refuseNextUpdate()
        break
      case 'destroy':
        this.#resume()
        this.#resource(step.which % this.#placed.length).destroy()
        break
      case 'mark':
        this.#bo.markDirty(this.#touch(step.part))
        break
      case 'flush':
        // Coherent memory needs none, so it must change nothing.
        if (this.#refusing) expect(() => this.#bo.flush()).toThrow()
        else this.#bo.flush(within(step.part, size))
        this.#refusing = false
        break
      case 'access': {
        const { offset, size: length } = this.#touch(step.part)
        const access = this.#bo.cpuAccess({ offset, size: length })
        this.#bytes.fill(step.value, offset, offset + length)
        this.#expected.fill(step.value, offset, offset + length)
        access.end()
        break
      }
      case 'view': {
        const view = this.#bo.createView()
        this.#views.push(view)
        this.#bytes = new Uint8Array(view.map())
        break
      }
      case 'drop':
        this.#views.pop()?.destroy()
        this.#bytes = new Uint8Array((this.#views.at(-1) ?? this.#bo).map())
        break
    }
  }

  /** Everything that the CPU sees, then everything that the device sees. */
  check(): void {
    this.#resume()
    expect(sameBytes(this.#bytes, this.#expected)).toBe(true)
    this.#placed.forEach(({ offset, size: length }, index) => {
      const copy = {
        op: 'copy' as const,
        from: this.#resource(index),
        to: { resource: this.#memory, offset: 0, size: length },
      }
      if (!this.#submit([copy])) this.#submit([copy])
      this.#last?.wait()
      const seen = this.#device.peek(this.#memory, { size: length })
      expect(sameBytes(seen, this.#expected.subarray(offset, offset + length))).toBe(true)
    })
  }

  get pagesTrimmed(): number {
    return this.#bo.stats.pagesTrimmed ?? 0
  }

  end(): void {
    this.#device.destroy()
    this.#bo.destroy()
  }

  #resume(): void {
    if (this.#paused) this.#device.resume()
    this.#paused = false
    this.#busy.clear()
  }

  /** Bytes for the CPU to touch, which do not wait for a paused device. */
  #touch(wanted: Part): Placed {
    const placed = within(wanted, size)
    if (pagesOf(placed.offset, placed.size).some((page) => this.#busy.has(page))) this.#resume()
    return placed
  }

  #writes({ operand, begin, model }: Operand): void {
    if (!this.#paused || model !== this.#expected) return
    for (const page of pagesOf(begin, operand.size)) this.#busy.add(page)
  }

  #resource(index: number): Resource {
    return this.#bo.resource(this.#placed[index] as Placed)
  }

  /** The last number stands for the device's own memory. */
  #operand(number: number, wanted: Part): Operand {
    const index = number % (this.#placed.length + 1)
    const own = index === this.#placed.length
    const resource = own ? this.#memory : this.#resource(index)
    const operand = { resource, ...within(wanted, resource.size) }
    const begin = operand.offset + (own ? 0 : (this.#placed[index] as Placed).offset)
    return { operand, begin, model: own ? this.#expectedMemory : this.#expected }
  }

  #overlap(one: Resource, other: Resource): boolean {
    if (one === other || one === this.#memory || other === this.#memory) return false
    const [a, b] = [one, other].map((resource) =>
      this.#placed.find((_, index) => this.#resource(index) === resource),
    ) as [Placed, Placed]
    return meet(a, b)
  }

  /** Returns false if the update was refused: then nothing happened at all. */
  #submit(commands: Parameters<EmulatedDevice['submit']>[0]): boolean {
    if (this.#mayWait) this.#resume()
    try {
      this.#last = this.#device.submit(commands)
      return true
    } catch (error) {
      expect(this.#refusing).toBe(true)
      expect(error).toMatchObject({ code: 'ERR_MKWRITE_SYSTEM' })
      this.#refusing = false
      return false
    }
  }
}

test.each(contenders)('under policy %s a device is coherent', (contender) => {
  let pagesTrimmed = 0
  fc.assert(
    fc.property(
      placement,
      fc.boolean(),
      fc.array(step, { minLength: 1, maxLength: 40 }),
      (placed, tight, steps) => {
        const program = new Program(contender, placed, tight)
        try {
          for (const it of steps) program.run(it)
          program.check()
          pagesTrimmed += program.pagesTrimmed
        } finally {
          program.end()
        }
      },
    ),
    { numRuns: rounds(100) },
  )
  // Or this run has tested something else.
  expect(pagesTrimmed > 0).toBe(contender === trimmed)
})
