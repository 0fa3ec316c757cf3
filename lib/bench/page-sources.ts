// From a pattern's entry in the table to the pages of one frame after the other.

import { type PageSource, pageSource, randomIntegers } from '../measure/patterns.ts'
import type { BenchPattern, Writes } from './writes.ts'

const nothing = new Uint32Array(0)

/**
 * The pages of one frame after the other; always the same ones for the same arguments.
 *
 * @param pages of all buffer objects
 * @param pagesEach of each of them
 */
export function frameSource(pattern: BenchPattern, pages: number, pagesEach: number): PageSource {
  const random = randomIntegers()
  const { writes } = pattern
  return typeof writes === 'function'
    ? writes(pages, random)
    : sourceOf(writes, pages, pagesEach, random)
}

function sourceOf(
  writes: Writes,
  pages: number,
  pagesEach: number,
  random: (limit: number) => number,
): PageSource {
  switch (writes.kind) {
    case 'nothing':
      return () => nothing
    case 'random':
      return pageSource('random', pages, countOf(writes.share, pages))
    case 'window':
      return window(pages, countOf(writes.share, pages), writes.step)
    case 'scattered':
      return scattered(pages, countOf(writes.share, pages), writes.replaced, random)
    case 'streams':
      return streams(pages, writes.count, countOf(writes.share, pages))
    case 'phases':
      return phases(writes, sourceOf(writes.during, pages, pagesEach, random))
    case 'rewrites':
      return rewrites(pages, pagesEach, writes.every)
  }
}

const countOf = (share: number, pages: number): number =>
  Math.min(Math.max(Math.round(share * pages), 1), pages)

function window(pages: number, count: number, step: number): PageSource {
  const drawn = new Uint32Array(count)
  const advance = Math.round(step * count)
  let first = 0
  return () => {
    for (let i = 0; i < count; i++) drawn[i] = (first + i) % pages
    first = (first + advance) % pages
    return drawn
  }
}

function scattered(
  pages: number,
  count: number,
  replaced: number,
  random: (limit: number) => number,
): PageSource {
  // Its first `count` entries are the set.
  const shuffled = Uint32Array.from({ length: pages }, (_, page) => page)
  const swap = (i: number, j: number): void => {
    const page = shuffled[i] as number
    shuffled[i] = shuffled[j] as number
    shuffled[j] = page
  }
  for (let i = 0; i < count; i++) swap(i, i + random(pages - i))
  const others = pages - count
  const changes = others === 0 ? 0 : Math.round(count * replaced)
  const set = shuffled.subarray(0, count)
  let begun = false
  return () => {
    if (begun) for (let i = 0; i < changes; i++) swap(random(count), count + random(others))
    begun = true
    return set
  }
}

function streams(pages: number, count: number, wanted: number): PageSource {
  const distance = Math.floor(pages / count)
  const length = Math.min(wanted, distance) // none runs into the next
  const drawn = new Uint32Array(count * length)
  let begin = 0
  return () => {
    for (let i = 0; i < length; i++) {
      for (let stream = 0; stream < count; stream++) {
        drawn[i * count + stream] = (stream * distance + begin + i) % pages
      }
    }
    begin = (begin + length) % pages
    return drawn
  }
}

function phases(phase: { quiet: number; busy: number }, during: PageSource): PageSource {
  let frame = 0
  return () => (frame++ % (phase.quiet + phase.busy) < phase.quiet ? nothing : during())
}

function rewrites(pages: number, pagesEach: number, every: readonly number[]): PageSource {
  const drawn = new Uint32Array(pages)
  let frame = 0
  return () => {
    let count = 0
    for (let page = 0; page < pages; page++) {
      const buffer = Math.floor(page / pagesEach)
      if (frame % (every[buffer % every.length] ?? 1) === 0) drawn[count++] = page
    }
    frame++
    return drawn.subarray(0, count)
  }
}
