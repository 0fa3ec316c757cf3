// Which npm packages the guest needs: the closure of a few roots over "dependencies", without the
// development tools (compilers, linters, documentation) that make up most of node_modules.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What the tests import besides the project's own "dependencies". A test that needs more adds it. */
const roots = ['vitest', 'fast-check', 'pngjs']

/**
 * Folders of all packages needed, each once.
 *
 * @param {string} project the project's root, with package.json and node_modules
 * @returns {string[]} absolute paths
 */
export function packageFolders(project) {
  const found = new Set()
  const manifest = readManifest(project)
  for (const name of roots) visit(name, project, found)
  for (const name of Object.keys(manifest.dependencies ?? {})) visit(name, project, found)
  return [...found]
}

function visit(name, from, found) {
  const folder = resolve(name, from)
  // Optional dependencies for other platforms are simply not there.
  if (folder === undefined || found.has(folder)) return
  found.add(folder)
  const { dependencies, optionalDependencies } = readManifest(folder)
  for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
    visit(needed, folder, found)
  }
}

/** Node's own lookup: node_modules of the folder itself, then of each one above it. */
function resolve(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return candidate
    if (folder === dirname(folder)) return undefined
  }
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
