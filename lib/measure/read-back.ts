// Reading what a device wrote: each first touch of a page fetches it.

import { EmulatedDevice } from '../device.ts'
import { native } from '../native.ts'
import { type Pattern, pageSource } from './patterns.ts'

const pages = 1024

export interface ReadBack {
  /** Lets the device write everything, then reads pages; ns for each. */
  touch(): number[]
  close(): void
}

/**
 * @param pagesPerTouch 1 or 16: what `BufferObject.advise` offers
 * @param count pages that are read each time, at most 1024
 */
export function openReadBack(pagesPerTouch: 1 | 16, count: number, pattern: Pattern): ReadBack {
  const size = pages * native.pageSize
  const device = new EmulatedDevice({ memory: 2 * size })
  const buffer = device.createBufferObject({ size, policy: 'write-fault' })
  buffer.advise(pagesPerTouch === 1 ? 'random' : 'sequential')
  const view = buffer.map()
  new Uint8Array(view).fill(1)
  const next = pageSource(pattern, pages, count)
  const times = new Float64Array(count)
  let value = 0
  return {
    touch() {
      value = (value + 1) % 256
      device.submit([{ op: 'fill', to: buffer.resource(), value }]).wait()
      native.measure.timeAccesses(view, next(), false, 1, times)
      return [...times]
    },
    close() {
      buffer.destroy()
      device.destroy()
    },
  }
}
