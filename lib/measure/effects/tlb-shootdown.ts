// What a fault costs while another thread of the process runs on another CPU: each change of protection
// has to interrupt that one, because its TLB may hold what changes.

import { availableParallelism } from 'node:os'
import { BusyOthers } from '../../busy-others.ts'
import { MkwriteError } from '../../errors.ts'
import { faultingMechanisms, type Mechanism } from '../../policy.ts'
import type { Plan } from '../options.ts'
import type { OpenSubject } from '../take-turns.ts'
import { openSingleFaults } from './armed.ts'
import { type Effect, effect } from './effect.ts'

/** A sample in which the other thread ran less than that says nothing of one that runs. */
const leastRan = 0.8
const mostAttempts = 4
/** About the time until a thread's turn comes on a machine that several programs keep busy. */
const patienceMs = 20

export function tlbShootdown({ mechanisms, limits }: Plan): Effect {
  const variants = mechanisms
    .filter((mechanism) => faultingMechanisms.includes(mechanism))
    .flatMap((mechanism) =>
      [0, 1].map((value) => ({
        effect: 'tlb-shootdown' as const,
        mechanism,
        by: 'bare' as const,
        value,
        open: () => (value === 0 ? openAlone(mechanism) : openBeside(mechanism)),
      })),
    )
  return effect('TLB shootdown', 2 * variants.length, variants, limits)
}

const openAlone = (mechanism: Mechanism): OpenSubject => openSingleFaults(mechanism, 'random')

function openBeside(mechanism: Mechanism): OpenSubject {
  if (availableParallelism() === 1) {
    throw new MkwriteError(
      'ERR_MKWRITE_UNSUPPORTED',
      'This process has one CPU, on which no other thread can run at the same time.',
    )
  }
  const others = new BusyOthers(patienceMs)
  const faults = openSingleFaults(mechanism, 'random', others)
  const attempt = (): number | null => {
    const ns = faults.sample()
    return others.takeShare() >= leastRan ? ns : null
  }
  return {
    sample() {
      for (let attempts = 1; attempts < mostAttempts; attempts++) {
        const ns = attempt()
        if (ns !== null) return ns
      }
      return attempt()
    },
    excuse: 'Other programs kept the CPU that another thread was to run on.',
    close() {
      others[Symbol.dispose]()
      faults.close?.()
    },
  }
}
