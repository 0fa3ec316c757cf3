// How the kernel was built, as far as it bears on what is measured.

import type { MachineFiles } from './reader.ts'

const options = [
  // Whether a mechanism is there at all.
  'MEM_SOFT_DIRTY',
  'USERFAULTFD',
  'PTE_MARKER_UFFD_WP',
  'PROC_PAGE_MONITOR',
  'HUGETLBFS',
  'TRANSPARENT_HUGEPAGE',
  // What a fault costs, and with whom it contends.
  'PER_VMA_LOCK',
  'LRU_GEN',
  'MEMCG',
  'NUMA_BALANCING',
  'PREEMPT_NONE',
  'PREEMPT_VOLUNTARY',
  'PREEMPT',
  'PREEMPT_LAZY',
  'PREEMPT_RT',
  'PREEMPT_DYNAMIC',
  'HZ',
  'PARAVIRT',
  // What entering the kernel costs.
  'PAGE_TABLE_ISOLATION',
  'MITIGATION_PAGE_TABLE_ISOLATION',
  'UNMAP_KERNEL_AT_EL0',
  'X86_USER_SHADOW_STACK',
  // What makes a kernel slow altogether.
  'DEBUG_VM',
  'DEBUG_PAGEALLOC',
  'PROVE_LOCKING',
  'KASAN',
  'KCSAN',
  'KMSAN',
  'INIT_ON_ALLOC_DEFAULT_ON',
]

/** Options that are set, by name without `CONFIG_`; null where the kernel's configuration is hidden. */
export function readKernelConfig(
  files: MachineFiles,
  release: string,
): Record<string, string> | null {
  const text = files.unzipped('/proc/config.gz') ?? files.text(`/boot/config-${release}`)
  if (text === undefined) return null
  const found: Record<string, string> = {}
  for (const [, name = '', value = ''] of text.matchAll(/^CONFIG_(\w+)=(.*)$/gm)) {
    if (options.includes(name)) found[name] = value.replace(/^"(.*)"$/, '$1')
  }
  return found
}
