// Which mechanisms the tests run against: all that work here. MKWRITE_REQUIRE_SOFT_DIRTY=1 makes a
// kernel without soft-dirty an error, so that a lane that is there for it cannot pass without it.

import { type Mechanism, mechanisms, type Policy, probe } from '../../lib/index.ts'

const found = probe()

export const pageSize: number = found.pageSize

export const available: readonly Mechanism[] = mechanisms.filter(
  (name) => found.mechanisms[name].available,
)

/** Those that tell written pages from others. */
export const exact: readonly Mechanism[] = available.filter((name) => name !== 'full')

// These need nothing of the kernel. A suite that skipped them because they are broken would pass.
for (const name of ['write-fault', 'full'] as const) {
  if (!available.includes(name)) {
    throw new Error(`${name} works everywhere: ${JSON.stringify(found.mechanisms[name])}`)
  }
}

const scans = available.includes('soft-dirty') || available.includes('userfault')

/** An emulated machine leaves out what its kernel has no part in; the host has tested that. */
const elsewhere: readonly Policy[] =
  process.env.MKWRITE_VM === '1' ? ['compare', 'full', 'auto'] : []

/** All that work here. */
export const workingPolicies: readonly Policy[] = [
  ...available,
  ...(scans ? ['kernel' as const] : []),
  'auto' as const,
]

/** Those that the suites over policies run with. */
export const coherentPolicies: readonly Policy[] = workingPolicies.filter(
  (policy) => !elsewhere.includes(policy),
)

/** Of these, mechanisms that tell written pages from others: for tests that take their time. */
export const coherentMechanisms: readonly Mechanism[] = exact.filter(
  (mechanism) => !elsewhere.includes(mechanism),
)

if (process.env.MKWRITE_REQUIRE_SOFT_DIRTY === '1' && !available.includes('soft-dirty')) {
  throw new Error(`soft-dirty is required here: ${JSON.stringify(found.mechanisms['soft-dirty'])}`)
}
