// The pages that list what objects count name every field, in the words of its docstring.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { BufferObject, DirtyTracker, EmulatedDevice } from '../lib/index.ts'
import { runCommand } from './support/command.ts'
import { pageSize } from './support/mechanisms.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
/** Not among the files that the virtual machines of test/vm get. */
const present = existsSync(join(root, 'docs/stats.md'))
if (!present) console.warn('NOT RUN: test/docs-stats.test.ts: there is no documentation here')

/** What a page says about each field below a heading. */
function rowsBelow(page: string, heading: string): Record<string, string> {
  const section =
    read(page)
      .split(/^## /m)
      .find((text) => text.startsWith(heading)) ?? ''
  const rows = [...section.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| (.*) \|$/gm)]
  return Object.fromEntries(
    rows.flatMap(([, names = '', words = '']) =>
      [...names.matchAll(/\w+/g)].map(([name]) => [name, words]),
    ),
  )
}

/** The docstrings of an interface's fields. */
function docstrings(file: string, name: string): Record<string, string> {
  const [, body = ''] =
    new RegExp(`^export interface ${name}\\b[^{]*\\{\n(.*?)^\\}`, 'ms').exec(read(file)) ?? []
  return Object.fromEntries(
    [...body.matchAll(/\/\*\*(.*?)\*\/\s*(\w+)\??:/gs)].map(([, words = '', field]) => [
      field,
      words.replace(/\s*\n\s*\*\s*/g, ' ').trim(),
    ]),
  )
}

const sorted = (fields: object): string[] => Object.keys(fields).sort()

describe.runIf(present)('docs/stats.md', () => {
  const ofTracker = present ? rowsBelow('docs/stats.md', '`tracker.stats`') : {}
  const ofBuffer = present ? rowsBelow('docs/stats.md', '`bo.stats`') : {}
  const ofDevice = present ? rowsBelow('docs/stats.md', '`device.stats`') : {}

  test('says what the docstrings say', () => {
    expect(ofTracker).toEqual(docstrings('lib/native.ts', 'NativeTrackerStats'))
    expect(ofBuffer).toEqual(docstrings('lib/buffer-object.ts', 'BufferObjectStats'))
    expect(ofDevice).toEqual(docstrings('lib/device.ts', 'EmulatedDeviceStats'))
  })

  test("has every field of a tracker's stats", () => {
    const tracker = DirtyTracker.track(new BufferObject({ size: pageSize }))
    expect(sorted(tracker.stats)).toEqual(sorted(ofTracker))
    tracker.dispose()
  })

  test("has every field of a buffer object's and a device's stats", () => {
    const device = new EmulatedDevice({ memory: 16 * pageSize })
    const tracked = device.createBufferObject({ size: pageSize })
    expect(sorted(tracked.stats)).toEqual(sorted({ ...ofTracker, ...ofBuffer }))
    const { mechanism, ...rest } = ofBuffer
    expect(mechanism).toBeDefined()
    const without = device.createBufferObject({ size: pageSize, policy: 'none' })
    expect(sorted(without.stats)).toEqual(sorted(rest))
    expect(sorted(device.stats)).toEqual(sorted(ofDevice))
    device.destroy()
  })
})

describe.runIf(present)('docs/cli.md', () => {
  test('has every field of the JSON of record', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mkwrite-'))
    const trace = join(folder, 'sheet.trace')
    const { stdout } = runCommand('record', '--json', '-o', trace, 'examples/sheet.mjs', '2')
    rmSync(folder, { recursive: true })
    const { recordedOn, buffers, ...rest } = JSON.parse(stdout)
    const rows = rowsBelow('docs/cli.md', 'mkwrite record')
    expect(sorted(rows)).toEqual(sorted({ recordedOn, buffers, ...rest }))
    for (const field of Object.keys(recordedOn)) expect(rows.recordedOn).toContain(`\`${field}\``)
    for (const field of Object.keys(buffers[0])) expect(rows.buffers).toContain(`\`${field}\``)
  })
})
