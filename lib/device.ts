// The emulated GPU.

import { constants } from 'node:buffer'
import { BufferObject, internals as bufferInternals, type DeviceSide } from './buffer-object.ts'
import { type Command, encodeCommands } from './commands.ts'
import { DeviceEvents } from './device-events.ts'
import { invalidArgument, MkwriteError, outOfRange } from './errors.ts'
import { wantsFlushes, wantsSubmits } from './events.ts'
import { Fence, FenceQueue } from './fence.ts'
import { moments } from './moments.ts'
import { type NativeDevice, native } from './native.ts'
import { checkPolicy, type Policy, policyInForce } from './policy.ts'
import { type Resource, internals as resourceInternals } from './resource.ts'
import {
  type Surface,
  type SurfaceDescription,
  SurfaceLayout,
  internals as surfaceInternals,
} from './surface.ts'
import { resolveTarget } from './target.ts'
import {
  checkDuration,
  checkInteger,
  checkNumber,
  checkOptions,
  checkRange,
  type Range,
} from './validate.ts'

/** How to make an emulated device. */
export interface EmulatedDeviceOptions {
  /** Bytes of device memory; default 256 MiB. Address space is reserved, pages come when used. */
  memory?: number
  /**
   * Milliseconds that a page fault waits for the device before it counts as hung and is declared
   * lost; default 10,000, as in DRM drivers.
   */
  lockupTimeout?: number
  /** Milliseconds that each submission's update takes to begin; default 0. */
  dmaLatency?: number
  /** Bytes per second at which updates arrive; default 0, no limit. */
  dmaBandwidth?: number
  /**
   * Bytes per second at which the submitting thread itself can send updates, as over a slow bus:
   * `submit` and `flush` take that long at least. Readback is not slowed down. Default 0, no limit.
   */
  bandwidth?: number
}

/** How to make a buffer object of a device. */
export interface DeviceBufferObjectOptions {
  /** Bytes; rounded up to whole pages. */
  size: number
  /**
   * How writes are found out; default `userfault` where it works, else `write-fault`. `none`: not at
   * all, its resources are synchronised by `flush` and `invalidate`.
   */
  policy?: Policy | 'none'
  /**
   * Bytes of memory that the policy `auto` may take for a copy of the buffer object's contents (the
   * twin). On a device with a slow bus it then compares reported pages with it, and does not send those
   * that have not changed. A buffer object that is larger has none. Default 0, never.
   */
  twinLimit?: number
}

/** Counts of a device since it was created. */
export interface EmulatedDeviceStats {
  /** Submissions that were queued. */
  submissions: number
  /** Their commands. */
  commands: number
  /** Bytes sent to device memory. */
  bytesUpdated: number
  /** Of these, bytes that were copied twice, because the queue was busy. */
  bytesStaged: number
  /** Bytes of device memory in use. */
  memoryUsed: number
  /** Bytes of device memory in all: `memory`, rounded up to whole pages. */
  memoryLimit: number
  /** The last submission's seqno. */
  lastSubmitted: number
  /** The seqno of the last submission that is done. */
  lastSignaled: number
  /** Whether the device is lost: nothing completes any more. */
  lost: boolean
}

const MiB = 1024 * 1024
const maxMemory = 2 ** 40

/**
 * An emulated GPU: a thread of its own that runs commands in order, on memory of its own. It sees
 * CPU memory through updates only, so missing synchronisation shows.
 *
 * ```ts
 * const device = new EmulatedDevice()
 * const bo = device.createBufferObject({ size: 1024 * 1024 })
 * const target = device.createBuffer({ size: bo.size })
 * new Float32Array(bo.map())[3] = 1.5
 * await device.submit([{ op: 'copy', from: bo.resource(), to: target }]).signaled
 * ```
 */
export class EmulatedDevice implements Disposable {
  readonly #native: NativeDevice
  readonly #fences: FenceQueue
  readonly #reference: WeakRef<EmulatedDevice>
  readonly #events: DeviceEvents
  #destroyed = false

  /** @throws MkwriteError `ERR_MKWRITE_OUT_OF_RANGE`, `ERR_MKWRITE_OUT_OF_MEMORY` */
  constructor(options: EmulatedDeviceOptions = {}) {
    checkOptions('options', options, [
      'memory',
      'lockupTimeout',
      'dmaLatency',
      'dmaBandwidth',
      'bandwidth',
    ])
    const {
      memory = 256 * MiB,
      lockupTimeout = 10_000,
      dmaLatency = 0,
      dmaBandwidth = 0,
      bandwidth = 0,
    } = options
    const nativeDevice: NativeDevice = new native.Device(
      {
        memory: checkInteger('options.memory', memory, 1, maxMemory),
        lockupTimeout: checkDuration('options.lockupTimeout', lockupTimeout),
        dmaLatency: checkDuration('options.dmaLatency', dmaLatency),
        dmaBandwidth: checkNumber('options.dmaBandwidth', dmaBandwidth, 0),
        bandwidth: checkNumber('options.bandwidth', bandwidth, 0),
      },
      // Weakly, because the addon holds this function: a forgotten device shall be collected.
      () => {
        moments.resumed?.()
        fences.deref()?.progress()
      },
    )
    this.#native = nativeDevice
    this.#fences = new FenceQueue(nativeDevice)
    this.#events = new DeviceEvents(nativeDevice)
    const fences = new WeakRef(this.#fences)
    this.#reference = new WeakRef(this)
    destroyAtExit(this.#reference)
  }

  /**
   * A buffer object that this device sees: writes to it are seen by commands submitted after them,
   * and what commands write can be read once their fence has signaled.
   *
   * @throws MkwriteError `ERR_MKWRITE_MECHANISM_UNAVAILABLE` with the reason and the remedy;
   *   `ERR_MKWRITE_INVALID_ARGUMENT` for a `twinLimit` with another policy than `auto`; and as the
   *   constructor of BufferObject
   */
  createBufferObject(options: DeviceBufferObjectOptions): BufferObject {
    this.#checkAlive()
    checkOptions('options', options, ['size', 'policy', 'twinLimit'])
    const { policy: asked = defaultPolicy(), twinLimit = 0, ...rest } = options
    if (asked !== 'none') checkPolicy('options.policy', asked)
    const limit = checkInteger('options.twinLimit', twinLimit, 0, native.maxSize)
    if (limit !== 0 && asked !== 'auto') {
      throw invalidArgument('options.twinLimit', `0 unless options.policy is 'auto'`, twinLimit)
    }
    const policy = asked === 'none' ? asked : policyInForce(asked)
    const coherent = policy !== 'none'
    const buffer = new BufferObject(rest)
    const nativeBuffer = bufferInternals.native(buffer)
    // MKWRITE_POLICY may have put another policy in the place of `auto`.
    this.#native.attach(nativeBuffer, coherent ? policy : null, policy === 'auto' ? limit : 0)
    bufferInternals.setDeviceSide(buffer, this.#sideOf(buffer, coherent))
    this.#events.add(buffer)
    return buffer
  }

  /** Device memory that no CPU memory stands behind, zeroed. @throws MkwriteError `ERR_MKWRITE_OUT_OF_DEVICE_MEMORY` */
  createBuffer(options: { size: number }): Resource {
    this.#checkAlive()
    checkOptions('options', options, ['size'])
    const size = checkInteger('options.size', options.size, 1, maxMemory)
    return resourceInternals.create(this, this.#native.createMemory(size), size)
  }

  /** A surface of device memory that no CPU memory stands behind, zeroed. @throws MkwriteError `ERR_MKWRITE_OUT_OF_DEVICE_MEMORY` */
  createSurface(description: SurfaceDescription): Surface {
    this.#checkAlive()
    const layout = new SurfaceLayout(description)
    const made = this.#native.createMemory(layout.size, surfaceInternals.nativeLayout(layout))
    return surfaceInternals.create(this, made, layout)
  }

  /**
   * Queues commands. They see every write to their resources that happened before, by whatever
   * thread, and run after all earlier submissions.
   *
   * @throws MkwriteError `ERR_MKWRITE_DEVICE_LOST`, `ERR_MKWRITE_OUT_OF_DEVICE_MEMORY`,
   *   `ERR_MKWRITE_BUSY` if it would write pages that are under CPU access, and for wrong commands; then
   *   nothing was queued, and what was dirty still is
   */
  submit(commands: readonly Command[]): Fence {
    this.#checkAlive()
    const encoded = encodeCommands(commands, this)
    const seqno = wantsSubmits()
      ? this.#events.submit(this, encoded, commands.length)
      : this.#native.submit(encoded)
    return new Fence(this.#native, this.#fences, seqno)
  }

  /**
   * What device memory holds now, without waiting and without synchronising anything: for looking
   * at what the device really has.
   */
  peek(resource: Resource, range?: Range): ArrayBuffer {
    this.#checkAlive()
    resolveTarget('resource', resource, this)
    const { offset, size } = checkRange('range', range, resource.size)
    if (size > constants.MAX_LENGTH) {
      throw outOfRange('range.size', `at most ${constants.MAX_LENGTH}, this runtime's limit`, size)
    }
    return this.#native.peek(resourceInternals.native(resource), offset, size)
  }

  /** Holds the queue before its next submission, until `resume()`: for studying overlap, and tests. */
  pause(): void {
    this.#checkAlive()
    this.#native.pause()
  }

  /** Lets the queue go on after `pause()`. */
  resume(): void {
    this.#checkAlive()
    this.#native.resume()
  }

  /**
   * Loses the device, as a crash would: what is queued never completes, its fences reject, and memory
   * that the device owned keeps what the CPU last had.
   */
  lose(): void {
    this.#checkAlive()
    this.#native.lose()
  }

  /**
   * Makes the next update fail, an injected fault: the submit or flush that needs it throws
   * `ERR_MKWRITE_SYSTEM`.
   */
  refuseNextUpdate(): void {
    this.#checkAlive()
    this.#native.refuseNextUpdate()
  }

  /** Counts since the device was created. */
  get stats(): EmulatedDeviceStats {
    this.#checkAlive()
    return this.#native.stats()
  }

  /**
   * Waits for what is queued, reads back everything that the device wrote, and ends the device. Its
   * buffer objects remain as plain memory. Calling it again does nothing.
   */
  destroy(): void {
    if (this.#destroyed) return
    this.#events.publishCounts()
    this.#destroyed = true
    devices.delete(this.#reference)
    this.#native.destroy()
    this.#fences.progress()
  }

  /** As `destroy()`, for `using`. */
  [Symbol.dispose](): void {
    this.destroy()
  }

  #checkAlive(): void {
    if (this.#destroyed) {
      throw new MkwriteError('ERR_MKWRITE_DESTROYED', 'The device was destroyed. Create a new one.')
    }
  }

  #sideOf(buffer: BufferObject, coherent: boolean): DeviceSide {
    const resources = new Map<string, Resource>()
    const surfaces = new Map<string, Surface>()
    const nativeBuffer = bufferInternals.native(buffer)
    const alive = (): NativeDevice => {
      this.#checkAlive()
      return this.#native
    }
    return {
      device: this,
      coherent,
      resource: (owner, { offset, size }, isCoherent) => {
        const key = `${offset}:${size}:${isCoherent}`
        const cached = resources.get(key)
        if (cached !== undefined) return cached
        const made = alive().createResource(nativeBuffer, offset, size, isCoherent)
        const forget = (): void => void resources.delete(key)
        const place = { buffer: owner, offset, forget }
        const resource = resourceInternals.create(this, made, size, place)
        resources.set(key, resource)
        return resource
      },
      surface: (owner, offset, layout, isCoherent) => {
        const { format, width, height, depth, layers, mips, samples } = layout
        const shape = [format, width, height, depth, layers, mips, samples]
        const key = [offset, ...shape, isCoherent].join(':')
        const cached = surfaces.get(key)
        if (cached !== undefined) return cached
        const nativeLayout = surfaceInternals.nativeLayout(layout)
        const made = alive().createResource(
          nativeBuffer,
          offset,
          layout.size,
          isCoherent,
          nativeLayout,
        )
        const forget = (): void => void surfaces.delete(key)
        const surface = surfaceInternals.create(this, made, layout, {
          buffer: owner,
          offset,
          forget,
        })
        surfaces.set(key, surface)
        return surface
      },
      flush: (offset, size) => {
        const device = alive()
        if (wantsFlushes()) this.#events.flush(buffer, offset, size)
        else device.flush(nativeBuffer, offset, size)
      },
      invalidate: (offset, size) => alive().invalidate(nativeBuffer, offset, size),
      explain: () => alive().explainBuffer(nativeBuffer),
      stats: () => alive().bufferStats(nativeBuffer) as ReturnType<DeviceSide['stats']>,
      release: () => {
        if (!this.#destroyed) this.#events.remove(buffer, nativeBuffer)
        for (const resource of [...resources.values(), ...surfaces.values()]) {
          resourceInternals.release(resource)
        }
        this.#native.forget(nativeBuffer)
        resources.clear()
        surfaces.clear()
      },
    }
  }
}

const devices = new Set<WeakRef<EmulatedDevice>>()
let exitHandled = false

/**
 * A worker that is parked in a fault, waiting for a device of this thread, would keep the process
 * from exiting.
 */
function destroyAtExit(device: WeakRef<EmulatedDevice>): void {
  for (const listed of devices) {
    if (listed.deref() === undefined) devices.delete(listed)
  }
  devices.add(device)
  if (exitHandled) return
  exitHandled = true
  process.once('exit', () => {
    for (const listed of devices) listed.deref()?.destroy()
  })
}

let chosenPolicy: Policy | undefined

function defaultPolicy(): Policy {
  chosenPolicy ??= native.tryMechanism('userfault').available ? 'userfault' : 'write-fault'
  return chosenPolicy
}
