// Resources: what commands read and write.

import type { BufferObject } from './buffer-object.ts'
import type { EmulatedDevice } from './device.ts'
import type { NativeResource } from './native.ts'
import type { Range } from './validate.ts'

/** Which bytes of a buffer object a resource covers, and how it is synchronised. */
export interface ResourceOptions extends Range {
  /**
   * Whether writes travel by themselves (the default, given a policy), or by `flush` and
   * `invalidate` alone.
   */
  coherent?: boolean
}

/** Where a resource lies that is more than device memory. */
export interface Place {
  buffer: BufferObject
  /** Bytes. */
  offset: number
  /** Takes it off the list of the buffer object's resources. */
  forget: () => void
}

/** What other modules of this package may do with a resource. Not exported by the package. */
export let internals: {
  native(resource: Resource): NativeResource
  create(device: EmulatedDevice, native: NativeResource, size: number, place?: Place): Resource
  /** Lets go of it with its buffer object, without reading back. */
  release(resource: Resource): void
}

/**
 * A buffer that the device knows: bytes of a buffer object, or device memory alone. A `Surface` is one
 * whose bytes are texels.
 */
export class Resource implements Disposable {
  readonly #native: NativeResource
  readonly #forget: (() => void) | undefined
  /** The device whose commands may name it. */
  readonly device: EmulatedDevice
  /** Bytes. */
  readonly size: number
  /** The buffer object whose bytes it covers; undefined for device memory alone. */
  readonly buffer: BufferObject | undefined
  /** Where in the buffer object it begins, in bytes; 0 for device memory alone. */
  readonly offset: number

  static {
    internals = {
      native: (resource) => resource.#native,
      create: (device, native, size, place) => new Resource(device, native, size, place),
      release: (resource) => resource.#native.release(),
    }
  }

  protected constructor(
    device: EmulatedDevice,
    native: NativeResource,
    size: number,
    place: Place | undefined,
  ) {
    this.device = device
    this.#native = native
    this.size = size
    this.buffer = place?.buffer
    this.offset = place?.offset ?? 0
    this.#forget = place?.forget
  }

  /**
   * Gives its device memory back. What the device wrote is read back first, so this may wait for the
   * device. Submissions in flight still run. Calling it again does nothing.
   */
  destroy(): void {
    this.#forget?.()
    this.#native.destroy()
  }

  /** As `destroy()`, for `using`. */
  [Symbol.dispose](): void {
    this.destroy()
  }
}
