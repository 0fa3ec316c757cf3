// What two machines must have in common for their measurements to be comparable, and its hash.

import { createHash } from 'node:crypto'
import type { MeasureEnvironment } from '../environment.ts'

/** What is compared by measuring (versions of Node.js and mkwrite) is none of them. */
type FactName = Exclude<
  keyof MeasureEnvironment,
  'fingerprint' | 'node' | 'mkwrite' | 'loadAverage'
>

/** Facts that results depend on. */
const facts: readonly FactName[] = [
  'kernel',
  'kernelConfig',
  'arch',
  'cpu',
  'cpus',
  'availableCpus',
  'hypervisor',
  'mitigations',
  'clockSource',
  'governor',
  'pageSize',
  'transparentHugePages',
  'sharedHugePages',
  'maxMapCount',
  'seccomp',
  'cgroup',
]

/** Twelve hexadecimal digits, the same wherever all facts are. */
export function fingerprintOf(environment: Readonly<Pick<MeasureEnvironment, FactName>>): string {
  const text = JSON.stringify(facts.map((name) => inOrder(environment[name])))
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

/** The same text whatever the order of keys. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value ?? null
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
}

/** A fact in which two environments differ. */
export interface FactDifference {
  /** Its name, such as `kernel` or `mitigations.meltdown`. */
  fact: string
  base: unknown
  other: unknown
}

/** In which facts two environments differ, of whatever version of the schema they are. */
export function differingFacts(
  base: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): FactDifference[] {
  return facts.flatMap((fact) => difference(fact, base[fact], other[fact]))
}

function difference(fact: string, base: unknown, other: unknown): FactDifference[] {
  if (isRecord(base) && isRecord(other)) {
    const keys = [...new Set([...Object.keys(base), ...Object.keys(other)])].sort()
    return keys.flatMap((key) => difference(`${fact}.${key}`, base[key], other[key]))
  }
  return JSON.stringify(base ?? null) === JSON.stringify(other ?? null)
    ? []
    : [{ fact, base: base ?? null, other: other ?? null }]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
