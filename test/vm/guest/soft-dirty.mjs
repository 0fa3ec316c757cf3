// Does this kernel really track soft-dirty pages? A round trip in plain JavaScript, so that a wrong
// kernel is told apart from a wrong project.

import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'

const PAGE = 4096
const MIB = 1024 * 1024
const SOFT_DIRTY = 1n << 55n

/** Write, clear, look, write one page, look: only that page may be dirty. */
export function softDirtyWorks() {
  const before = mappings()
  const buffer = Buffer.alloc(64 * MIB, 1)
  // Allocations of this size are mappings of their own: find the one that has appeared. Only the
  // middle is used, so neither the allocator's header nor a huge page at an end matters.
  const [start] = [...mappings()].find(([address, end]) => {
    return end - address >= buffer.length && before.get(address) !== end
  })
  const written = buffer.length / 4
  const untouched = buffer.length / 2
  clear()
  const cleanAfterClear = !dirty(start, written) && !dirty(start, untouched)
  buffer.fill(2, written - 2 * PAGE, written + 2 * PAGE)
  return cleanAfterClear && dirty(start, written) && !dirty(start, untouched)
}

/** Writable private mappings: start address → end address. */
function mappings() {
  const found = new Map()
  const text = readFileSync('/proc/self/maps', 'utf8')
  for (const [, start, end] of text.matchAll(/^([\da-f]+)-([\da-f]+) rw-p/gm)) {
    found.set(Number.parseInt(start, 16), Number.parseInt(end, 16))
  }
  return found
}

function clear() {
  writeFileSync('/proc/self/clear_refs', '4')
}

/** @param {number} offset of a byte from `start`, in bytes */
function dirty(start, offset) {
  const entry = Buffer.alloc(8)
  const fd = openSync('/proc/self/pagemap', 'r')
  readSync(fd, entry, 0, 8, Math.floor((start + offset) / PAGE) * 8)
  closeSync(fd)
  return (entry.readBigUInt64LE() & SOFT_DIRTY) !== 0n
}
