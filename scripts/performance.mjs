// Puts the results of a benchmark into docs/performance.md:
//   npm run bench -- --check --json bench.json
//   node scripts/performance.mjs bench.json
// Needs the command line as `npm run build:ts` makes it.

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url))
const section = /(<!-- results -->\n)[\s\S]*?(<!-- end of results -->)/

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('Usage: node scripts/performance.mjs RESULT.json')

// Exits with 1 where a claim is missed, which belongs into the results as well.
const { status, stdout, stderr } = spawnSync(
  process.execPath,
  [program, 'bench', '--read', file, '--markdown', '--check'],
  { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
)
if (status !== 0 && status !== 1) throw new Error(stderr)

const text = readFileSync(page, 'utf8')
if (!section.test(text)) throw new Error(`${page} has no place for results.`)
writeFileSync(
  page,
  text.replace(section, (_, begin, end) => `${begin}\n${stdout}\n${end}`),
)
