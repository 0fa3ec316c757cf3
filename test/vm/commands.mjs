// What runs in the guest, in this order. The one file to edit when the project's commands change.

/**
 * @typedef {object} GuestCommand
 * @property {string} name    shown in progress and failure lines
 * @property {string} run     a shell command line; its working directory is the project
 * @property {string} [tests] the vitest JSON report that it leaves, counted into the totals
 *
 * Whatever a command leaves in /results comes back to the host.
 */

/** @type {GuestCommand[]} */
export const commands = [
  {
    name: 'vitest',
    run: [
      'node node_modules/vitest/vitest.mjs run',
      // On two processors vitest would start one worker only.
      '--maxWorkers 2',
      '--reporter default --reporter json --outputFile.json=/results/vitest.json',
    ].join(' '),
    tests: 'vitest.json',
  },
  { name: 'probe', run: 'node dist/cli/main.js probe --json > /results/probe.json' },
  {
    name: 'measure',
    run: 'node dist/cli/main.js measure --json --quick > /results/measure.json',
  },
  {
    name: 'bench',
    run: 'node dist/cli/main.js bench --quick --json --table page --pattern random-1 --pattern hot-10 > /results/bench.json',
  },
  {
    name: 'record',
    run: [
      'node dist/cli/main.js record -o /results/sheet.trace examples/sheet.mjs 12',
      'node dist/cli/main.js replay /results/sheet.trace --seconds 2 --json > /results/replay.json',
    ].join(' && '),
  },
  {
    name: 'stress',
    run: 'node dist/cli/main.js stress --seconds 20 --threads 4 --mechanism soft-dirty --json > /results/stress.json',
  },
]

/** Environment of every command. Tests may look at it, for example to do with fewer rounds. */
export const environment = {
  // Without it the suite would skip what the kernel lacks; here a missing soft-dirty is a failure.
  MKWRITE_REQUIRE_SOFT_DIRTY: '1',
  MKWRITE_VM: '1',
  // JavaScript runs ten to twenty times slower under emulation; vitest.config.ts multiplies by it.
  // That, and half as long again where other lanes have the processors.
  MKWRITE_TEST_TIMEOUT_SCALE: '18',
  CI: '1',
  NO_COLOR: '1',
}

/** Time that one kernel may take, in seconds: several times what an idle machine needs. */
export const timeLimit = 1500
