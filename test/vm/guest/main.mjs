// Runs the plan's commands one after the other and reports to the host: one JSON object a line,
// over the second serial port. What it prints itself ends in the console log.

import { spawn } from 'node:child_process'
import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { release } from 'node:os'
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import { softDirtyWorks } from './soft-dirty.mjs'

const plan = JSON.parse(readFileSync('/guest/plan.json', 'utf8'))
const port = openSync('/dev/ttyS1', 'w')

function report(event) {
  const line = Buffer.from(`${JSON.stringify(event)}\n`)
  for (let done = 0; done < line.length; ) done += writeSync(port, line, done)
}

function run({ name, run: commandLine }) {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', commandLine], {
      env: { ...process.env, ...plan.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (text) =>
        report({ type: 'output', name, text }),
      )
    }
    child.on('close', (status, signal) => resolve(status ?? signal))
  })
}

report({ type: 'booted', release: release(), softDirty: softDirtyWorks() })
for (const command of plan.commands) {
  report({ type: 'started', name: command.name })
  const begin = performance.now()
  const status = await run(command)
  const seconds = (performance.now() - begin) / 1000
  report({ type: 'finished', name: command.name, status, seconds })
}
for (const file of readdirSync('/results')) {
  // Compressed, because the port moves only some 30 KB a second.
  const gzip = gzipSync(readFileSync(`/results/${file}`)).toString('base64')
  report({ type: 'file', file, gzip })
}
report({ type: 'done' })
