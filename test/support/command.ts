// Runs the compiled `mkwrite` command as a program.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

/** The command's script. */
export const program: string = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface CommandResult {
  status: number | null
  stdout: string
  stderr: string
}

/** This process's, without what asks for colours, and without what is meant for this process. */
export function commandEnvironment(): NodeJS.ProcessEnv {
  const { FORCE_COLOR, NODE_OPTIONS, ...env } = process.env
  return env
}

/** Runs it in a folder. Its output is a pipe. */
export function runCommandIn(cwd: string, ...args: string[]): CommandResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd,
    encoding: 'utf8',
    env: commandEnvironment(),
    maxBuffer: 2 ** 28,
  })
  return { status, stdout, stderr }
}

export const runCommand = (...args: string[]): CommandResult => runCommandIn(process.cwd(), ...args)

/** Exit code 2, no output, and a message that has these words. */
export function expectWrongUsage({ status, stdout, stderr }: CommandResult, words: string): void {
  expect(stderr).toContain(words)
  expect(stderr).toMatch(/^mkwrite: /)
  expect(stdout).toBe('')
  expect(status).toBe(2)
}
