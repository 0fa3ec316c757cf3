// The HTML report in a real browser: no complaints, no network, readable on a phone and on a desk, in
// light and dark, and values under the pointer. Screenshots are kept in build/report.
//
// Needs Debian's chromium. MKWRITE_REQUIRE_CHROMIUM=1, as in continuous integration, makes its absence
// a failure.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measure } from '../../lib/measure/index.ts'
import { renderFigures, renderHtml } from '../../lib/report/index.ts'
import { Browser, chromium, type Page } from '../support/browser.ts'
import { madeUpMeasurement } from '../support/measurement.ts'

const folder = fileURLToPath(new URL('../../build/report', import.meta.url))
const scale = Number(process.env.MKWRITE_TEST_TIMEOUT_SCALE ?? 1)

if (chromium === undefined) {
  const message =
    'The report is not looked at: there is no /usr/bin/chromium (apt-get install chromium).'
  if (process.env.MKWRITE_REQUIRE_CHROMIUM === '1') throw new Error(message)
  console.log(`NOT RUN: ${message}`)
}

const devices = [
  { device: 'phone', width: 390, height: 844, mobile: true },
  { device: 'desk', width: 1280, height: 900, mobile: false },
]
const views = devices.flatMap((it) => [false, true].map((dark) => ({ ...it, dark })))

/** Share of pixels that look like paper, and how many colours there are. */
function look(png: Buffer, dark: boolean): { paper: number; colours: number } {
  const { data } = PNG.sync.read(png)
  const colours = new Set<number>()
  let paper = 0
  for (let at = 0; at < data.length; at += 4) {
    const colour = data.readUInt32BE(at) >>> 8
    colours.add(colour)
    if (colour === (dark ? 0x14161a : 0xffffff)) paper++
  }
  return { paper: paper / (data.length / 4), colours: colours.size }
}

describe.skipIf(chromium === undefined)('in chromium', () => {
  let browser: Browser
  const pages = { real: '', 'made up': '' }

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true })
    const results = {
      real: await measure({ quick: true, seconds: 0, size: 1024 * 1024 }),
      'made up': madeUpMeasurement(),
    }
    for (const name of ['real', 'made up'] as const) {
      const path = join(folder, `${name.replace(' ', '-')}.html`)
      writeFileSync(path, renderHtml(results[name]))
      pages[name] = pathToFileURL(path).href
    }
    browser = await Browser.start()
  }, 60_000 * scale)

  afterAll(async () => {
    await browser.close()
  })

  describe.each(['real', 'made up'] as const)('a %s measurement', (name) => {
    test.each(views)(
      'on a $device, dark: $dark',
      async ({ device, dark, ...size }) => {
        const url = pages[name]
        const page = await browser.open(url, { ...size, dark })
        const open = "for (const it of document.querySelectorAll('details')) it.open = true"
        await page.evaluate(open)
        const png = await page.screenshot()
        writeFileSync(
          join(folder, `${name.replace(' ', '-')}-${device}-${dark ? 'dark' : 'light'}.png`),
          png,
        )
        expect(page.complaints).toEqual([])
        expect(page.requests).toEqual([url])
        // Wide tables scroll by themselves, the page does not.
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(size.width)
        const { paper, colours } = look(png, dark)
        expect(paper).toBeGreaterThan(0.5)
        expect(colours).toBeGreaterThan(50)
        await page.close()
      },
      30_000 * scale,
    )
  })

  test(
    'no word of a figure is cut off or smaller than 10 pixels',
    async () => {
      for (const { device: _, ...size } of devices) {
        const page = await browser.open(pages.real, size)
        const words =
          await page.evaluate(`[...document.querySelectorAll('svg text')].flatMap((text) => {
        const word = text.getBoundingClientRect()
        const paper = text.ownerSVGElement.getBoundingClientRect()
        const height = parseFloat(getComputedStyle(text).fontSize) * paper.width / 360
        const inside = word.left >= paper.left - 1 && word.right <= paper.right + 1
          && word.top >= paper.top - 1 && word.bottom <= paper.bottom + 1
        return inside && height >= 10 ? [] : [text.textContent + ' ' + height]
      })`)
        expect(words).toEqual([])
        await page.close()
      }
    },
    30_000 * scale,
  )

  describe('values', () => {
    let page: Page
    beforeAll(async () => {
      page = await browser.open(pages['made up'], { width: 1280, height: 900 })
    }, 30_000 * scale)

    const tip = (): Promise<unknown> =>
      page.evaluate(
        "document.getElementById('tip').hidden ? '' : document.getElementById('tip').innerText",
      )

    test('appear under the pointer and go with it', async () => {
      const [x, y] = (await page.evaluate(`(() => {
        const columns = document.querySelectorAll('#cost-random .hit')
        const box = columns[columns.length - 1].getBoundingClientRect()
        return [box.x + box.width / 2, box.y + box.height / 2]
      })()`)) as [number, number]
      expect(await tip()).toBe('')
      await page.point(x, y)
      expect(await tip()).toContain('100 % dirty: 1024 pages\nfull: 205 µs')
      await page.point(2, 2)
      expect(await tip()).toBe('')
    })

    test('appear for the keyboard', async () => {
      await page.evaluate("document.querySelector('#effect-threads .hit').focus()")
      expect(await tip()).toMatch(/[1-9]\d* samples/) // how many depends on the time there was
      // Reaching it has scrolled the page, of which events tell later.
      await setTimeout(200)
      expect(await tip()).toMatch(/[1-9]\d* samples/)
      await page.evaluate('document.activeElement.blur()')
      expect(await tip()).toBe('')
    })

    test('stay within the window', async () => {
      await page.evaluate("document.querySelector('#cost-sequential .hit:last-child').focus()")
      const [left, right] = (await page.evaluate(`(() => {
        const box = document.getElementById('tip').getBoundingClientRect()
        return [box.left, box.right]
      })()`)) as [number, number]
      expect(left).toBeGreaterThanOrEqual(0)
      expect(right).toBeLessThanOrEqual(1280)
    })
  })

  test(
    'figures are images on their own',
    async () => {
      for (const { name, svg } of renderFigures(madeUpMeasurement())) {
        const path = join(folder, name)
        writeFileSync(path, svg)
        const page = await browser.open(pathToFileURL(path).href, { width: 720, height: 600 })
        // What is no well-formed XML is shown as an error message.
        expect(await page.evaluate("document.querySelector('parsererror') === null")).toBe(true)
        expect(await page.evaluate("document.documentElement.getAttribute('role')")).toBe('img')
        expect(page.complaints).toEqual([])
        expect(look(await page.screenshot(), false).colours).toBeGreaterThan(20)
        await page.close()
      }
    },
    60_000 * scale,
  )
})
