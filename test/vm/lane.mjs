// One kernel: boots it, shows what the guest reports, keeps what it sends, judges the outcome.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { boot } from './qemu.mjs'
import { countTests } from './summary.mjs'

/** Lines of the console that are shown when something failed. */
const CONSOLE_TAIL = 40

/**
 * Boots before giving up on a machine that never reaches the commands. That much is up to emulator
 * and kernel alone (one boot in several dozen ended in a panic); what comes after is never repeated.
 */
const BOOT_ATTEMPTS = 2

/**
 * @typedef {object} LaneResult
 * @property {string} line        kernel line as on the command line
 * @property {string} release     the release that the guest itself reported, or the package's
 * @property {string[]} problems  empty exactly if all went well
 * @property {number} seconds     from power-on to power-off
 * @property {import('./summary.mjs').TestCounts | undefined} tests undefined where none were asked for
 */

/**
 * @param {object} options
 * @param {{ line: string, release: string, image: string }} options.kernel
 * @param {string} options.initramfs
 * @param {{ commands: import('./commands.mjs').GuestCommand[] }} options.plan
 * @param {string} options.folder    gets the console log and the guest's files; must not exist yet
 * @param {number} options.timeLimit in seconds
 * @param {AbortSignal} options.signal
 * @param {(line: string) => void} options.print
 * @returns {Promise<LaneResult>}
 */
export async function runLane({ kernel, initramfs, plan, folder, timeLimit, signal, print }) {
  mkdirSync(folder)
  const consoleLog = join(folder, 'console.log')
  writeFileSync(consoleLog, '')
  const begin = performance.now()
  const elapsed = () => (performance.now() - begin) / 1000
  const say = (text) => print(`[${kernel.line} ${elapsed().toFixed(1).padStart(5)} s] ${text}`)

  let release = kernel.release
  let booted = false
  let finished = false
  const statuses = new Map()
  const problems = []
  const handlers = {
    booted(event) {
      booted = true
      release = event.release
      say(`booted ${release}, soft-dirty ${event.softDirty ? 'works' : 'does not work'}`)
      if (!event.softDirty) problems.push('soft-dirty does not work in this kernel')
    },
    started: ({ name }) => say(`${name}: started`),
    output: ({ text }) => say(`  ${text}`),
    finished({ name, status, seconds }) {
      statuses.set(name, status)
      say(`${name}: exit status ${status} after ${seconds.toFixed(1)} s`)
    },
    file({ file, gzip }) {
      writeFileSync(join(folder, file), gunzipSync(Buffer.from(gzip, 'base64')))
    },
    done() {
      finished = true
    },
  }

  let trouble
  for (let attempt = 1; attempt <= BOOT_ATTEMPTS && !booted; attempt++) {
    if (attempt > 1) {
      say(`did not boot (${trouble ?? 'powered off'}), once more; the console's end was:`)
      showTail(consoleLog, say)
    }
    trouble = await boot({
      image: kernel.image,
      initramfs,
      consoleLog,
      timeLimit,
      signal,
      onReport: (event) => handlers[event.type](event),
    })
  }
  if (trouble !== undefined) problems.push(trouble)
  else if (!finished) problems.push('powered off before the report was complete')
  for (const { name } of plan.commands) {
    if (!statuses.has(name)) problems.push(`${name}: did not finish`)
    else if (statuses.get(name) !== 0) problems.push(`${name}: exit status ${statuses.get(name)}`)
  }

  const reports = plan.commands.flatMap(({ tests }) => tests ?? [])
  const tests = reports.length === 0 ? undefined : countTests(reports.map((it) => join(folder, it)))
  if (tests !== undefined && tests.passed + tests.failed === 0) problems.push('no test ran')

  for (const problem of problems) say(`FAILED: ${problem}`)
  if (problems.length > 0) {
    say('the end of the console:')
    showTail(consoleLog, say)
  } else {
    say('powered off')
  }
  return { line: kernel.line, release, problems, seconds: elapsed(), tests }
}

function showTail(consoleLog, say) {
  for (const line of readFileSync(consoleLog, 'utf8').trimEnd().split('\n').slice(-CONSOLE_TAIL)) {
    say(`| ${line.trimEnd()}`)
  }
}
