// What works on this machine.

import { arch, cpus, release } from 'node:os'
import { native } from './native.ts'
import { type Mechanism, mechanisms } from './policy.ts'

/** Whether a mechanism works here. */
export type MechanismAvailability =
  | {
      /** It works. */
      available: true
      /**
       * Whether system calls can write into tracked memory (`fs.readSync` into a view, say), or fail
       * with EFAULT.
       */
      systemCalls: boolean
    }
  | {
      /** It does not. */
      available: false
      /** Why not. */
      reason: string
      /** What would change that. */
      remedy: string
    }

/** The result of `probe()`. */
export interface ProbeResult {
  /** Changes when fields change their meaning or go. */
  schema: 'mkwrite.probe/1'
  /** As `uname -r` says. */
  kernel: string
  /** As `process.arch` says. */
  arch: string
  /** The processor's name. */
  cpu: string
  /** Bytes. */
  pageSize: number
  /** Whether each of them works here, and if not, why. */
  mechanisms: Record<Mechanism, MechanismAvailability>
}

/**
 * Tries each mechanism by a round trip (write, collect, look), and says why those that fail do. Takes a
 * few milliseconds, and disturbs nobody who is tracking.
 */
export function probe(): ProbeResult {
  const found = mechanisms.map((name): [Mechanism, MechanismAvailability] => {
    const { available, reason, remedy, systemCalls } = native.tryMechanism(name)
    return [name, available ? { available, systemCalls } : { available, reason, remedy }]
  })
  return {
    schema: 'mkwrite.probe/1',
    kernel: release(),
    arch: arch(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    pageSize: native.pageSize,
    mechanisms: Object.fromEntries(found) as Record<Mechanism, MechanismAvailability>,
  }
}
