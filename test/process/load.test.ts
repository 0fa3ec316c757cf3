// Where the addon cannot work, importing the package fails with an error that says what to do.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runFixture, success } from '../support/child.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const built = join(root, 'dist/index.js')
let elsewhere: string

beforeAll(() => {
  elsewhere = mkdtempSync(join(tmpdir(), 'mkwrite-load-'))
  cpSync(join(root, 'dist'), join(elsewhere, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(elsewhere, 'package.json'))
})

afterAll(() => rmSync(elsewhere, { recursive: true }))

async function load(...args: string[]): Promise<Record<string, string>> {
  const result = await runFixture('load.mjs', args)
  expect(result).toMatchObject(success)
  return JSON.parse(result.stdout) as Record<string, string>
}

test.each([
  ['darwin', 'arm64'],
  ['win32', 'x64'],
  ['linux', 'riscv64'],
])('on %s %s', async (platform, arch) => {
  expect(await load(built, platform, arch)).toEqual({
    name: 'MkwriteError',
    code: 'ERR_MKWRITE_UNSUPPORTED',
    message: `mkwrite tracks pages with system calls of Linux on x64 and arm64, and cannot run on ${platform} ${arch}.`,
  })
})

test('from a folder whose name has to be escaped in a URL', async () => {
  const folder = join(elsewhere, 'with space, ü and 100%')
  for (const part of ['dist', 'package.json', 'build/Release/mkwrite.node']) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  const module = pathToFileURL(join(folder, 'dist/index.js')).href
  expect((await runFixture('load.mjs', [module])).stdout).toBe('loaded')
})

test('without the addon', async () => {
  const error = await load(join(elsewhere, 'dist/index.js'))
  expect(error.code).toBe('ERR_MKWRITE_UNSUPPORTED')
  expect(error.message).toContain('The native addon of mkwrite is missing.')
  expect(error.message).toContain('npm rebuild mkwrite')
})

test('with an addon that does not load', async () => {
  mkdirSync(join(elsewhere, 'build/Release'), { recursive: true })
  writeFileSync(join(elsewhere, 'build/Release/mkwrite.node'), 'no ELF file')
  const error = await load(join(elsewhere, 'dist/index.js'))
  expect(error.code).toBe('ERR_MKWRITE_UNSUPPORTED')
  expect(error.message).toContain(`does not load here (${process.version}, ${process.arch})`)
  expect(error.cause).toBeTruthy()
})
