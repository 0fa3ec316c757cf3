// scripts/check-links.mjs, and that what is published links to what is published.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Not among the files that the virtual machines of test/vm get. */
const present = existsSync(join(root, 'README.md'))
if (!present) console.warn('NOT RUN: test/check-links.test.ts: there is no README.md here')

const temporary = mkdtempSync(join(tmpdir(), 'mkwrite-links-'))
afterAll(() => rmSync(temporary, { recursive: true }))

function checkLinks(folder: string): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [join(root, 'scripts/check-links.mjs'), folder], {
    encoding: 'utf8',
  })
}

describe.runIf(present)('links', () => {
  test('that lead somewhere are fine, and others are listed', () => {
    const folder = join(temporary, 'pages')
    mkdirSync(join(folder, 'docs'), { recursive: true })
    writeFileSync(join(temporary, 'outside.md'), '')
    writeFileSync(
      join(folder, 'README.md'),
      '[a](docs/a.md#there) [web](https://example.org) [b](#b)',
    )
    writeFileSync(join(folder, 'docs/a.md'), '[back](../README.md)')
    expect(checkLinks(folder)).toMatchObject({ status: 0, stderr: '' })
    writeFileSync(join(folder, 'docs/a.md'), '[gone](gone.md) [out](../../outside.md)')
    const { status, stderr } = checkLinks(folder)
    expect(status).toBe(1)
    expect(stderr.split('\n')).toEqual([
      'This link leads nowhere: docs/a.md: gone.md',
      'This link leads nowhere: docs/a.md: ../../outside.md',
      '',
    ])
  })

  // Packing takes long where several things run.
  test('of the tarball lead to what is in it', { timeout: 120_000 }, () => {
    const args = ['pack', '--ignore-scripts', '--pack-destination', temporary, '--json']
    const [{ filename, files }] = JSON.parse(execFileSync('npm', args, { cwd: root }).toString())
    execFileSync('tar', ['xf', join(temporary, filename), '-C', temporary])
    const paths = files.map(({ path }: { path: string }) => path)
    expect(paths).toContain('CHANGELOG.md')
    expect(paths).toContain('docs/coherence.md')
    expect(checkLinks(join(temporary, 'package'))).toMatchObject({ status: 0, stderr: '' })
  })
})
