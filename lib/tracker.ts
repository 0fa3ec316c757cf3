// Dirty tracking without a device.

import { BufferObject, internals } from './buffer-object.ts'
import { invalidArgument, MkwriteError } from './errors.ts'
import {
  type CollectMessage,
  collects,
  countPages,
  publishCounts,
  wantsCollects,
  wantsCounts,
} from './events.ts'
import { moments } from './moments.ts'
import { type NativeTracker, type NativeTrackerStats, native } from './native.ts'
import { checkPolicy, type Mechanism, type Policy, policyInForce } from './policy.ts'
import { checkInteger, checkOptions } from './validate.ts'

/** How to track. */
export interface TrackOptions {
  /** Default `write-fault`, which works everywhere. */
  policy?: Policy
}

/** A part of a buffer object, in pages. */
export interface PageRange {
  /** Number of the first page; default 0. */
  first?: number
  /** Pages; default: up to the end. */
  count?: number
}

/** What `auto` does with a row of regions that it treats alike, and why. */
export interface RegionExplanation {
  /** Number of the row's first page. */
  first: number
  /** Pages of the row. */
  count: number
  /**
   * `track`: every page that was written is protected again. `keep-open`: it stays writable, and is
   * reported unseen.
   */
  decision: 'track' | 'keep-open'
  /** Pages that stay writable now. */
  openPages: number
  /** Pages tracked by write faults, although the rest is not: a stream moves there, or they lie dormant. */
  lanePages: number
  /** Chance that a page just written is written again before the next collect, 0 to 1. */
  rewriteRate: number
  /** Rewrite rate from which on keeping pages open is cheaper, by the costs of this machine. */
  threshold: number
  /** Pages whose writes cost a fault, per collect: a recent average. */
  faults: number
  /** Predicted cost of a collect if every page is protected again: nanoseconds. */
  trackNs: number
  /** Predicted cost of a collect if written pages stay open: nanoseconds. */
  keepOpenNs: number
}

/** What happened since tracking began. */
export interface TrackerStats extends NativeTrackerStats {
  /** The mechanism in force. */
  mechanism: Mechanism
}

/**
 * Finds out which pages of a buffer object were written.
 *
 * ```ts
 * const tracker = DirtyTracker.track(bo)
 * new Uint8Array(bo.map())[5000] = 1
 * tracker.collect() // Uint32Array [1, 1]: from page 1 on, 1 page
 * ```
 */
export class DirtyTracker implements Disposable {
  readonly #native: NativeTracker
  readonly #buffer: BufferObject
  readonly #pages: number
  #disposed = false

  private constructor(buffer: BufferObject, policy: Policy) {
    this.#native = new native.Tracker(internals.native(buffer), policy)
    this.#buffer = buffer
    this.#pages = buffer.size / native.pageSize
  }

  /**
   * Begins to track a buffer object. Everything written before counts as dirty.
   *
   * @throws MkwriteError `ERR_MKWRITE_MECHANISM_UNAVAILABLE` with the reason and the remedy;
   *   `ERR_MKWRITE_ALREADY_TRACKED`; `ERR_MKWRITE_INVALID_ARGUMENT` for anything that is not a
   *   buffer object: other memory cannot be tracked, because the runtime may move or free it.
   */
  static track(buffer: BufferObject, options: TrackOptions = {}): DirtyTracker {
    if (!(buffer instanceof BufferObject)) {
      throw invalidArgument(
        'buffer',
        'a BufferObject (memory that mkwrite did not map, as that of an ArrayBuffer or a WebAssembly.Memory, shares pages with what else the runtime keeps there, and cannot be protected)',
        buffer,
      )
    }
    checkOptions('options', options, ['policy'])
    const { policy = 'write-fault' } = options
    const asked = checkPolicy('options.policy', policy)
    const inForce = policyInForce(asked)
    return new DirtyTracker(buffer, inForce === 'none' ? asked : inForce)
  }

  /** The buffer object that is tracked. */
  get buffer(): BufferObject {
    return this.#buffer
  }

  /**
   * Takes the dirty pages: those written since they were last collected. From here on they count as
   * clean, in one step with respect to writers: a write that races with it is in this result or in
   * the next. Read the contents after collecting, not before.
   *
   * @returns runs of dirty pages, ascending: number of the first page, count of pages, and so on
   * @throws MkwriteError `ERR_MKWRITE_DESTROYED`, `ERR_MKWRITE_OUT_OF_RANGE`; `ERR_MKWRITE_SYSTEM` when the
   *   kernel refuses a scan. Then nothing was taken
   */
  collect(range?: PageRange): Uint32Array<ArrayBuffer> {
    this.#checkAlive()
    if (wantsCollects()) return this.#collectObserved(range)
    if (range === undefined) return this.#native.collect(0, this.#pages)
    const { first, count } = this.#checkPages(range)
    return this.#native.collect(first, count)
  }

  /** Declares pages dirty, for writers that page protection does not see. */
  markDirty(range: PageRange = {}): void {
    this.#checkAlive()
    const { first, count } = this.#checkPages(range)
    this.#native.markDirty(first, count)
  }

  /** Counts since tracking began. */
  get stats(): TrackerStats {
    this.#checkAlive()
    return this.#native.stats() as TrackerStats
  }

  /**
   * What the policy `auto` does, for rows of regions of 64 pages that it treats alike, and why.
   * Empty under other policies.
   */
  explain(): RegionExplanation[] {
    this.#checkAlive()
    return this.#native.explain()
  }

  /** Stops tracking; the buffer object can be tracked anew. Calling it again does nothing. */
  dispose(): void {
    if (this.#disposed) return
    if (wantsCounts()) this.#publishCounts()
    this.#disposed = true
    this.#native.dispose()
  }

  /** As `dispose()`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose()
  }

  /** As `collect`, and tells those who listen. */
  #collectObserved(range: PageRange = {}): Uint32Array<ArrayBuffer> {
    const { first: firstPage, count: pages } = this.#checkPages(range)
    moments.taking?.()
    const startTime = performance.now()
    const dirty = this.#native.collect(firstPage, pages)
    const duration = performance.now() - startTime
    const { mechanism } = this.#publishCounts()
    if (collects.hasSubscribers) {
      const message: CollectMessage = {
        tracker: this,
        buffer: this.#buffer,
        mechanism,
        firstPage,
        pages,
        startTime,
        duration,
        dirty: dirty.slice(),
        pagesReported: countPages(dirty),
      }
      collects.publish(message)
    }
    return dirty
  }

  #publishCounts(): NativeTrackerStats {
    const stats = this.#native.stats()
    publishCounts(this.#buffer, this, stats)
    return stats
  }

  #checkAlive(): void {
    if (this.#disposed) {
      throw new MkwriteError(
        'ERR_MKWRITE_DESTROYED',
        'The tracker was disposed of. Begin again with DirtyTracker.track().',
      )
    }
    internals.native(this.#buffer) // throws when the buffer object was destroyed
  }

  #checkPages(range: PageRange): Required<PageRange> {
    checkOptions('range', range, ['first', 'count'])
    const { first: begin = 0 } = range
    const first = checkInteger('range.first', begin, 0, this.#pages - 1)
    const rest = this.#pages - first
    const { count = rest } = range
    return { first, count: checkInteger('range.count', count, 1, rest) }
  }
}
