import { defineConfig } from 'vitest/config'

// Emulated machines are slow: they multiply every test's time limit.
const scale = Number(process.env.MKWRITE_TEST_TIMEOUT_SCALE ?? 1)

// In the guest of test/vm each file costs a processor 2 to 3 s, and so does each program that a test
// runs. These are about arguments, texts, arithmetic, and how Node.js collects garbage and ends, in whose
// outcome the kernel has no part; or they run benchmarks and examples, as a command of test/vm does, too.
const sameOnEveryKernel = [
  'test/{*-cli,bench,ci-example,cli,docs*,numeric-options}.test.ts',
  'test/process/{event-loop,examples,faults,garbage,report}.test.ts',
  'test/unit/{bench-check,bench-patterns,compare,crossovers,environment,probe-report}.test.ts',
  'test/unit/{measure-verdict,report,statistics,take-turns,trace}.test.ts',
]
const inGuest = process.env.MKWRITE_VM !== undefined

export default defineConfig({
  test: {
    testTimeout: 10_000 * scale,
    hookTimeout: 10_000 * scale,
    projects: [
      {
        extends: true,
        test: {
          name: 'forks',
          pool: 'forks',
          execArgv: ['--expose-gc'],
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/threads/**',
            'test/vm/**',
            'test/native/**',
            ...(inGuest ? sameOnEveryKernel : []),
          ],
        },
      },
      {
        // Several environments in one process: the addon must be context-aware.
        extends: true,
        test: { name: 'threads', pool: 'threads', include: ['test/threads/**/*.test.ts'] },
      },
    ],
  },
})
