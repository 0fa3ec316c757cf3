// Whether two documents can be compared at all, and if not, why.

import { differingFacts } from '../measure/environment/fingerprint.ts'
import type { Document } from './document.ts'

const show = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null)

/** Reasons why rows of these documents must not be compared; none if they may. */
export function reasonsAgainst(base: Document, other: Document): string[] {
  if (base.schema !== other.schema) {
    return [
      `They are of different kinds or versions: ${base.schema} and ${other.schema}. Measure both with the same version of mkwrite.`,
    ]
  }
  const reasons: string[] = []
  for (const { fact, base: was, other: is } of differingFacts(
    base.environment,
    other.environment,
  )) {
    reasons.push(`The machines differ in ${fact}: ${show(was)} and ${show(is)}.`)
  }
  const names = new Set([...Object.keys(base.settings), ...Object.keys(other.settings)])
  for (const name of names) {
    const [was, is] = [show(base.settings[name]), show(other.settings[name])]
    if (was !== is)
      reasons.push(`They were measured with different options: ${name} ${was} and ${is}.`)
  }
  if (![...base.rows.keys()].some((key) => other.rows.has(key))) {
    reasons.push('They have no row in common.')
  }
  return reasons
}

/** What does not forbid a comparison, but should be known. */
export function warningsAbout(base: Document, other: Document): string[] {
  const [was, is] = [base.environment.node, other.environment.node]
  return was === is
    ? []
    : [`Node.js differs: ${show(was)} and ${show(is)}. A difference may be its doing.`]
}
