// Fetches Debian's cloud kernels: from the package manager only, as ordinary packages, and takes
// the kernel image out of them without installing anything.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** The kernel lines of this lane, and why each is in it. */
export const kernelLines = {
  6.1: {
    what: 'soft-dirty, no PAGEMAP_SCAN',
    pattern: /^linux-image-(6\.1\.\d+-\d+-cloud-amd64)-unsigned$/,
  },
  6.12: {
    what: 'soft-dirty and PAGEMAP_SCAN',
    pattern: /^linux-image-(6\.12\.\d+\+deb\d+-cloud-amd64)-unsigned$/,
  },
}

/**
 * The newest kernel of a line, downloaded if the cache does not have it.
 *
 * Where the package lists offer none (another distribution, no network), the newest one in the cache
 * serves.
 *
 * @param {string} line a key of kernelLines
 * @param {string} cache folder for kernels; survives between runs
 * @returns {{ release: string, image: string }}
 */
export function fetchKernel(line, cache) {
  const { pattern } = kernelLines[line]
  mkdirSync(cache, { recursive: true })
  const offered = newest(packageNames(), pattern)
  if (offered !== undefined && !existsSync(join(cache, offered.release))) {
    try {
      download(offered, cache)
    } catch (error) {
      // Lists older than the archive name files that are gone. Only root can renew them.
      if (process.getuid() !== 0) throw error
      execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit' })
      download(newest(packageNames(), pattern), cache)
    }
  }
  const stored = readdirSync(cache).map((release) => `linux-image-${release}-unsigned`)
  const found = newest(stored, pattern)
  if (found === undefined) {
    throw new Error(
      `No package linux-image-${line}…-cloud-amd64-unsigned is on offer. This lane needs Debian 12's ` +
        'package lists (run "apt-get update"), for example in a debian:12 or node:20-bookworm container.',
    )
  }
  return { release: found.release, image: join(cache, found.release, 'vmlinuz') }
}

function packageNames() {
  try {
    return execFileSync('apt-cache', ['pkgnames', 'linux-image-6.'], { encoding: 'utf8' }).split(
      '\n',
    )
  } catch {
    return []
  }
}

function newest(names, pattern) {
  return names
    .map((name) => ({ name, release: pattern.exec(name)?.[1] }))
    .filter(({ release }) => release !== undefined)
    .sort((a, b) => a.release.localeCompare(b.release, 'en', { numeric: true }))
    .at(-1)
}

/** Leaves `cache`/RELEASE/vmlinuz, complete or not at all. */
function download({ name, release }, cache) {
  const work = mkdtempSync(join(cache, '.download-'))
  try {
    // As root apt would fetch as a user who may not write here, and complain.
    execFileSync('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', name], {
      cwd: work,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [archive] = readdirSync(work)
    execFileSync('dpkg-deb', ['-x', archive, 'content'], { cwd: work })
    mkdirSync(join(work, release))
    renameSync(join(work, 'content/boot', `vmlinuz-${release}`), join(work, release, 'vmlinuz'))
    renameSync(join(work, release), join(cache, release))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
