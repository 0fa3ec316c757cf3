// Documentation that can be checked is: samples run, links lead somewhere, named tests exist.

import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { pageSize } from './support/mechanisms.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Not among the files that the virtual machines of test/vm get. */
const present = existsSync(join(root, 'README.md'))
if (!present) console.warn('NOT RUN: test/docs.test.ts: there is no documentation here (README.md)')

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(folder, entry.name))
}

const pages = present
  ? ['.', 'docs', 'docs/decisions', 'native', 'test/vm'].flatMap((folder) => markdownIn(folder))
  : []

/**
 * Pairs of file (in test/) and test name, written as `file`: *name*, *name*. A name belongs to the last
 * file before it in the same cell of a table.
 */
function testsNamedIn(text: string): [file: string, name: string][] {
  const found: [string, string][] = []
  for (const [, file = '', names = ''] of text.matchAll(
    /`([\w/-]+(?:_test\.cc|\.test\.ts))`: ([^|`\n]*)/g,
  )) {
    for (const [, name = ''] of names.matchAll(/\*([^*]+)\*/g)) found.push([file, name])
  }
  return found
}

function definesTest(file: string, name: string): boolean {
  const text = read(join('test', file))
  return [`"${name}"`, `'${name}'`, `\`${name}\``].some((literal) => text.includes(literal))
}

describe.runIf(present)('the samples of the README', () => {
  const samples = present ? [...read('README.md').matchAll(/^```js\n(.*?)^```$/gms)] : []

  test('are there', () => expect(samples.length).toBeGreaterThan(0))

  test.concurrent.each(samples.map(([, code = ''], index) => [index + 1, code] as const))(
    'number %i prints what its comments say',
    async (_, code) => {
      // Within the package, so that 'mkwrite' is this one, and out of git's sight.
      mkdirSync(join(root, 'build'), { recursive: true })
      const folder = mkdtempSync(join(root, 'build', 'sample-'))
      try {
        const file = join(folder, 'sample.mjs')
        writeFileSync(file, code)
        const { stdout } = await promisify(execFile)(process.execPath, [file])
        // A comment behind console.log is what it prints; what follows a colon explains it.
        const expected = [...code.matchAll(/console\.log\(.*\) \/\/ (.*?)(?:: .*)?$/gm)]
        const lines = stdout.trimEnd().split('\n')
        expect(lines.length).toBe(expected.length)
        // They count pages of 4 KiB.
        if (pageSize === 4096) expect(lines).toEqual(expected.map(([, line]) => line))
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  )
})

describe.runIf(present)('tests that the documentation names', () => {
  for (const page of ['docs/promises.md', 'docs/rules.md', 'docs/coherence.md']) {
    test(`exist: ${page}`, () => {
      const named = testsNamedIn(read(page))
      expect(named.length).toBeGreaterThan(5)
      expect(named.filter(([file, name]) => !definesTest(file, name))).toEqual([])
    })
  }

  test('and docs/rules.md has the mutants of cmake/mutants.cmake, each with its test', () => {
    const built = [...read('cmake/mutants.cmake').matchAll(/^mutant\((\w+) \S+ (\w+)\s+"(.*)"\)/gm)]
    const told = [
      ...read('docs/rules.md').matchAll(/\| `(k\w+)` \|.*`native\/(\w+)\.cc`: \*(.*?)\*/g),
    ]
    const row = ([, mutant, program, name]: RegExpMatchArray) => `${mutant} ${program} ${name}`
    expect(built.length).toBeGreaterThan(0)
    expect(told.map(row).sort()).toEqual(built.map(row).sort())
  })
})

describe.runIf(present)('what the documentation refers to', () => {
  test.each(pages)('%s: links lead somewhere', (page) => {
    const targets = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target.replace(/#.*/, ''))
      .filter((target) => target !== '' && !/^\w+:/.test(target))
    const missing = targets.filter((target) => !existsSync(join(root, dirname(page), target)))
    expect(missing).toEqual([])
  })

  test('scripts are those of package.json', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const missing = pages.flatMap((page) =>
      [...read(page).matchAll(/npm run ([\w:-]+)/g)]
        .filter(([, script = '']) => !(script in scripts))
        .map(([command]) => `${relative(root, join(root, page))}: ${command}`),
    )
    expect(missing).toEqual([])
  })

  test('docs/errors.md has a section for each error code, and for no other', () => {
    const codes = (text: string, pattern: RegExp) =>
      [...text.matchAll(pattern)].map(([, code]) => code).sort()
    expect(codes(read('docs/errors.md'), /^## (ERR_\w+)/gm)).toEqual(
      codes(read('lib/errors.ts'), /\| '(ERR_\w+)'/g),
    )
  })
})
