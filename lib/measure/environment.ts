// What about this machine a measurement depends on.

import { arch, availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { native } from '../native.ts'
import { version } from '../version.ts'
import {
  type CgroupLimits,
  findContainer,
  readCgroupLimits,
  readSeccomp,
} from './environment/container.ts'
import { fingerprintOf } from './environment/fingerprint.ts'
import { readKernelConfig } from './environment/kernel-config.ts'
import {
  type ClockSettings,
  type HugePageSettings,
  nameHypervisor,
  readClocks,
  readHugePages,
  readLockLimit,
  readMitigations,
} from './environment/machine.ts'
import { readNumber, realFiles } from './environment/reader.ts'

/** The machine that was measured, and what ran the measurement. */
export interface MeasureEnvironment extends HugePageSettings, ClockSettings {
  /** A hash of all that results depend on but the versions of Node.js and mkwrite. */
  fingerprint: string
  /** As `uname -r` says. */
  kernel: string
  /** Options of its build that matter here, without `CONFIG_`; null where they are hidden. */
  kernelConfig: Record<string, string> | null
  /** As `process.arch` says. */
  arch: string
  /** The processor's name. */
  cpu: string
  /** Logical processors. */
  cpus: number
  /** Those that this process may run on. */
  availableCpus: number
  /** Name of the hypervisor; null where none shows itself. */
  hypervisor: string | null
  /** How the kernel answers weaknesses of the processor; null where it does not say. */
  mitigations: Record<string, string> | null
  /** Bytes of memory. */
  memory: number
  /** Bytes. */
  pageSize: number
  /** /proc/sys/vm/max_map_count: mappings that a process may have. */
  maxMapCount: number | null
  /** RLIMIT_MEMLOCK in bytes. */
  lockedMemory: number | 'unlimited' | null
  /** Which kind of container this is; null if it does not show. */
  container: string | null
  /** Whether system calls are filtered; null where the kernel does not say. */
  seccomp: 'off' | 'strict' | 'filter' | null
  /** What the cgroup leaves to this process. */
  cgroup: CgroupLimits
  /** Of the last minute, when the measurement began. */
  loadAverage: number
  /** Node.js version. */
  node: string
  /** Version of this package. */
  mkwrite: string
}

export function describeEnvironment(): MeasureEnvironment {
  const processors = cpus()
  const kernel = release()
  const facts = {
    kernel,
    kernelConfig: readKernelConfig(realFiles, kernel),
    arch: arch(),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cpus: processors.length,
    availableCpus: availableParallelism(),
    hypervisor: nameHypervisor(realFiles, native.hypervisor()),
    mitigations: readMitigations(realFiles),
    ...readClocks(realFiles),
    memory: totalmem(),
    pageSize: native.pageSize,
    ...readHugePages(realFiles),
    maxMapCount: readNumber(realFiles, '/proc/sys/vm/max_map_count'),
    lockedMemory: readLockLimit(realFiles),
    container: findContainer(realFiles, process.env),
    seccomp: readSeccomp(realFiles),
    cgroup: readCgroupLimits(realFiles),
    loadAverage: loadavg()[0] ?? 0,
    node: process.version,
    mkwrite: version,
  }
  return { fingerprint: fingerprintOf(facts), ...facts }
}
