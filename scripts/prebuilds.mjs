// Fills prebuilds/ for a release: this machine's addon as built and tested, stripped, and on x64 one
// cross-compiled for arm64.

import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * @param {string} command
 * @param {...string} args
 */
function run(command, ...args) {
  execFileSync(command, args, { cwd: root, stdio: 'inherit' })
}

/**
 * @param {string} arch  as in process.arch
 * @param {string} addon path of the built one
 * @param {string} strip the program for that architecture
 */
function add(arch, addon, strip) {
  const folder = join('prebuilds', `linux-${arch}`)
  mkdirSync(join(root, folder), { recursive: true })
  run(strip, '--strip-unneeded', '-o', join(folder, 'mkwrite.node'), addon)
}

rmSync(join(root, 'prebuilds'), { recursive: true, force: true })
run(process.execPath, 'scripts/install.mjs')
add(process.arch, 'build/Release/mkwrite.node', 'strip')
if (process.arch === 'x64') {
  run('cmake', '--preset', 'arm64-prebuild')
  run('cmake', '--build', '--preset', 'arm64-prebuild')
  add('arm64', 'build/cmake/arm64-prebuild/mkwrite.node', 'aarch64-linux-gnu-strip')
}
