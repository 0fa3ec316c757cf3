// Checks what would be published: its package.json, its types, that the tarball works when it is
// installed into an empty folder, with the prebuilt addon and again compiled there, and that the links
// of its documents lead to something that is in it.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * @param {string} cwd
 * @param {string} command
 * @param {...string} args
 */
function run(cwd, command, ...args) {
  console.log(`$ ${command} ${args.join(' ')}`)
  execFileSync(command, args, { cwd, stdio: 'inherit' })
}

/** @param {string} project folder where the package is installed */
function use(project) {
  run(project, process.execPath, '--input-type=module', '--eval', "await import('mkwrite')")
  run(project, process.execPath, '--eval', "require('mkwrite')")
  run(project, 'npx', '--no-install', 'mkwrite', 'probe', '--json')
}

const temporary = mkdtempSync(join(tmpdir(), 'mkwrite-pack-'))
try {
  run(root, process.execPath, 'scripts/prebuilds.mjs')
  run(root, 'npx', '--no-install', 'publint', '--strict')
  run(root, 'npx', '--no-install', 'attw', '--pack', '.', '--profile', 'esm-only')

  run(root, 'npm', 'pack', '--pack-destination', temporary)
  const tarball = readdirSync(temporary).find((name) => name.endsWith('.tgz')) ?? ''
  const project = join(temporary, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n')

  console.log('\n== The tarball with its prebuilt addon, no install script run')
  run(project, 'npm', 'install', '--ignore-scripts', join(temporary, tarball))
  use(project)
  const installed = join(project, 'node_modules', 'mkwrite')
  run(root, process.execPath, 'scripts/check-links.mjs', installed)

  console.log('\n== The tarball, compiled where it is installed')
  rmSync(join(installed, 'prebuilds'), { recursive: true })
  run(project, 'npm', 'rebuild', '--foreground-scripts', 'mkwrite')
  use(project)
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
