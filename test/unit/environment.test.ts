// What is found out about machines, on machines that are made up of a few files.

import { describe, expect, test } from 'vitest'
import {
  findContainer,
  readCgroupLimits,
  readSeccomp,
} from '../../lib/measure/environment/container.ts'
import { differingFacts, fingerprintOf } from '../../lib/measure/environment/fingerprint.ts'
import { readKernelConfig } from '../../lib/measure/environment/kernel-config.ts'
import {
  nameHypervisor,
  readClocks,
  readHugePages,
  readLockLimit,
  readMitigations,
} from '../../lib/measure/environment/machine.ts'
import type { MachineFiles } from '../../lib/measure/environment/reader.ts'
import { describeEnvironment } from '../../lib/measure/environment.ts'

function machine(files: Record<string, string>): MachineFiles {
  const text = (path: string) => files[path]
  return {
    text,
    unzipped: text,
    list: (path) =>
      Object.keys(files)
        .filter((name) => name.startsWith(`${path}/`))
        .map((name) => name.slice(path.length + 1)),
    exists: (path) => path in files,
  }
}

const bare = machine({})

describe('cgroup limits', () => {
  test('of version 2 are the narrowest from the process up to the root', () => {
    const files = machine({
      '/proc/self/cgroup': '0::/example/job',
      '/sys/fs/cgroup/example/cpu.max': '150000 100000',
      '/sys/fs/cgroup/example/job/cpu.max': 'max 100000',
      '/sys/fs/cgroup/example/memory.max': 'max',
      '/sys/fs/cgroup/example/job/memory.max': '536870912',
    })
    expect(readCgroupLimits(files)).toEqual({ cpus: 1.5, memory: 536870912 })
  })

  test('of version 1 are found under their controllers', () => {
    const files = machine({
      '/proc/self/cgroup': '4:memory:/a\n2:cpu,cpuacct:/b\n0::/',
      '/sys/fs/cgroup/memory/a/memory.limit_in_bytes': '1073741824',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
      '/sys/fs/cgroup/cpu/b/cpu.cfs_quota_us': '50000',
      '/sys/fs/cgroup/cpu/b/cpu.cfs_period_us': '100000',
    })
    expect(readCgroupLimits(files)).toEqual({ cpus: 0.5, memory: 1073741824 })
  })

  test('that are none are null', () => {
    const files = machine({
      '/proc/self/cgroup': '2:cpu:/\n0::/',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
      '/sys/fs/cgroup/cpu.max': 'max 100000',
    })
    expect(readCgroupLimits(files)).toEqual({ cpus: null, memory: null })
    expect(readCgroupLimits(bare)).toEqual({ cpus: null, memory: null })
  })
})

describe('containers', () => {
  test.each<[string, string, Record<string, string>, Record<string, string>]>([
    ['docker', '/.dockerenv', { '/.dockerenv': '' }, {}],
    ['podman', '/run/.containerenv', { '/run/.containerenv': '', '/.dockerenv': '' }, {}],
    ['kubernetes', 'a variable', {}, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }],
    ['systemd-nspawn', 'systemd', { '/run/systemd/container': 'systemd-nspawn' }, {}],
    ['kubepods', 'a cgroup', { '/proc/1/cgroup': '0::/kubepods/burstable/pod1' }, {}],
  ])('%s shows by %s', (name, _, files, variables) => {
    expect(findContainer(machine(files), variables)).toBe(name)
  })

  test('are none on a plain machine', () => {
    expect(findContainer(machine({ '/proc/1/cgroup': '0::/init.scope' }), {})).toBeNull()
    expect(findContainer(bare, {})).toBeNull()
  })
})

test.each([
  ['0', 'off'],
  ['1', 'strict'],
  ['2', 'filter'],
])('seccomp mode %s is called %s', (mode, name) => {
  const files = machine({ '/proc/self/status': `NoNewPrivs:\t0\nSeccomp:\t${mode}\nx: y` })
  expect(readSeccomp(files)).toBe(name)
  expect(readSeccomp(bare)).toBeNull()
})

describe('the configuration of the kernel', () => {
  const text = [
    'CONFIG_MEM_SOFT_DIRTY=y',
    '# CONFIG_LRU_GEN is not set',
    'CONFIG_HZ=250',
    'CONFIG_SOUND=m',
    'CONFIG_CC_VERSION_TEXT="gcc"',
  ].join('\n')

  test.each(['/proc/config.gz', '/boot/config-6.1.0'])('is read from %s', (path) => {
    const found = readKernelConfig(machine({ [path]: text }), '6.1.0')
    expect(found).toEqual({ MEM_SOFT_DIRTY: 'y', HZ: '250' })
  })

  test('is null where it is hidden', () => {
    expect(readKernelConfig(bare, '6.1.0')).toBeNull()
  })
})

describe('the hypervisor', () => {
  test.each([
    ['KVMKVMKVM', 'KVM'],
    ['Microsoft Hv', 'Hyper-V'],
    ['SomethingNew', 'SomethingNew'],
  ])('with the signature %s is called %s', (signature, name) => {
    expect(nameHypervisor(bare, signature)).toBe(name)
  })

  test('is none where the processor denies it', () => {
    expect(nameHypervisor(machine({ '/sys/class/dmi/id/product_name': 'KVM' }), '')).toBeNull()
  })

  test('shows in the firmware where the processor cannot tell', () => {
    const tree = { '/sys/firmware/devicetree/base/hypervisor/compatible': 'linux,kvm\0' }
    expect(nameHypervisor(machine(tree), null)).toBe('linux,kvm')
    const dmi = { '/sys/class/dmi/id/product_name': 'VMware Virtual Platform' }
    expect(nameHypervisor(machine(dmi), null)).toBe('VMware')
    expect(nameHypervisor(bare, null)).toBeNull()
  })
})

test('huge pages, clocks, mitigations and limits are read as the kernel writes them', () => {
  const files = machine({
    '/sys/kernel/mm/transparent_hugepage/enabled': 'always [madvise] never',
    '/sys/kernel/mm/transparent_hugepage/shmem_enabled':
      'always within_size advise [never] deny force',
    '/proc/sys/vm/nr_hugepages': '8',
    '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor': 'performance',
    '/sys/devices/system/clocksource/clocksource0/current_clocksource': 'tsc',
    '/sys/devices/system/cpu/vulnerabilities/meltdown': 'Mitigation: PTI',
    '/sys/devices/system/cpu/vulnerabilities/mds': 'Not affected',
    '/proc/self/limits':
      'Max locked memory         8388608              8388608              bytes',
  })
  expect(readHugePages(files)).toEqual({
    transparentHugePages: 'madvise',
    sharedHugePages: 'never',
    reservedHugePages: 8,
  })
  expect(readClocks(files)).toEqual({ governor: 'performance', clockSource: 'tsc' })
  expect(readMitigations(files)).toEqual({ meltdown: 'Mitigation: PTI', mds: 'Not affected' })
  expect(readLockLimit(files)).toBe(8388608)
  const unlimited = { '/proc/self/limits': 'Max locked memory  unlimited  unlimited  bytes' }
  expect(readLockLimit(machine(unlimited))).toBe('unlimited')
  expect([readMitigations(bare), readLockLimit(bare)]).toEqual([null, null])
})

describe('the fingerprint', () => {
  const here = describeEnvironment()

  test('is short, and the same each time', () => {
    expect(here.fingerprint).toMatch(/^[0-9a-f]{12}$/)
    expect(describeEnvironment().fingerprint).toBe(here.fingerprint)
    expect(fingerprintOf(JSON.parse(JSON.stringify(here)))).toBe(here.fingerprint)
  })

  test.each<[string, object]>([
    ['the kernel', { kernel: '5.10.0' }],
    ['the processor', { cpu: 'another' }],
    ['a mitigation', { mitigations: { ...here.mitigations, meltdown: 'Vulnerable, new' } }],
    ['a cgroup limit', { cgroup: { cpus: 0.5, memory: null } }],
    ['a seccomp filter', { seccomp: 'strict' }],
  ])('changes with %s', (_, change) => {
    expect(fingerprintOf({ ...here, ...change })).not.toBe(here.fingerprint)
  })

  test.each<[string, object]>([
    ['Node.js', { node: 'v99.0.0' }],
    ['mkwrite', { mkwrite: '9.9.9' }],
    ['load', { loadAverage: 99 }],
  ])('does not depend on %s', (_, change) => {
    expect(fingerprintOf({ ...here, ...change })).toBe(here.fingerprint)
  })
})

test('differing facts are named one by one', () => {
  const base = { kernel: '6.1', cpus: 2, mitigations: { mds: 'a', l1tf: 'b' }, node: 'v20' }
  const other = { kernel: '6.1', cpus: 4, mitigations: { mds: 'a', l1tf: 'c' }, node: 'v22' }
  expect(differingFacts(base, other)).toEqual([
    { fact: 'cpus', base: 2, other: 4 },
    { fact: 'mitigations.l1tf', base: 'b', other: 'c' },
  ])
  expect(differingFacts(base, base)).toEqual([])
  expect(differingFacts({ ...base, mitigations: null }, base)).toHaveLength(1)
})
