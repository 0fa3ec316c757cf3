// The workflow of examples/ci: it parses, its scripts are shell, and the command accepts what is in it.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))
const program = path('dist/cli/main.js')

/** Not among the files that the virtual machines of test/vm get. */
const present = existsSync(path('examples/ci/mkwrite.yml'))
if (!present) console.warn('NOT RUN: test/ci-example.test.ts: there are no examples here')
const text = present ? readFileSync(path('examples/ci/mkwrite.yml'), 'utf8') : 'jobs: {}'

interface Step {
  name?: string
  uses?: string
  run?: string
}

const workflow = parse(text) as { on: object; jobs: Record<string, { steps: Step[] }> }
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps)
const scripts = steps.flatMap(({ run }) => (run === undefined ? [] : [run]))

/** What stands behind `npx mkwrite` up to where the shell takes over. */
const commandLines = scripts
  .flatMap((script) => [...script.matchAll(/npx mkwrite ([^\n|>]*)/g)])
  .map(([, words = '']) => words.trim().split(/\s+/))

function help(command: string): { status: number | null; stdout: string } {
  return spawnSync(process.execPath, [program, command, '--help'], { encoding: 'utf8' })
}

describe.runIf(present)('examples/ci/mkwrite.yml', () => {
  test('has the steps of a workflow', () => {
    expect(Object.keys(workflow.on)).toEqual(['push', 'pull_request'])
    for (const { uses, run } of steps) expect([uses, run].filter(Boolean)).toHaveLength(1)
  })

  test('probes, stresses, measures, compares, and sums up', () => {
    const names = commandLines.map(([command]) => command)
    for (const name of ['probe', 'stress', 'measure', 'compare']) expect(names).toContain(name)
    expect(text).toContain('GITHUB_STEP_SUMMARY')
  })

  test.each(scripts)('is shell: %s', (script) => {
    expect(spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    })
  })

  test.each(commandLines.map((words) => [words.join(' '), words] as const))(
    'mkwrite %s',
    (_, words) => {
      const [command = '', ...rest] = words
      const { status, stdout } = help(command)
      expect(status).toBe(0)
      const [, usage = ''] = /Usage:\n(.*)\n/.exec(stdout) ?? []
      expect(usage).toContain(`mkwrite ${command}`)
      const options = rest.filter((word) => word.startsWith('-'))
      for (const option of options)
        expect(stdout).toMatch(new RegExp(`^ +(-\\w, )?${option}\\b`, 'm'))
      // As many arguments as it takes: values of options apart.
      const values = options.filter((option) =>
        new RegExp(`^ +(-\\w, )?${option} <`, 'm').test(stdout),
      )
      const [, ...args] =
        usage.match(/<\w+>/g) === null ? [''] : ['', ...(usage.match(/<\w+>/g) ?? [])]
      expect(rest.length - options.length - values.length).toBe(args.length)
    },
  )

  test('is what docs/ci.md shows', () => {
    expect(readFileSync(path('docs/ci.md'), 'utf8')).toContain(`\`\`\`yaml\n${text}\`\`\`\n`)
  })
})
