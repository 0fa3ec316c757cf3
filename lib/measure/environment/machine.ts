// Processor, memory and limits.

import { type MachineFiles, readChoice, readNumber } from './reader.ts'

/** How the kernel answers each weakness of the processor: first words, such as "Mitigation: PTI". */
export function readMitigations(files: MachineFiles): Record<string, string> | null {
  const folder = '/sys/devices/system/cpu/vulnerabilities'
  const names = files.list(folder)
  if (names.length === 0) return null
  return Object.fromEntries(names.map((name) => [name, files.text(`${folder}/${name}`) ?? '']))
}

const hypervisors: Record<string, string> = {
  KVMKVMKVM: 'KVM',
  'Linux KVM Hv': 'KVM',
  'Microsoft Hv': 'Hyper-V',
  VMwareVMware: 'VMware',
  XenVMMXenVMM: 'Xen',
  VBoxVBoxVBox: 'VirtualBox',
  TCGTCGTCGTCG: 'QEMU without KVM',
  bhyvebhyve: 'bhyve',
  ACRNACRNACRN: 'ACRN',
}

/**
 * @param signature what the processor says: '' for none, null where it cannot tell
 * @returns a name; null where no hypervisor shows itself
 */
export function nameHypervisor(files: MachineFiles, signature: string | null): string | null {
  if (signature === '') return null
  if (signature !== null) return hypervisors[signature.trim()] ?? signature.trim()
  const compatible = files.text('/sys/firmware/devicetree/base/hypervisor/compatible')
  const product = files.text('/sys/class/dmi/id/product_name') ?? ''
  return (
    compatible?.split('\0')[0] ??
    /KVM|QEMU|VMware|VirtualBox|Virtual Machine/.exec(product)?.[0] ??
    null
  )
}

/** Huge pages, as they are set. */
export interface HugePageSettings {
  /** Of anonymous memory: `always`, `madvise` or `never`; null without huge pages. */
  transparentHugePages: string | null
  /** Of shared memory, as buffer objects are. */
  sharedHugePages: string | null
  /** Set aside by the administrator. */
  reservedHugePages: number | null
}

export function readHugePages(files: MachineFiles): HugePageSettings {
  return {
    transparentHugePages: readChoice(files, '/sys/kernel/mm/transparent_hugepage/enabled'),
    sharedHugePages: readChoice(files, '/sys/kernel/mm/transparent_hugepage/shmem_enabled'),
    reservedHugePages: readNumber(files, '/proc/sys/vm/nr_hugepages'),
  }
}

/** RLIMIT_MEMLOCK in bytes: soft-dirty views are locked. */
export function readLockLimit(files: MachineFiles): number | 'unlimited' | null {
  const line = /^Max locked memory\s+(\S+)/m.exec(files.text('/proc/self/limits') ?? '')
  const [, limit] = line ?? []
  if (limit === undefined) return null
  return limit === 'unlimited' ? 'unlimited' : Number(limit)
}

/** What steers the processor's clock, and keeps the time. */
export interface ClockSettings {
  /** Of the first processor; null where the frequency is nobody's business here. */
  governor: string | null
  /** What the kernel's own clocks are read from. */
  clockSource: string | null
}

export function readClocks(files: MachineFiles): ClockSettings {
  return {
    governor: files.text('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor') ?? null,
    clockSource:
      files.text('/sys/devices/system/clocksource/clocksource0/current_clocksource') ?? null,
  }
}
