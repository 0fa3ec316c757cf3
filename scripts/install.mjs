// Makes sure that there is an addon for this machine: the prebuilt one of the published package where
// it loads, else (and always in a clone) one compiled by node-gyp. Downloads nothing.
//   --debug   compile without optimisation, into build/Debug

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const require = createRequire(import.meta.url)
const isClone = existsSync(join(root, '.git'))
const debug = process.argv.includes('--debug')

/** @param {string} message */
function say(message) {
  process.stderr.write(`mkwrite: ${message}\n`)
}

function prebuiltLoads() {
  const file = join(root, 'prebuilds', `linux-${process.arch}`, 'mkwrite.node')
  if (!existsSync(file)) return false
  try {
    require(file)
    return true
  } catch (error) {
    say(`the prebuilt addon does not load here (${error instanceof Error ? error.message : error})`)
    return false
  }
}

/** The project's own node-gyp in a clone, the package manager's elsewhere. */
function findNodeGyp() {
  try {
    return join(dirname(require.resolve('node-gyp/package.json')), 'bin', 'node-gyp.js')
  } catch {
    return process.env.npm_config_node_gyp
  }
}

function compile() {
  const nodeGyp = findNodeGyp()
  if (nodeGyp === undefined) {
    say('found no node-gyp. Run "npm rebuild mkwrite", which brings its own.')
    return 1
  }
  const args = [
    'configure',
    'build',
    `--nodedir=${join(root, 'scripts', 'nodedir')}`,
    '--force-process-config',
    '--jobs=max',
    // In a clone our own warnings are errors; elsewhere a newer compiler's must not stop anybody.
    `--mkwrite-werror=${isClone ? 1 : 0}`,
    ...(debug ? ['--debug'] : []),
  ]
  const env = { ...process.env }
  if (env.npm_config_loglevel === undefined || env.npm_config_loglevel === 'notice') {
    env.npm_config_loglevel = 'warn'
  }
  const { status, signal, error } = spawnSync(process.execPath, [nodeGyp, ...args], {
    cwd: root,
    env,
    stdio: 'inherit',
  })
  if (status === 0) return 0
  say(`compiling the addon failed (${error?.message ?? signal ?? `exit code ${status}`}).`)
  say('It needs python3, make and a C++20 compiler: g++ 11 or clang 14, or newer.')
  say('On Debian and Ubuntu: apt-get install python3 make g++')
  return 1
}

if (process.platform !== 'linux') {
  say(`works on Linux only. On ${process.platform} it installs, and importing it throws.`)
} else if (!['x64', 'arm64'].includes(process.arch)) {
  say(`works on x64 and arm64 only. On ${process.arch} it installs, and importing it throws.`)
} else if (isClone || debug || !prebuiltLoads()) {
  process.exitCode = compile()
}
