// Subjects over memory that is armed by hand.

import { median } from 'simple-statistics'
import { native } from '../../native.ts'
import { type MemoryKind, type NativeArmedMemory, timesPerAccess } from '../../native-faults.ts'
import type { Mechanism } from '../../policy.ts'
import { everyFifth } from '../latency.ts'
import { type Pattern, pageSource } from '../patterns.ts'
import type { OpenSubject, SteadySubject } from '../take-turns.ts'

const MiB = 1024 * 1024

interface ArmedOptions {
  mechanism: Mechanism
  memory?: MemoryKind
  openPages?: number
}

function openMemory({
  mechanism,
  memory = 'shared',
  openPages = 1,
}: ArmedOptions): NativeArmedMemory {
  const size = 8 * MiB
  return new native.measure.ArmedMemory({ mechanism, memory, size, openPages, againstReads: false })
}

/** CPU time per page of writing all pages in sequence. */
export function openSequentialWrites(options: ArmedOptions): OpenSubject {
  const memory = openMemory(options)
  const pages = Uint32Array.from({ length: memory.pages }, (_, page) => page)
  return {
    sample() {
      memory.arm()
      return memory.write(pages) / pages.length
    },
    close: () => memory.release(),
  }
}

/** CPU time of one write to each row of `openPages` pages. */
export function openRegionWrites(options: ArmedOptions & { openPages: number }): OpenSubject {
  const memory = openMemory(options)
  const count = Math.ceil(memory.pages / options.openPages)
  const pages = Uint32Array.from({ length: count }, (_, region) => region * options.openPages)
  return {
    sample() {
      memory.arm()
      return memory.write(pages) / pages.length
    },
    close: () => memory.release(),
  }
}

/**
 * The median of 256 single faults.
 *
 * @param meanwhile what is to go on while they happen
 */
export function openSingleFaults(
  mechanism: Mechanism,
  pattern: Pattern,
  meanwhile?: { begin(): void; end(): void },
): SteadySubject {
  const memory = openMemory({ mechanism })
  const next = pageSource(pattern, memory.pages, 256)
  const times = new Float64Array(256 * timesPerAccess)
  return {
    sample() {
      memory.arm()
      const pages = next()
      meanwhile?.begin()
      memory.time(pages, true, 1, times)
      meanwhile?.end()
      return median(everyFifth(times, 0))
    },
    close: () => memory.release(),
  }
}
