// Matchers for vitest. Importing this module adds them to `expect`.

import { expect } from 'vitest'
import { type DeviceContents, toBeCoherentWith } from './coherent.ts'
import { toHaveDirtyPages } from './dirty-pages.ts'
import type { Pages } from './pages.ts'
import { toUpdateAtMost } from './updates.ts'

export type { DeviceContents } from './coherent.ts'
export type { Pages } from './pages.ts'

/** What `mkwrite/vitest` adds to `expect`. */
export interface CoherenceMatchers<Received> {
  /**
   * Of a `DirtyTracker`, or of what its `collect()` returned: these pages are dirty, and no others, or
   * as many as this number says. A tracker's dirty pages are taken by that: it collects.
   *
   * ```ts
   * expect(tracker).toHaveDirtyPages([1, { first: 9, count: 4 }])
   * ```
   */
  toHaveDirtyPages(expected: number | Pages): void

  /**
   * Of a `BufferObject`, or of memory over one: the device sees the same bytes. Given a resource, or a
   * part of one, a command that reads it is submitted and waited for; given bytes, these are what the
   * device has, as from `device.peek()`. Compared are as many bytes as `expected` has: where a resource
   * lies in its buffer object, else from the beginning on.
   *
   * ```ts
   * expect(bo).toBeCoherentWith(bo.resource())
   * ```
   */
  toBeCoherentWith(expected: DeviceContents): void

  /**
   * Of a function: at most this many bytes are sent to devices of this thread while it runs; if it
   * returns a promise, until that settles, and then the assertion must be awaited. Of a `BufferObject` or
   * an `EmulatedDevice`: since it was made.
   *
   * ```ts
   * expect(() => renderFrame()).toUpdateAtMost(64 * 1024)
   * ```
   */
  toUpdateAtMost(
    bytes: number,
  ): Received extends (...values: never[]) => Promise<unknown> ? Promise<void> : void
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: an augmentation repeats the parameters as they are
  interface Matchers<T = any> extends CoherenceMatchers<T> {}
}

expect.extend({ toBeCoherentWith, toHaveDirtyPages, toUpdateAtMost })
