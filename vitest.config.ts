import { defineConfig } from 'vitest/config'

// Emulated machines are slow: they multiply every test's time limit.
const scale = Number(process.env.MKWRITE_TEST_TIMEOUT_SCALE ?? 1)

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
          exclude: ['test/threads/**', 'test/vm/**', 'test/native/**'],
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
