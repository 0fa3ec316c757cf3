// Runs clang-format or clang-tidy over our own C++ sources. Version 19, as other versions format and
// warn differently.
//   clang.mjs format         rewrites the files
//   clang.mjs check-format   reports what format would change
//   clang.mjs tidy [REGEX]   lints the sources in native/, or those whose path matches

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** @param {RegExp} pattern */
function sources(pattern) {
  return ['native', 'test/native']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => pattern.test(name))
        .map((name) => join(folder, name)),
    )
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' })
  if (error !== undefined) {
    console.error(
      `${program}: ${error.message}. On Debian: apt-get install clang-format-19 clang-tidy-19`,
    )
  }
  if (status !== 0) process.exit(1)
}

const [mode, regex = `^${root}native/`] = process.argv.slice(2)
switch (mode) {
  case 'format':
    run('clang-format-19', ['-i', ...sources(/\.(cc|h)$/)])
    break
  case 'check-format':
    run('clang-format-19', ['--dry-run', '-Werror', ...sources(/\.(cc|h)$/)])
    break
  case 'tidy':
    run('cmake', ['--preset', 'plain'])
    run('run-clang-tidy-19', ['-quiet', '-p', 'build/cmake/plain', regex])
    break
  default:
    console.error('Usage: node scripts/clang.mjs format | check-format | tidy [REGEX]')
    process.exit(2)
}
