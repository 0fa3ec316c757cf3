// What about this machine a measurement depends on.

import { readFileSync } from 'node:fs'
import { arch, cpus, loadavg, release } from 'node:os'
import { native } from '../native.ts'
import { version } from '../version.ts'

/** The machine that was measured, and what ran the measurement. */
export interface MeasureEnvironment {
  /** As `uname -r` says. */
  kernel: string
  /** As `process.arch` says. */
  arch: string
  /** The processor's name. */
  cpu: string
  /** Logical processors. */
  cpus: number
  /** Whether a hypervisor shows itself; null where the processor cannot tell (arm64). */
  hypervisor: boolean | null
  /** Bytes. */
  pageSize: number
  /** /sys/kernel/mm/transparent_hugepage/enabled; null without huge pages. */
  transparentHugePages: string | null
  /** /proc/sys/vm/max_map_count: mappings that a process may have. */
  maxMapCount: number | null
  /** Of the last minute, when the measurement began. */
  loadAverage: number
  /** Node.js version. */
  node: string
  /** Version of this package. */
  mkwrite: string
}

export function describeEnvironment(): MeasureEnvironment {
  const processors = cpus()
  const cpuFlags = /^flags\s*:(.*)$/m.exec(read('/proc/cpuinfo') ?? '')?.[1]
  const hugePages = read('/sys/kernel/mm/transparent_hugepage/enabled')
  const maxMapCount = read('/proc/sys/vm/max_map_count')
  return {
    kernel: release(),
    arch: arch(),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cpus: processors.length,
    hypervisor: cpuFlags === undefined ? null : / hypervisor\b/.test(cpuFlags),
    pageSize: native.pageSize,
    // The setting in force stands in brackets.
    transparentHugePages: /\[(\w+)\]/.exec(hugePages ?? '')?.[1] ?? null,
    maxMapCount: maxMapCount === undefined ? null : Number(maxMapCount),
    loadAverage: loadavg()[0] ?? 0,
    node: process.version,
    mkwrite: version,
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // not mounted, not readable, or not in this kernel
  }
}
