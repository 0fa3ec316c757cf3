// Who is measured against whom.

import { reasonAgainst } from '../availability.ts'
import { type Mechanism, mechanisms, type Policy, policies } from '../policy.ts'
import type { ProbeResult } from '../probe.ts'

/**
 * - `explicit`: copies exactly the pages that were written, because the program says which.
 * - `upload`: copies everything, each frame.
 * - `bare-…`: a loop written by hand for that one mechanism, without the library.
 * - a mechanism or policy: the library.
 */
export type ContenderName = 'explicit' | 'upload' | `bare-${Exclude<Mechanism, 'full'>}` | Policy

/** All contenders, whether or not they work on this machine. */
export const contenderNames: readonly ContenderName[] = [
  'explicit',
  'upload',
  ...mechanisms.filter((name) => name !== 'full').map((name) => `bare-${name}` as const),
  ...mechanisms,
  'kernel',
  'auto',
]

export const isMechanism = (name: ContenderName): name is Mechanism =>
  mechanisms.some((mechanism) => mechanism === name)

/** Whether it changes what it does according to what it has seen. */
export const isAdaptive = (name: ContenderName): boolean => name === 'kernel' || name === 'auto'

/** Whether it has to do with pages that the device writes. */
export const readsBack = (name: ContenderName): boolean =>
  name === 'explicit' || policies.some((policy) => policy === name)

/** The hand-written loop that does the same: of `full`, copying everything. */
export function bareOf(name: ContenderName): ContenderName | undefined {
  if (!isMechanism(name)) return undefined
  return name === 'full' ? 'upload' : `bare-${name}`
}

/** What keeps it from working, as `probe()` found, and what would change that. */
export function reasonAgainstContender(
  name: ContenderName,
  found: ProbeResult,
): string | undefined {
  const policy = policies.find((it) => it === name || `bare-${it}` === name)
  return policy === undefined ? undefined : reasonAgainst(policy, found)
}
