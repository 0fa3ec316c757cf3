// Whether a policy works on this machine, and the error for one that does not.

import { MkwriteError } from './errors.ts'
import type { Mechanism, Policy } from './policy.ts'
import { type ProbeResult, probe } from './probe.ts'
import { checkNames } from './validate.ts'

/** What keeps `policy` from working, as `probe()` found, and what would change that. */
export function reasonAgainst(policy: Policy, found: ProbeResult): string | undefined {
  if (policy === 'auto') return undefined // it takes what works
  if (policy !== 'kernel') return reasonAgainstMechanism(policy, found)
  const [softDirty, userfault] = (['soft-dirty', 'userfault'] as const).map((name) => {
    const reason = reasonAgainstMechanism(name, found)
    return reason === undefined ? undefined : `${name}: ${reason}`
  })
  if (softDirty === undefined || userfault === undefined) return undefined
  return `It needs a mechanism that scans. ${softDirty} ${userfault}`
}

function reasonAgainstMechanism(name: Mechanism, { mechanisms }: ProbeResult): string | undefined {
  const { [name]: availability } = mechanisms
  if (availability.available) return undefined
  return `${availability.reason} ${availability.remedy}`.trim()
}

/**
 * Those of `known` that were asked for, each once, or all that work if nothing was. Names that are not
 * known, and ones that do not work, are errors.
 *
 * @param option name of the option, for the error
 * @param reasonOf what keeps one of them from working; undefined for nothing
 */
export function chooseWorking<Name extends string>(
  what: 'mechanism' | 'policy' | 'contender',
  option: string,
  requested: readonly Name[] | undefined,
  known: readonly Name[],
  reasonOf: (name: Name, found: ProbeResult) => string | undefined,
): readonly Name[] {
  const chosen = requested === undefined ? undefined : checkNames(option, requested, known)
  const found = probe()
  if (chosen === undefined) return known.filter((name) => reasonOf(name, found) === undefined)
  for (const name of chosen) {
    const reason = reasonOf(name, found)
    if (reason !== undefined) throw unavailable(what, name, reason)
  }
  return [...new Set(chosen)]
}

/** The error for something that was asked for by name and does not work here. */
export const unavailable = (
  what: 'mechanism' | 'policy' | 'contender',
  name: string,
  reason: string,
): MkwriteError =>
  new MkwriteError(
    'ERR_MKWRITE_MECHANISM_UNAVAILABLE',
    `The ${what} "${name}" does not work on this machine. ${reason}`,
  )
