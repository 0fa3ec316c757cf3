// Puts the guest's file system together: node with its libraries, a shell, the built project, and
// the npm packages that the tests need.
//
// All of it lies in one uncompressed initramfs. QEMU copies that into the guest's memory in one
// piece, so neither drivers nor decompression (slow under emulation) are needed.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CpioWriter } from './cpio.mjs'
import { packageFolders } from './packages.mjs'
import { findProgram } from './programs.mjs'

/** Parts of the project that go in, where they exist. */
const projectParts = [
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'vitest.config.mts',
  'vitest.config.js',
  'vitest.config.mjs',
  'dist',
  'lib',
  'test',
  'examples',
  'build/Release',
]

/** What neither runs nor is read at run time. */
const skippedFolders = new Set(['.cache', '.git', 'obj.target', '.deps', 'test/vm'])
const skippedInPackages = /\.(?:map|md|d\.[cm]?ts|[cm]?ts)$/

const files = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
  'etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
}

/**
 * @param {object} options
 * @param {string} options.output  the archive to write
 * @param {string} options.project the project's root
 * @param {object} options.plan    what the guest shall do; read there by guest/main.mjs
 * @returns {number} size in bytes
 */
export function writeInitramfs({ output, project, plan }) {
  const archive = new CpioWriter(output)
  for (const folder of ['dev', 'proc', 'sys', 'tmp', 'root', 'results', 'sbin', 'usr/bin']) {
    archive.directory(folder)
  }
  archive.characterDevice('dev/console', 5, 1)
  for (const [path, content] of Object.entries(files)) archive.file(path, content)

  const busybox = findProgram('busybox')
  archive.copy('bin/busybox', busybox, 0o755)
  archive.symlink('bin/sh', 'busybox')
  archive.copy('usr/bin/node', process.execPath, 0o755)
  archive.symlink('bin/node', '/usr/bin/node')

  const guest = fileURLToPath(new URL('guest/', import.meta.url))
  archive.copy('init', join(guest, 'init.sh'), 0o755)
  addTree(archive, join(guest), 'guest')
  archive.file('guest/plan.json', JSON.stringify(plan))

  const addons = []
  for (const part of projectParts) {
    if (existsSync(join(project, part))) addTree(archive, project, 'project', part, addons)
  }
  for (const folder of packageFolders(project)) {
    const skip = (path) => skippedInPackages.test(path)
    addTree(archive, project, 'project', relative(project, folder), addons, skip)
  }
  for (const library of libraries([process.execPath, busybox, ...addons])) {
    archive.copy(library.slice(1), realpathSync(library), 0o755)
  }
  return archive.close()
}

/** Adds `from`/`path` as `to`/`path`, and collects the native addons in it. */
function addTree(archive, from, to, path = '', addons = [], skip = () => false) {
  let entries
  try {
    entries = readdirSync(join(from, path), { withFileTypes: true })
  } catch (error) {
    if (error.code !== 'ENOTDIR') throw error
    archive.copy(join(to, path), join(from, path))
    return
  }
  for (const entry of entries) {
    const inner = join(path, entry.name)
    const source = join(from, inner)
    if (entry.isDirectory()) {
      // Packages nested in a package are named by packageFolders() themselves.
      if (skippedFolders.has(entry.name) || skippedFolders.has(inner)) continue
      if (entry.name !== 'node_modules') addTree(archive, from, to, inner, addons, skip)
    } else if (!skip(inner)) {
      archive.copy(join(to, inner), realpathSync(source), 0o755)
      if (inner.endsWith('.node')) addons.push(source)
    }
  }
}

/** Shared libraries of the given binaries, the dynamic loader included, by their absolute paths. */
function libraries(binaries) {
  const found = new Set()
  for (const binary of binaries) {
    for (const [path] of dependencies(binary).matchAll(/\/\S+(?= \(0x)/g)) found.add(path)
  }
  return found
}

function dependencies(binary) {
  try {
    return execFileSync('ldd', [binary], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    // ldd's answer to a static binary, as busybox usually is.
    if (error.stderr?.includes('not a dynamic executable')) return ''
    throw error
  }
}
