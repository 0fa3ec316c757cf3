// Frames of a pattern, prepared for all contenders.

import { MkwriteError } from '../errors.ts'
import type { PageSource } from '../measure/patterns.ts'
import { native } from '../native.ts'
import type { NativeFrameBatch } from '../native-bench.ts'
import { frameSource } from './page-sources.ts'
import type { BenchPattern } from './writes.ts'

/** Some frames in a row. */
export interface Frames {
  batch: NativeFrameBatch
  count: number
  /** That all of them write. */
  pages: number
  /** The first that writes anything; -1: none. */
  written: number
}

/** The buffer objects that a pattern is about. */
export interface Layout {
  buffers: number
  pagesEach: number
}

/** @param size bytes, where the pattern does not say otherwise */
export function layoutOf(pattern: BenchPattern, size: number): Layout {
  const { count, bytes } = pattern.buffers ?? { count: 1, bytes: size }
  return { buffers: count, pagesEach: Math.ceil(bytes / native.pageSize) }
}

export class FrameMaker {
  readonly #name: string
  readonly #limit: number
  readonly #bytesPerPage: number
  readonly #source: PageSource
  readonly #firstStamp: number
  #made = 0

  /** @param firstStamp of its frames; each frame has another one, and so writes other values */
  constructor(pattern: BenchPattern, layout: Layout, bytesPerPage: number, firstStamp: number) {
    this.#name = pattern.name
    this.#limit = layout.buffers * layout.pagesEach
    this.#bytesPerPage = bytesPerPage
    this.#source = frameSource(pattern, this.#limit, layout.pagesEach)
    this.#firstStamp = firstStamp
  }

  next(count: number): Frames {
    const pages: number[] = []
    const ends = new Uint32Array(count)
    for (let frame = 0; frame < count; frame++) {
      for (const page of this.#source()) {
        if (page >= this.#limit) this.#refuse(page)
        pages.push(page)
      }
      ends[frame] = pages.length
    }
    const batch = new native.measure.FrameBatch(
      Uint32Array.from(pages),
      ends,
      this.#bytesPerPage,
      this.#firstStamp + this.#made,
    )
    this.#made += count
    return { batch, count, pages: pages.length, written: ends.findIndex((end) => end > 0) }
  }

  #refuse(page: number): never {
    throw new MkwriteError(
      'ERR_MKWRITE_OUT_OF_RANGE',
      `The pattern "${this.#name}" writes page ${page} of ${this.#limit}. Pages are numbered from 0 over all buffer objects.`,
    )
  }
}
