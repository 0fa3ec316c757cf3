// What stands around the process: a container, a seccomp filter, the limits of a cgroup.

import type { MachineFiles } from './reader.ts'
import { readNumber } from './reader.ts'

/** Which kind of container this is; null if it does not show. */
export function findContainer(
  files: MachineFiles,
  variables: Readonly<Record<string, string | undefined>>,
): string | null {
  if (variables.KUBERNETES_SERVICE_HOST !== undefined) return 'kubernetes'
  if (files.exists('/run/.containerenv')) return 'podman'
  if (files.exists('/.dockerenv')) return 'docker'
  const systemd = files.text('/run/systemd/container')
  if (systemd !== undefined && systemd !== '') return systemd
  const groups = files.text('/proc/1/cgroup') ?? ''
  return /kubepods|docker|containerd|lxc|podman/.exec(groups)?.[0] ?? null
}

const seccompModes = ['off', 'strict', 'filter'] as const

/** Whether system calls of this process are filtered, which also makes each of them slower. */
export function readSeccomp(files: MachineFiles): (typeof seccompModes)[number] | null {
  const status = files.text('/proc/self/status') ?? ''
  const mode = /^Seccomp:\s*(\d)/m.exec(status)?.[1]
  return mode === undefined ? null : (seccompModes[Number(mode)] ?? null)
}

/** What a cgroup leaves to this process. */
export interface CgroupLimits {
  /** Processors' worth of time; null: no limit. */
  cpus: number | null
  /** Bytes; null: no limit. */
  memory: number | null
}

/** The narrowest limits on the way from the process's own cgroup up to the root, versions 2 and 1. */
export function readCgroupLimits(files: MachineFiles): CgroupLimits {
  const groups = (files.text('/proc/self/cgroup') ?? '').split('\n')
  const pathOf = (controller: string): string | undefined =>
    groups
      .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
      .find((match) => {
        return match?.[1]?.split(',').includes(controller)
      })?.[2]
  const cpus: number[] = []
  const memory: number[] = []
  for (const folder of folders('/sys/fs/cgroup', pathOf(''))) {
    const [quota = '', period = ''] = (files.text(`${folder}/cpu.max`) ?? '').split(' ')
    if (Number(quota) > 0) cpus.push(Number(quota) / Number(period))
    memory.push(readNumber(files, `${folder}/memory.max`) ?? Number.POSITIVE_INFINITY)
  }
  for (const folder of folders('/sys/fs/cgroup/cpu', pathOf('cpu'))) {
    const quota = readNumber(files, `${folder}/cpu.cfs_quota_us`) ?? -1
    const period = readNumber(files, `${folder}/cpu.cfs_period_us`) ?? 0
    if (quota > 0 && period > 0) cpus.push(quota / period)
  }
  for (const folder of folders('/sys/fs/cgroup/memory', pathOf('memory'))) {
    memory.push(readNumber(files, `${folder}/memory.limit_in_bytes`) ?? Number.POSITIVE_INFINITY)
  }
  // Version 1 says "no limit" by the largest multiple of the page size.
  const limited = memory.filter((bytes) => bytes < 2 ** 60)
  return {
    cpus: cpus.length > 0 ? Math.min(...cpus) : null,
    memory: limited.length > 0 ? Math.min(...limited) : null,
  }
}

/** `/a/b` under a mount: the mount itself, /a, and /a/b. */
function folders(mount: string, path: string | undefined): string[] {
  if (path === undefined) return []
  const parts = path.split('/').filter((part) => part !== '')
  return [mount, ...parts.map((_, index) => `${mount}/${parts.slice(0, index + 1).join('/')}`)]
}
