// Buffer objects: the memory that programs write and devices see.

import type { EmulatedDevice } from './device.ts'
import { invalidArgument, MkwriteError, outOfRange } from './errors.ts'
import { type NativeBufferObject, type NativeTrackerStats, native } from './native.ts'
import type { Resource, ResourceOptions } from './resource.ts'
import { type Surface, SurfaceLayout, type SurfaceOptions, surfaceOptionKeys } from './surface.ts'
import type { RegionExplanation } from './tracker.ts'
import { checkBoolean, checkInteger, checkOptions, checkRange, type Range } from './validate.ts'
import { type MapOptions, View } from './view.ts'

/** How to make a buffer object. */
export interface BufferObjectOptions {
  /** Bytes; rounded up to whole pages. At most 16 TiB. Pages take memory when they are touched. */
  size: number
}

/** What a device adds to a buffer object; made by `EmulatedDevice.createBufferObject`. */
export interface DeviceSide {
  readonly device: EmulatedDevice
  readonly coherent: boolean
  resource(buffer: BufferObject, range: Required<Range>, coherent: boolean): Resource
  surface(buffer: BufferObject, offset: number, layout: SurfaceLayout, coherent: boolean): Surface
  flush(offset: number, size: number): void
  invalidate(offset: number, size: number): void
  explain(): RegionExplanation[]
  stats(): BufferObjectStats
  release(): void
}

/** What happened to a buffer object since it was created. */
export interface BufferObjectStats extends Partial<Omit<NativeTrackerStats, 'mechanism'>> {
  /** The mechanism in force; undefined without a policy. */
  mechanism?: string
  /** Bytes sent to the device. */
  bytesUpdated: number
  /** Boxes of surfaces that were sent: at most one per mip, layer and submission. */
  boxesUpdated: number
  /** Bytes fetched from the device. */
  bytesReadBack: number
}

/** Names a buffer object to another thread of this process. */
export interface BufferObjectHandle {
  /** Its number in this process, which is never used again. */
  readonly bufferObject: bigint
}

function isHandle(value: unknown): value is BufferObjectHandle {
  return typeof (value as BufferObjectHandle | undefined | null)?.bufferObject === 'bigint'
}

/** What to access, and how. */
export interface CpuAccessOptions extends Range {
  /** Whether to write, too; default true. */
  write?: boolean
}

/** CPU access under way. */
export class CpuAccess implements Disposable {
  #end: (() => void) | undefined

  /** Use `BufferObject.cpuAccess()`. */
  constructor(end: () => void) {
    this.#end = end
  }

  /** Ends it. Calling it again does nothing. */
  end(): void {
    this.#end?.()
    this.#end = undefined
  }

  /** As `end()`, for `using`. */
  [Symbol.dispose](): void {
    this.end()
  }
}

/** What other modules of this package may do with a buffer object. Not exported by the package. */
export let internals: {
  /** @throws MkwriteError `ERR_MKWRITE_DESTROYED` */
  native(buffer: BufferObject): NativeBufferObject
  setDeviceSide(buffer: BufferObject, side: DeviceSide): void
}

/**
 * Memory with an identity: a memfd, and views of it.
 *
 * ```ts
 * const bo = new BufferObject({ size: 64 * 1024 * 1024 })
 * const numbers = new Float32Array(bo.map())
 * ```
 */
export class BufferObject implements Disposable {
  readonly #native: NativeBufferObject
  readonly #size: number
  readonly #views = new Set<WeakRef<View>>()
  #first: View | undefined
  #deviceSide: DeviceSide | undefined
  #destroyed = false

  static {
    internals = {
      native(buffer) {
        buffer.#checkAlive()
        return buffer.#native
      },
      setDeviceSide(buffer, side) {
        buffer.#deviceSide = side
      },
    }
  }

  /** @throws MkwriteError `ERR_MKWRITE_OUT_OF_RANGE`, `ERR_MKWRITE_OUT_OF_MEMORY`, `ERR_MKWRITE_SYSTEM` */
  constructor(options: BufferObjectOptions | BufferObjectHandle) {
    if (isHandle(options)) {
      this.#native = new native.BufferObject(options.bufferObject)
    } else {
      checkOptions('options', options, ['size'])
      this.#native = new native.BufferObject(
        checkInteger('options.size', options.size, 1, native.maxSize),
      )
    }
    this.#size = this.#native.size
  }

  /** Bytes; whole pages. */
  get size(): number {
    return this.#size
  }

  /** The device that this buffer object is coherent with, if a device made it. */
  get device(): EmulatedDevice | undefined {
    return this.#deviceSide?.device
  }

  /** Whether `destroy()` was called here; other threads may still have it open. */
  get destroyed(): boolean {
    return this.#destroyed
  }

  /** The ArrayBuffer over this buffer object's first view; see `View.map`. */
  map(options?: MapOptions): ArrayBuffer {
    this.#checkAlive()
    this.#first ??= this.createView()
    return this.#first.map(options)
  }

  /** One SharedArrayBuffer over the first view, for all workers; see `View.mapShared`. */
  mapShared(options?: MapOptions): SharedArrayBuffer {
    this.#checkAlive()
    this.#first ??= this.createView()
    return this.#first.mapShared(options)
  }

  /** Another mapping of the same memory. @throws MkwriteError `ERR_MKWRITE_OUT_OF_MEMORY` */
  createView(): View {
    this.#checkAlive()
    const view = new View(this.#native.createView(), this.#size)
    for (const known of this.#views) {
      if (known.deref() === undefined) this.#views.delete(known)
    }
    this.#views.add(new WeakRef(view))
    return view
  }

  /**
   * Bytes of this buffer object as a resource that commands can name: the same one each time for the
   * same range. Coherent unless said otherwise, or unless the buffer object has no policy.
   *
   * @throws MkwriteError `ERR_MKWRITE_OUT_OF_RANGE`; `ERR_MKWRITE_INVALID_ARGUMENT` without a device, and
   *   for a coherent resource without a policy
   */
  resource(options: ResourceOptions = {}): Resource {
    const side = this.#checkDevice()
    checkOptions('options', options, ['offset', 'size', 'coherent'])
    const { coherent = side.coherent, ...range } = options
    return side.resource(
      this,
      checkRange('options', range, this.#size),
      checkBoolean('options.coherent', coherent),
    )
  }

  /**
   * Bytes of this buffer object as a surface: the same one each time for the same place and
   * description. `new SurfaceLayout(description).size` tells how many bytes that takes.
   *
   * ```ts
   * const image = bo.surface({ format: 'rgba8', width: 256, height: 256 })
   * const { offset, rowPitch } = image.subresource()
   * ```
   */
  surface(description: SurfaceOptions): Surface {
    const side = this.#checkDevice()
    checkOptions('description', description, surfaceOptionKeys)
    const { offset = 0, coherent = side.coherent, ...shape } = description
    const layout = new SurfaceLayout(shape)
    const start = checkInteger('description.offset', offset, 0, this.#size - 1)
    const rest = this.#size - start
    if (layout.size > rest) {
      throw outOfRange('description', `of a surface that takes at most ${rest} bytes`, layout.size)
    }
    return side.surface(this, start, layout, checkBoolean('description.coherent', coherent))
  }

  /**
   * Sends bytes that the CPU wrote to the resources there, now (vkFlushMappedMemoryRanges). What
   * resources with `coherent: false` need; coherent ones do without.
   *
   * @throws MkwriteError `ERR_MKWRITE_DEVICE_LOST`, `ERR_MKWRITE_OUT_OF_DEVICE_MEMORY`
   */
  flush(range?: Range): void {
    const side = this.#checkDevice()
    const { offset, size } = checkRange('range', range, this.#size)
    side.flush(offset, size)
  }

  /**
   * Makes bytes that the device wrote visible to the CPU (vkInvalidateMappedMemoryRanges). Waits for
   * the device. What resources with `coherent: false` need; coherent ones do without.
   */
  invalidate(range?: Range): void {
    const side = this.#checkDevice()
    const { offset, size } = checkRange('range', range, this.#size)
    side.invalidate(offset, size)
  }

  /**
   * Declares bytes written, for writers that page protection does not see (buffers pinned for
   * io_uring before tracking began). Pages that the device owns are read back first.
   */
  markDirty(range?: Range): void {
    this.#checkAlive()
    const { offset, size } = checkRange('range', range, this.#size)
    this.#native.markDirty(offset, size)
  }

  /**
   * Begins CPU access for system calls (dma-buf's DMA_BUF_IOCTL_SYNC): until it ends, `fs.read`,
   * sockets and the like work on these pages under every mechanism. Without it they fail with EFAULT
   * on pages that are protected: clean ones under `write-fault`, device-owned ones always. Reads back
   * what the device owns there, waiting for it. Pages under writable access count as dirty.
   *
   * A submission that would write these pages fails with `ERR_MKWRITE_BUSY` meanwhile.
   *
   * @throws MkwriteError `ERR_MKWRITE_OUT_OF_MEMORY` when the pages could not be opened for want of
   *   mappings; `ERR_MKWRITE_OUT_OF_RANGE`
   */
  cpuAccess(options: CpuAccessOptions = {}): CpuAccess {
    this.#checkAlive()
    checkOptions('options', options, ['write', 'offset', 'size'])
    const { write = true, ...range } = options
    const writable = checkBoolean('options.write', write)
    const { offset, size } = checkRange('options', range, this.#size)
    this.#native.beginAccess(offset, size, writable)
    return new CpuAccess(() => this.#native.endAccess(offset, size, writable))
  }

  /**
   * Tells how the CPU will read what the device wrote: one touch reads back 16 pages, upwards or
   * downwards, and more if it goes on where the last one ended, up to 256. If the access is
   * `random`, it is 1.
   */
  advise(access: 'sequential' | 'random'): void {
    this.#checkAlive()
    if (access !== 'sequential' && access !== 'random') {
      throw invalidArgument('access', "'sequential' or 'random'", access)
    }
    this.#native.setReadBackPages(access === 'random' ? 1 : 16)
  }

  /**
   * What to send to a worker (`postMessage`, `workerData`) so that it can open this buffer object
   * with `BufferObject.open`. It does not keep the buffer object alive.
   */
  get handle(): BufferObjectHandle {
    this.#checkAlive()
    return { bufferObject: this.#native.id }
  }

  /**
   * Opens a buffer object that another thread of this process made. Its views are tracked as the
   * maker's; commands stay with the thread that made the device.
   *
   * @throws MkwriteError `ERR_MKWRITE_DESTROYED` if nobody holds it any more
   */
  static open(handle: BufferObjectHandle): BufferObject {
    if (!isHandle(handle)) {
      throw invalidArgument('handle', 'the handle of a BufferObject', handle)
    }
    return new BufferObject(handle)
  }

  /**
   * Counts of what happened to this buffer object under its device.
   *
   * @throws MkwriteError `ERR_MKWRITE_INVALID_ARGUMENT` without a device: a tracker has its own `stats`
   */
  get stats(): BufferObjectStats {
    return this.#checkDevice().stats()
  }

  /**
   * What the policy `auto` does with it under its device, as `DirtyTracker.explain` for a tracker. Empty
   * under other policies.
   *
   * @throws MkwriteError `ERR_MKWRITE_INVALID_ARGUMENT` without a device
   */
  explain(): RegionExplanation[] {
    return this.#checkDevice().explain()
  }

  /**
   * Detaches this thread's ArrayBuffers over it: their elements then read `undefined`, their methods
   * throw. Submissions in flight still run. The memory goes when the last view of any thread is gone.
   * Calling it again does nothing.
   */
  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    for (const view of this.#views) view.deref()?.destroy()
    this.#views.clear()
    this.#first = undefined
    this.#deviceSide?.release()
    this.#native.release()
  }

  /** As `destroy()`, for `using`. */
  [Symbol.dispose](): void {
    this.destroy()
  }

  #checkAlive(): void {
    if (this.#destroyed) {
      throw new MkwriteError(
        'ERR_MKWRITE_DESTROYED',
        'The buffer object was destroyed. Create a new one.',
      )
    }
  }

  #checkDevice(): DeviceSide {
    this.#checkAlive()
    if (this.#deviceSide === undefined) {
      throw new MkwriteError(
        'ERR_MKWRITE_INVALID_ARGUMENT',
        'This buffer object belongs to no device. Make it with device.createBufferObject().',
      )
    }
    return this.#deviceSide
  }
}
