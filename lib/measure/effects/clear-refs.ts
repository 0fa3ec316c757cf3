// What clearing soft-dirty bits costs the whole process, the heap that nobody tracks included.

import { MkwriteError } from '../../errors.ts'
import { native } from '../../native.ts'
import { probe } from '../../probe.ts'
import type { Plan } from '../options.ts'
import type { OpenSubject } from '../take-turns.ts'
import { type Effect, effect, type Variant } from './effect.ts'

const MiB = 1024 * 1024
/** Part of the heap that is objects of JavaScript; the rest is ArrayBuffers, as in most programs. */
const objectShare = 0.25
const bytesPerObject = 64

export function clearRefs({ heapsMiB, limits }: Plan): Effect {
  const variants = heapsMiB.flatMap((value): Variant[] => [
    {
      effect: 'clear-refs',
      mechanism: 'soft-dirty',
      by: 'bare',
      value,
      open: () => openHeap(value, 'clear'),
    },
    // Nothing of a heap that is not there can be written.
    ...(value === 0 ? [] : [heapWrites(value)]),
  ])
  return effect('clear_refs', 2 * variants.length, variants, limits)
}

function heapWrites(value: number): Variant {
  return {
    effect: 'heap-writes',
    mechanism: 'soft-dirty',
    by: 'bare',
    value,
    open: () => openHeap(value, 'write'),
  }
}

function openHeap(sizeMiB: number, what: 'clear' | 'write'): OpenSubject {
  const found = probe().mechanisms['soft-dirty']
  if (!found.available) throw new MkwriteError('ERR_MKWRITE_UNSUPPORTED', found.reason)
  return measureHeap(sizeMiB, what)
}

/** Also runs where there are no soft-dirty bits; then the clear only walks. */
export function measureHeap(sizeMiB: number, what: 'clear' | 'write'): OpenSubject {
  const { clearRefs, writePages } = native.measure
  let heap: Heap | undefined = new Heap(sizeMiB * MiB)
  return {
    sample() {
      const { buffer, pages } = heap as Heap
      const clearNs = clearRefs()
      // Written each time, so that the next clear finds as much to do.
      const writeNs = writePages(buffer, pages)
      return what === 'clear' ? clearNs : writeNs / Math.max(pages.length, 1)
    },
    close() {
      heap = undefined
    },
  }
}

class Heap {
  readonly objects: { index: number; name: string; next: object | null }[]
  readonly buffer: ArrayBuffer
  readonly pages: Uint32Array

  constructor(bytes: number) {
    const count = Math.floor((bytes * objectShare) / bytesPerObject)
    this.objects = Array.from({ length: count }, (_, index) => {
      return { index, name: `object ${index}`, next: null }
    })
    this.buffer = new ArrayBuffer(Math.floor(bytes * (1 - objectShare)))
    const { length } = new Uint8Array(this.buffer).fill(1)
    this.pages = Uint32Array.from({ length: length / native.pageSize }, (_, page) => page)
  }
}
