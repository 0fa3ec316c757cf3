// One CPU mapping of a buffer object, and the ArrayBuffers over it.

import { constants } from 'node:buffer'
import { MkwriteError, outOfRange } from './errors.ts'
import { type NativeView, native } from './native.ts'
import { checkInteger, checkOptions } from './validate.ts'

/** Which part of a view an ArrayBuffer covers. */
export interface MapOptions {
  /** Bytes; a multiple of the page size. Default 0. */
  offset?: number
  /** Bytes. Default: up to the end. */
  length?: number
}

/** A live ArrayBuffer keeps its view, so that destroying the buffer object can still detach it. */
const viewOf = new WeakMap<ArrayBuffer, View>()

/**
 * A view of a buffer object: memory that the program reads and writes as it likes. A write through
 * any view is seen by every other, and by the tracker.
 */
export class View implements Disposable {
  readonly #native: NativeView
  readonly #size: number
  readonly #buffers = new Map<string, WeakRef<ArrayBuffer>>()
  #destroyed = false

  /** @internal Use `BufferObject.createView()`. */
  constructor(nativeView: NativeView, size: number) {
    this.#native = nativeView
    this.#size = size
  }

  /**
   * The ArrayBuffer over this view, or over a part of it: the same one each time, for as long as
   * somebody holds it. It keeps the pages, whatever becomes of the view and the buffer object.
   *
   * @throws MkwriteError `ERR_MKWRITE_OUT_OF_RANGE`, also when the runtime cannot make an ArrayBuffer
   *   that large (4 GiB on Node.js 20): map parts then. `ERR_MKWRITE_DESTROYED`.
   */
  map(options: MapOptions = {}): ArrayBuffer {
    const { offset, length } = this.#checkRange(options)
    const key = `${offset}:${length}`
    const cached = this.#buffers.get(key)?.deref()
    // One that was transferred away (ArrayBuffer.prototype.transfer) is empty.
    if (cached !== undefined && cached.byteLength > 0) return cached
    const buffer = this.#native.map(offset, length)
    this.#buffers.set(key, new WeakRef(buffer))
    viewOf.set(buffer, this)
    return buffer
  }

  /**
   * A SharedArrayBuffer over this view, which workers can write without a view of their own. It stays
   * usable after `destroy()`.
   *
   * @throws MkwriteError `ERR_MKWRITE_UNSUPPORTED` on runtimes that cannot make one over memory that
   *   is not theirs: before Node.js 22.23, 24.21 and 26
   */
  mapShared(options: MapOptions = {}): SharedArrayBuffer {
    const { offset, length } = this.#checkRange(options)
    return this.#native.mapShared(offset, length)
  }

  #checkRange(options: MapOptions): Required<MapOptions> {
    if (this.#destroyed) {
      throw new MkwriteError('ERR_MKWRITE_DESTROYED', 'The view was destroyed. Create another one.')
    }
    checkOptions('options', options, ['offset', 'length'])
    const { offset: given = 0 } = options
    const offset = checkInteger('options.offset', given, 0, this.#size - 1)
    if (offset % native.pageSize !== 0) {
      throw outOfRange('options.offset', `a multiple of the page size, ${native.pageSize}`, offset)
    }
    const rest = this.#size - offset
    const { length: wanted = rest } = options
    const length = checkInteger('options.length', wanted, 1, rest)
    if (length > constants.MAX_LENGTH) {
      throw outOfRange(
        'options.length',
        `at most ${constants.MAX_LENGTH}, this runtime's limit for one ArrayBuffer (map parts with { offset, length })`,
        length,
      )
    }
    return { offset, length }
  }

  /**
   * Detaches this view's ArrayBuffers: their elements then read `undefined`, their methods throw.
   * The pages go when nobody can reach them any more. Calling it again does nothing.
   */
  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    for (const reference of this.#buffers.values()) {
      const buffer = reference.deref()
      if (buffer !== undefined && buffer.byteLength > 0) native.detach(buffer)
    }
    this.#buffers.clear()
    this.#native.release()
  }

  /** As `destroy()`, for `using`. */
  [Symbol.dispose](): void {
    this.destroy()
  }
}
