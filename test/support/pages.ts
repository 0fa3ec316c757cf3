// Pages, as collect() reports them and as tests write them.

import { pageSize } from './mechanisms.ts'

/** The numbers of all pages in the runs that collect() returns. */
export function pagesIn(runs: Uint32Array): number[] {
  const pages: number[] = []
  for (let i = 0; i < runs.length; i += 2) {
    const [first = 0, count = 0] = runs.subarray(i, i + 2)
    for (let page = first; page < first + count; page++) pages.push(page)
  }
  return pages
}

/** Writes one byte into each of these pages, another value each time. */
export function touch(bytes: Uint8Array, ...pages: number[]): void {
  for (const page of pages) {
    const at = page * pageSize + (page % pageSize)
    bytes[at] = (bytes[at] ?? 0) + 1
  }
}

/** `toEqual` takes seconds on large arrays, and prints megabytes. */
export function sameBytes(
  left: Uint8Array | ArrayBuffer,
  right: Uint8Array | ArrayBuffer,
): boolean {
  return Buffer.compare(asBytes(left), asBytes(right)) === 0
}

function asBytes(value: Uint8Array | ArrayBuffer): Uint8Array {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value
}
