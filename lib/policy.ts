// The names by which users choose how writes are found out.

import { invalidArgument } from './errors.ts'

/**
 * One way to learn which pages were written.
 *
 * - `write-fault`: mprotect and SIGSEGV; a signal per written page.
 * - `soft-dirty`: bit 55 of /proc/self/pagemap; a scan of the buffer, and a process-wide clear.
 * - `userfault`: userfaultfd write protection and PAGEMAP_SCAN; needs Linux 6.7.
 * - `compare`: contents are compared with those that were last reported; needs as much memory again.
 * - `full`: everything counts as written.
 */
export type Mechanism = 'write-fault' | 'soft-dirty' | 'userfault' | 'compare' | 'full'

/** All mechanisms, whether or not they work on this machine; `probe()` tells. */
export const mechanisms: readonly Mechanism[] = [
  'write-fault',
  'soft-dirty',
  'userfault',
  'compare',
  'full',
]

/** Those that learn of writes by faults, so that a write costs more than elsewhere. */
export const faultingMechanisms: readonly Mechanism[] = ['write-fault', 'soft-dirty', 'userfault']

/**
 * What chooses the mechanism: one of them, fixed; `kernel`, the rule of Linux's vmwgfx driver, which
 * changes between `write-fault` and a mechanism that scans; or `auto`, which tracks with `userfault`
 * (else `write-fault`), leaves pages writable where that costs less than tracking them, opens what
 * writes are heading for, and puts an idle buffer behind one write protection. Under `auto`, a system
 * call that writes into an idle buffer fails with EFAULT (see `BufferObject.cpuAccess`).
 */
export type Policy = Mechanism | 'kernel' | 'auto'

/** All policies by name. */
export const policies: readonly Policy[] = [...mechanisms, 'kernel', 'auto']

export function checkPolicy(name: string, value: unknown): Policy {
  if (!policies.includes(value as Policy)) {
    throw invalidArgument(name, `one of ${policies.map((p) => `'${p}'`).join(', ')}`, value)
  }
  return value as Policy
}

/**
 * The policy that a program asked for, or the one that the environment variable MKWRITE_POLICY puts in
 * its place: for trying a program under another policy without changing it.
 *
 * @throws MkwriteError `ERR_MKWRITE_INVALID_ARGUMENT` when the variable names no policy
 */
export function policyInForce(asked: Policy): Policy | 'none' {
  const { MKWRITE_POLICY: given = '' } = process.env
  if (given === '') return asked
  return given === 'none' ? given : checkPolicy('process.env.MKWRITE_POLICY', given)
}
