// Which pages a frame writes, and in which order.

/**
 * - `random`: pages drawn anew for each frame, in random order.
 * - `sequential`: a window of consecutive pages, ascending, that moves on with each frame.
 * - `strided`: pages at equal distances, ascending, moved by one page with each frame.
 */
export type Pattern = 'random' | 'sequential' | 'strided'

/** All of them. */
export const patterns: readonly Pattern[] = ['random', 'sequential', 'strided']

/** Pages for one frame after the other. The array is the same each time. */
export type PageSource = () => Uint32Array

/** Draws `count` of `pages` pages per frame; always the same ones for the same arguments. */
export function pageSource(pattern: Pattern, pages: number, count: number): PageSource {
  const drawn = new Uint32Array(count)
  switch (pattern) {
    case 'random': {
      const shuffled = Uint32Array.from({ length: pages }, (_, page) => page)
      const random = randomIntegers()
      return () => {
        // The first steps of a Fisher-Yates shuffle, from whatever order the last frame left.
        for (let i = 0; i < count; i++) {
          const j = i + random(pages - i)
          drawn[i] = shuffled[j] as number
          shuffled[j] = shuffled[i] as number
          shuffled[i] = drawn[i] as number
        }
        return drawn
      }
    }
    case 'sequential': {
      let first = 0
      return () => {
        for (let i = 0; i < count; i++) drawn[i] = (first + i) % pages
        first = (first + count) % pages
        return drawn
      }
    }
    case 'strided': {
      const stride = Math.floor(pages / count)
      let offset = 0
      return () => {
        for (let i = 0; i < count; i++) drawn[i] = offset + i * stride
        offset = (offset + 1) % stride
        return drawn
      }
    }
  }
}

/** Integers from 0 to below `limit`: xorshift32 (Marsaglia 2003) with a fixed seed. */
export function randomIntegers(): (limit: number) => number {
  let state = 2463534242
  return (limit) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
}
