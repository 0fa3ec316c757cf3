// Subjects over a tracked buffer object.

import { median } from 'simple-statistics'
import { BufferObject } from '../../buffer-object.ts'
import { native } from '../../native.ts'
import type { Mechanism } from '../../policy.ts'
import { DirtyTracker } from '../../tracker.ts'
import { pageSource } from '../patterns.ts'
import type { OpenSubject, SteadySubject } from '../take-turns.ts'

interface Tracked {
  buffer: BufferObject
  views: ArrayBuffer[]
  tracker: DirtyTracker
  close(): void
}

/** All pages present and clean. */
function open(mechanism: Mechanism, size: number, viewCount = 1): Tracked {
  const buffer = new BufferObject({ size })
  const views = Array.from({ length: viewCount }, () => buffer.createView().map())
  for (const view of views) new Uint8Array(view).fill(1)
  const tracker = DirtyTracker.track(buffer, { policy: mechanism })
  tracker.collect()
  const close = (): void => {
    tracker.dispose()
    buffer.destroy()
  }
  return { buffer, views, tracker, close }
}

/**
 * CPU time of writing `count` random pages, through all views in turn, and collecting them.
 *
 * @param size bytes
 */
export function openFrames(
  mechanism: Mechanism,
  size: number,
  count: number,
  viewCount = 1,
): SteadySubject {
  const { buffer, views, tracker, close } = open(mechanism, size, viewCount)
  const next = pageSource('random', buffer.size / native.pageSize, count)
  const { now, writePages } = native.measure
  return {
    sample() {
      const pages = next()
      let ns = 0
      for (const [index, view] of views.entries()) {
        const begin = Math.floor((index * count) / views.length)
        const end = Math.floor(((index + 1) * count) / views.length)
        ns += writePages(view, pages.subarray(begin, end))
      }
      const begin = now()
      tracker.collect()
      return ns + now() - begin
    },
    close,
  }
}

/** CPU time per page of writing all pages in sequence, with the windows that the library opens. */
export function openSequence(mechanism: Mechanism): OpenSubject {
  const { buffer, views, tracker, close } = open(mechanism, 8 * 1024 * 1024)
  const count = buffer.size / native.pageSize
  const pages = Uint32Array.from({ length: count }, (_, page) => page)
  return {
    sample() {
      const ns = native.measure.writePages(views[0] as ArrayBuffer, pages)
      tracker.collect()
      return ns / count
    },
    close,
  }
}

/** The median of single faults of `threads` writers at once, each on pages of its own of one view. */
export function openThreads(mechanism: Mechanism, threads: number): OpenSubject {
  const size = 16 * 1024 * 1024
  const { buffer, views, tracker, close } = open(mechanism, size)
  const count = buffer.size / native.pageSize
  // In no order that could be followed: each write shall fault.
  const pages = pageSource('random', count, count)()
  const times = new Float64Array(count)
  return {
    sample() {
      native.measure.timeAccesses(views[0] as ArrayBuffer, pages, true, threads, times)
      tracker.collect()
      return median([...times])
    },
    close,
  }
}
