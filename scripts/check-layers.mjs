// Checks the direction of includes and imports: each layer of native/ and of lib/ may use those
// below it and nothing else. The order is explained in native/README.md.

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What each folder of native/ may include, besides itself. */
const native = {
  memory: [],
  faults: ['memory'],
  tracking: ['memory', 'faults'],
  coherence: ['memory', 'faults', 'tracking'],
  device: ['memory', 'faults', 'tracking', 'coherence'],
  stress: ['memory', 'faults', 'tracking', 'coherence', 'device'],
  probe: ['memory', 'faults', 'tracking'],
  measure: ['memory', 'faults', 'tracking', 'coherence', 'device'],
  bindings: ['memory', 'faults', 'tracking', 'coherence', 'device', 'stress', 'probe', 'measure'],
  'addon.cc': ['bindings'],
}
const nodeHeader = /^(napi|node_api|js_native_api|node|uv|v8)[\w-]*\.h$/

/** What each folder of lib/ may import, besides itself; '.' is lib/ itself. */
const typescript = {
  '.': [],
  statistics: [],
  measure: ['.', 'statistics'],
  bench: ['.', 'measure'],
  compare: ['.', 'statistics', 'measure'],
  report: ['.', 'measure'],
  stress: ['.'],
  vitest: ['.', 'measure'],
  program: ['.'],
  record: ['.', 'program'],
  watch: ['.', 'program'],
  cli: [
    '.',
    'statistics',
    'measure',
    'compare',
    'report',
    'bench',
    'stress',
    'vitest',
    'program',
    'record',
    'watch',
  ],
}

/** @type {string[]} */
const problems = []

/**
 * @param {string} folder
 * @param {RegExp} pattern
 */
function filesIn(folder, pattern) {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name))
    .map((name) => ({
      path: `${folder}/${name}`,
      text: readFileSync(join(root, folder, name), 'utf8'),
    }))
}

/**
 * Reports every reference that leaves its layer upwards or sideways.
 *
 * @param {Record<string, string[]>} layers
 * @param {string} path
 * @param {string} from layer of the file
 * @param {string} to   layer that it refers to
 */
function check(layers, path, from, to) {
  const allowed = layers[from]
  if (allowed === undefined) problems.push(`${path}: is in no known layer; add it to the table`)
  else if (from !== to && !allowed.includes(to))
    problems.push(`${path}: ${from} must not use ${to}`)
}

for (const { path, text } of filesIn('native', /\.(cc|h)$/)) {
  const [, from = ''] = path.split('/')
  for (const [, bracket, included = ''] of text.matchAll(
    /^\s*#\s*include\s*([<"])([^>"]+)[>"]/gm,
  )) {
    if (bracket === '"') check(native, path, from, included.split('/')[0] ?? '')
    else if (nodeHeader.test(included) && from !== 'bindings' && from !== 'addon.cc') {
      problems.push(`${path}: only bindings/ and addon.cc may include <${included}>`)
    }
  }
}

/** @param {string} path of a file in lib/ */
function layerOf(path) {
  const parts = relative('lib', path).split('/')
  return parts.length === 1 ? '.' : (parts[0] ?? '')
}

for (const { path, text } of filesIn('lib', /\.ts$/)) {
  // native.ts declares the whole addon, so it names types of every layer.
  const code = path === 'lib/native.ts' ? text.replace(/^import type [^']*'[^']*'/gm, '') : text
  for (const [, imported = ''] of code.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)'/g)) {
    check(typescript, path, layerOf(path), layerOf(join(path, '..', imported)))
  }
  if (path !== 'lib/native.ts' && /\.node['"`]|process\.dlopen/.test(text)) {
    problems.push(`${path}: only lib/native.ts may load the addon`)
  }
}

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
