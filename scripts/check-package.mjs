// Checks what would be published: its package.json, its types, and that the tarball works when it is
// installed into an empty folder, with the prebuilt addon and again without it.

import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const prebuilds = join(root, 'prebuilds')

/**
 * @param {string} cwd
 * @param {string} command
 * @param {...string} args
 */
function run(cwd, command, ...args) {
  console.log(`$ ${command} ${args.join(' ')}`)
  execFileSync(command, args, { cwd, stdio: 'inherit' })
}

/**
 * Packs the project and installs the tarball elsewhere.
 *
 * @param {string} folder an empty one
 */
function installPacked(folder) {
  run(root, 'npm', 'pack', '--silent', '--pack-destination', folder)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? ''
  const project = join(folder, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n')
  run(
    project,
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--foreground-scripts',
    join(folder, tarball),
  )
  for (const flags of [
    ['--input-type=module', '-e', "await import('mkwrite')"],
    ['-e', "require('mkwrite')"],
  ]) {
    run(project, process.execPath, ...flags)
  }
  run(project, 'npx', '--no-install', 'mkwrite', 'probe', '--json')
}

const temporary = mkdtempSync(join(tmpdir(), 'mkwrite-pack-'))
try {
  const prebuilt = join(prebuilds, `linux-${process.arch}`, 'mkwrite.node')
  mkdirSync(join(prebuilt, '..'), { recursive: true })
  copyFileSync(join(root, 'build', 'Release', 'mkwrite.node'), prebuilt)
  run(root, 'npx', '--no-install', 'publint', '--strict')
  run(root, 'npx', '--no-install', 'attw', '--pack', '.', '--profile', 'esm-only')
  for (const kind of ['prebuilt', 'from-source']) {
    if (kind === 'from-source') rmSync(prebuilds, { recursive: true })
    const folder = join(temporary, kind)
    mkdirSync(folder)
    console.log(`\n== The tarball, ${kind}`)
    installPacked(folder)
  }
} finally {
  rmSync(prebuilds, { recursive: true, force: true })
  rmSync(temporary, { recursive: true, force: true })
}
