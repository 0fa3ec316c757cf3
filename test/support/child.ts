// Runs a fixture in a process of its own: for what may crash, hang, or ends a process.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface ChildResult {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** How a child ends that did what it should. */
export const success = { code: 0, signal: null, stderr: '' }

const limit = 8_000 * Number(process.env.MKWRITE_TEST_TIMEOUT_SCALE ?? 1)

/**
 * @param fixture name of a file in test/fixtures, which imports the compiled library
 * @param args the fixture's arguments
 * @param flags Node's own
 */
export function runFixture(
  fixture: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<ChildResult> {
  if (!existsSync(new URL('../../dist/index.js', import.meta.url))) {
    throw new Error('Fixtures need the compiled library: npm run build:ts')
  }
  const file = fileURLToPath(new URL(`../fixtures/${fixture}`, import.meta.url))
  // No NODE_OPTIONS of the test runner's; no core files of those that shall crash.
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(
    '/bin/sh',
    ['-c', 'ulimit -c 0; exec "$0" "$@"', process.execPath, ...flags, file, ...args],
    {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limit,
      killSignal: 'SIGKILL',
    },
  )
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) =>
      resolve({ code, signal, stdout: stdout.trim(), stderr: stderr.trim() }),
    )
  })
}
