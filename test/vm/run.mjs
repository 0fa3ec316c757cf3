// The soft-dirty lane: boots kernels that have what the machine's own may lack, and runs the suite
// in each. See README.md.

import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { commands, timeLimit as defaultTimeLimit, environment } from './commands.mjs'
import { writeInitramfs } from './initramfs.mjs'
import { fetchKernel, kernelLines } from './kernels.mjs'
import { runLane } from './lane.mjs'
import { bootShell } from './qemu.mjs'
import { summaryLines } from './summary.mjs'

const usage = `Usage: node test/vm/run.mjs [options]

Boots Debian kernels in QEMU and runs the built project's test suite in each.

  --kernel LINE     ${Object.keys(kernelLines).join(' or ')}; may be repeated (default: all)
  --command 'LINE'  run this shell command line inside instead of the suite
  --shell           open a shell inside instead (Ctrl-A X ends it)
  --project FOLDER  the project to take in (default: the one that this file belongs to)
  --time-limit S    seconds that one kernel may take (default: ${defaultTimeLimit})
  --keep            keep the initramfs and say where it is
  --help            this text
`

function parseOptions() {
  try {
    const { values } = parseArgs({
      options: {
        kernel: { type: 'string', multiple: true, default: Object.keys(kernelLines) },
        command: { type: 'string' },
        shell: { type: 'boolean', default: false },
        project: { type: 'string', default: join(import.meta.dirname, '../..') },
        'time-limit': { type: 'string', default: String(defaultTimeLimit) },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    const unknown = values.kernel.find((line) => !Object.hasOwn(kernelLines, line))
    if (unknown !== undefined) throw new Error(`Unknown kernel line "${unknown}"`)
    if (!(Number(values['time-limit']) > 0))
      throw new Error('--time-limit must be a number above 0')
    return values
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}

function print(line) {
  process.stdout.write(`${line}\n`)
}

/** Moved only when complete, so that two runs at a time do not mix their files. */
function keepResults(from, to) {
  rmSync(to, { recursive: true, force: true })
  mkdirSync(dirname(to), { recursive: true })
  renameSync(from, to)
}

/** @returns {Promise<boolean>} whether everything went well */
async function main(options, signal) {
  const cache = join(import.meta.dirname, '.cache')
  const kernels = options.kernel.map((line) => {
    const kernel = fetchKernel(line, join(cache, 'kernels'))
    print(`[${line}] ${kernel.release}: ${kernelLines[line].what}`)
    return { line, ...kernel }
  })

  const single = options.command && [{ name: 'command', run: options.command }]
  const plan = { commands: single ?? commands, environment }
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(cache, 'run-'))
  const initramfs = join(work, 'initramfs.cpio')
  try {
    const bytes = writeInitramfs({ output: initramfs, project: options.project, plan })
    print(`initramfs: ${Math.round(bytes / 1e6)} MB`)
    if (options.shell) return (await bootShell({ ...kernels[0], initramfs })) === 0

    const timeLimit = Number(options['time-limit'])
    const results = []
    for (const kernel of kernels) {
      const folder = join(work, kernel.line)
      results.push(await runLane({ kernel, initramfs, plan, folder, timeLimit, signal, print }))
      keepResults(folder, join(cache, 'results', kernel.line))
    }
    for (const line of summaryLines(results)) print(line)
    return results.every(({ problems }) => problems.length === 0)
  } finally {
    if (options.keep) print(`kept: ${initramfs}`)
    else rmSync(work, { recursive: true, force: true })
  }
}

/** Aborted when somebody wants the run to end: no machine may stay behind. */
function interruption() {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(name, () => controller.abort(new Error(`ended by ${name}`)))
  }
  return controller.signal
}

const options = parseOptions()
if (options.help) {
  print(usage.trimEnd())
} else {
  try {
    process.exitCode = (await main(options, interruption())) ? 0 : 1
  } catch (error) {
    process.stderr.write(`${error.cause?.message ?? error.message}\n`)
    process.exitCode = 1
  }
}
