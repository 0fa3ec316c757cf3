// Looks whether the relative links of all Markdown files in a folder lead to something in that folder.
//
//   node scripts/check-links.mjs FOLDER
//
// Exit code 1: some do not; they are listed on stderr.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** @param {string} folder */
function brokenLinks(folder) {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.split('/').includes('node_modules'))
    .sort()
  return pages.flatMap((page) =>
    [...readFileSync(join(folder, page), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target.replace(/#.*/, ''))
      .filter((target) => target !== '' && !/^\w+:/.test(target))
      .filter((target) => {
        const path = resolve(folder, dirname(page), target)
        return relative(folder, path).startsWith('..') || !existsSync(path)
      })
      .map((target) => `${page}: ${target}`),
  )
}

const [folder = '.'] = process.argv.slice(2)
const broken = brokenLinks(resolve(folder))
for (const link of broken) console.error(`This link leads nowhere: ${link}`)
process.exitCode = broken.length === 0 ? 0 : 1
