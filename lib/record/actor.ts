// A buffer object of a trace, and the program's touches of its pages.

import { constants } from 'node:buffer'
import {
  type NativeBufferObject,
  type NativeResource,
  type NativeTracker,
  type NativeView,
  native,
} from '../native.ts'
import type { Runs, TraceBuffer, TraceReadBack } from './trace.ts'

const { pageSize } = native
/** An ArrayBuffer cannot be as large as a buffer object everywhere. */
const windowPages = 2 ** 18
/** Pages that the touch of a device-owned page reads back, unless advised otherwise. */
const readBackWindow = 16

export class Actor {
  readonly pages: number
  readonly buffer: NativeBufferObject
  readonly #view: NativeView
  readonly #windows: Float64Array[] = []
  resource: NativeResource | undefined
  tracker: NativeTracker | undefined

  constructor({ pages }: TraceBuffer) {
    this.pages = pages
    this.buffer = new native.BufferObject(pages * pageSize)
    this.#view = this.buffer.createView()
    const windowBytes = Math.min(windowPages * pageSize, constants.MAX_LENGTH)
    for (let offset = 0; offset < this.buffer.size; offset += windowBytes) {
      const length = Math.min(windowBytes, this.buffer.size - offset)
      this.#windows.push(new Float64Array(this.#view.map(offset, length)))
    }
  }

  /** Writes to each page of `runs`, in ascending order, and tells when it has. */
  write(runs: Runs, stamp: number, touched: () => void): void {
    this.#each(runs, (window, index) => {
      window[index] = stamp
      touched()
    })
  }

  /** Reads of each page of `runs`, in ascending order, and tells what it finds. */
  read(runs: Runs, visit: (value: number, page: number) => void): void {
    this.#each(runs, (window, index, page) => visit(window[index] as number, page))
  }

  /**
   * Reads of pages that come back, in an order that takes about as many faults as it did, and tells after
   * each.
   */
  touch({ runs, faults }: TraceReadBack, touched: () => void): void {
    let ascending = 0
    for (let i = 1; i < runs.length; i += 2)
      ascending += Math.ceil((runs[i] as number) / readBackWindow)
    if (faults <= 2 * ascending) {
      this.read(runs, touched)
      return
    }
    // A fault takes along the pages behind its own, so from the end on each page faults by itself.
    for (let i = runs.length - 2; i >= 0; i -= 2) {
      for (let k = (runs[i + 1] as number) - 1; k >= 0; k--) {
        this.read(Uint32Array.of((runs[i] as number) + k, 1), touched)
      }
    }
  }

  #each(runs: Runs, visit: (window: Float64Array, index: number, page: number) => void): void {
    const step = pageSize / Float64Array.BYTES_PER_ELEMENT
    for (let i = 0; i < runs.length; i += 2) {
      const first = runs[i] as number
      const end = first + (runs[i + 1] as number)
      for (let page = first; page < end; page++) {
        const window = this.#windows[Math.floor(page / windowPages)] as Float64Array
        visit(window, (page % windowPages) * step, page)
      }
    }
  }

  destroy(): void {
    this.tracker?.dispose()
    for (const window of this.#windows) native.detach(window.buffer as ArrayBuffer)
    this.#view.release()
    this.buffer.release()
  }
}
