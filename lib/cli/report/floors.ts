// The steps that tracking is made of.

import type { Floors } from '../../measure/index.ts'
import { formatMicroseconds, formatUncertainty } from '../quantities.ts'
import { style } from '../table.ts'
import type { Section } from './section.ts'

const floors: Record<keyof Floors, { name: string; note: string }> = {
  syscall: { name: 'system call', note: 'what any mprotect or scan costs at least' },
  minorFault: {
    name: 'minor fault',
    note: 'a first write that the kernel resolves by itself, as under userfault and soft-dirty',
  },
  signalRoundTrip: {
    name: 'signal round trip',
    note: 'a fault that a handler resolves, as under write-fault, without what it does',
  },
  mprotectPair: {
    name: 'mprotect pair',
    note: 'opening one page and closing it again, as under write-fault',
  },
  memcpyPage: { name: 'memcpy per page', note: 'what full pays for every page' },
  memcmpPage: {
    name: 'memcmp per page',
    note: 'what comparing instead of tracking would pay for every page',
  },
}

export function floorSections(found: Floors | null): Section[] {
  if (found === null) return []
  const columns = [
    { title: 'floors', align: 'left' as const },
    { title: 'µs' },
    { title: '' },
    { title: '', align: 'left' as const },
  ]
  const rows = (Object.keys(floors) as (keyof Floors)[]).map((key) => {
    const { [key]: row } = found
    const { name, note } = floors[key]
    if (row.median === null) return [name, '–', '', style('dim', row.reason)]
    return [
      name,
      formatMicroseconds(row.median),
      style(row.tight ? 'dim' : 'yellow', formatUncertainty(row)),
      style('dim', note),
    ]
  })
  return [{ heading: 'Floors', columns, rows }]
}
