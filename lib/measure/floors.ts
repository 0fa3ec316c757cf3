// The steps that tracking is made of, each by itself.

import { native } from '../native.ts'
import type { Absence, Measurement } from '../statistics/measured.ts'
import type { Book } from './book.ts'
import type { Experiment } from './experiment.ts'

/** The steps that tracking is made of, one by one. CPU time in nanoseconds. */
export interface Floors {
  /** The cheapest system call (getppid). */
  syscall: Measurement | Absence
  /** The first write to a page that is in memory but not mapped. */
  minorFault: Measurement | Absence
  /** A page fault, its SIGSEGV handler, and the return. */
  signalRoundTrip: Measurement | Absence
  /** One page in the middle of a mapping made read-only and writable again. */
  mprotectPair: Measurement | Absence
  /** Copying one page of a buffer that is larger than most caches. */
  memcpyPage: Measurement | Absence
  /** Comparing one such page with an equal one. */
  memcmpPage: Measurement | Absence
}

const keyOf = (name: string): string => `floor/${name}`

/** @param batches of each floor and pass */
export function floorsExperiment(batches: number): Experiment {
  return {
    step: 'floors',
    weight: 3,
    run({ pass, book }) {
      for (const [name, samples] of Object.entries(native.measure.floors(batches))) {
        for (const ns of samples) book.record(keyOf(name), pass, ns)
      }
    },
  }
}

export function readFloors(book: Book): Floors {
  const read = (name: keyof Floors) => book.read(keyOf(name))
  return {
    syscall: read('syscall'),
    minorFault: read('minorFault'),
    signalRoundTrip: read('signalRoundTrip'),
    mprotectPair: read('mprotectPair'),
    memcpyPage: read('memcpyPage'),
    memcmpPage: read('memcmpPage'),
  }
}
