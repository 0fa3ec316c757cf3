// What `mkwrite probe` prints of results that this machine need not have.

import { expect, test } from 'vitest'
import { renderProbe } from '../../lib/cli/probe.ts'
import type { MechanismAvailability } from '../../lib/index.ts'

const works: MechanismAvailability = { available: true, systemCalls: true }
const missing: MechanismAvailability = { available: false, reason: 'It is.', remedy: 'Buy it.' }

function lines(softDirty: MechanismAvailability, lockLimit: number | 'unlimited' | null): string[] {
  const mechanisms = {
    'write-fault': { available: true, systemCalls: false },
    'soft-dirty': softDirty,
    userfault: missing,
    compare: works,
    full: works,
  } as const
  return renderProbe(
    { schema: 'mkwrite.probe/1', kernel: '6.1', arch: 'x64', cpu: 'A', pageSize: 4096, mechanisms },
    lockLimit,
  ).split('\n')
}

const lineOf = (name: string, all: string[]): string =>
  all.find((line) => line.startsWith(name)) ?? ''

test('says why a mechanism does not work, and what would change that', () => {
  expect(lineOf('userfault', lines(works, null))).toMatch(/does not work {2}It is. Buy it.$/)
})

test('says what soft-dirty does beyond the limit of locked memory', () => {
  const limited = lines(works, 8 * 1024 * 1024)
  expect(lineOf('soft-dirty', limited)).toContain(
    'views beyond 8 MiB may stay unlocked (ulimit -l)',
  )
  expect(limited.filter((line) => line.includes('ulimit'))).toHaveLength(1)
})

test.each([
  ['there is no limit', works, 'unlimited'],
  ['the limit is not known', works, null],
  ['soft-dirty does not work', missing, 65536],
] as const)('says nothing of locked memory if %s', (_, softDirty, lockLimit) => {
  expect(lines(softDirty, lockLimit).join('\n')).not.toContain('ulimit')
})
