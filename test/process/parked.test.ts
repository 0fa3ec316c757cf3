// Processes whose workers wait in a fault: they end when and as they should, and can be profiled.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runFixture, success } from '../support/child.ts'
import { coherentMechanisms } from '../support/mechanisms.ts'

describe.each(coherentMechanisms)('with workers that wait in faults, under %s', (policy) => {
  test('process.exit() ends with its code', async () => {
    const result = await runFixture('parked.mjs', ['exit', policy])
    expect(result).toEqual({ ...success, code: 7, stdout: '' })
  })

  test('an error that nobody catches ends with status 1', async () => {
    const result = await runFixture('parked.mjs', ['throw', policy])
    expect(result).toMatchObject({ code: 1, signal: null })
    expect(result.stderr).toContain('Error: expected')
  })

  test('a profiler interrupts them, garbage is collected, and they go on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mkwrite-profile-'))
    const flags = ['--expose-gc', '--cpu-prof', '--cpu-prof-interval=200', '--cpu-prof-dir', folder]
    const result = await runFixture('parked.mjs', ['resume', policy], flags)
    expect(result).toEqual({ ...success, stdout: '7 3 7 7 3 7' })
    const profiles = readdirSync(folder).map((name) =>
      JSON.parse(readFileSync(join(folder, name), 'utf8')),
    )
    expect(profiles.length).toBeGreaterThan(1) // of this thread and of workers
    for (const { nodes } of profiles) expect(nodes.length).toBeGreaterThan(0)
    rmSync(folder, { recursive: true })
  })
})
