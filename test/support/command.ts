// Runs the compiled `mkwrite` command as a program.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface CommandResult {
  status: number | null
  stdout: string
  stderr: string
}

/** Its output is a pipe, so it has no colours unless the environment asks for them. */
export function runCommand(...args: string[]): CommandResult {
  const { FORCE_COLOR: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env,
    maxBuffer: 2 ** 28,
  })
  return { status, stdout, stderr }
}
