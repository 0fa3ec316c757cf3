// Reports of a measurement that is made up: what they say, and that they are well-formed.

import { describe, expect, test } from 'vitest'
import { renderMarkdownReport, renderReport } from '../../lib/cli/report/index.ts'
import { renderFigures, renderHtml } from '../../lib/report/index.ts'
import { logScale, withDomain } from '../../lib/report/scale.ts'
import { formatShare, formatTime } from '../../lib/report/words.ts'
import { madeUpMeasurement } from '../support/measurement.ts'

const result = madeUpMeasurement()

/** The first tag that is not closed, or closed without having been opened. */
function unbalanced(markup: string): string | undefined {
  const open: string[] = []
  const voids = ['meta', 'link', '!doctype']
  const text = markup.replaceAll(/<(style|script)\b[^>]*>[\s\S]*?<\/\1>/g, '')
  for (const [, slash, name = '', selfClosing] of text.matchAll(
    /<(\/?)([\w!-]+)(?:[^>"]|"[^"]*")*?(\/?)>/g,
  )) {
    if (selfClosing === '/' || voids.includes(name)) continue
    if (slash !== '/') open.push(name)
    else if (open.pop() !== name) return name
  }
  return open.pop()
}

describe('the page', () => {
  const html = renderHtml(result)

  test('has all its elements closed', () => {
    expect(unbalanced(html)).toBeUndefined()
    expect(unbalanced('<p><b>x</p>')).toBe('p')
  })

  test('refers to nothing outside of itself', () => {
    const addresses = [...html.matchAll(/\b(?:src|href|url)\s*[=(]\s*"?([^")\s>]*)/g)]
    expect(addresses.map(([, address]) => address)).toEqual(['data:,'])
    const links = html.replaceAll('http://www.w3.org/2000/svg', '').match(/https?:\/\/[^"<\s]*/g)
    expect(links).toBeNull()
    expect(html).toContain("default-src 'none'")
  })

  test('answers its questions', () => {
    for (const words of [
      'Which mechanism is the cheapest?',
      'Is auto as cheap as the cheapest?',
      'How long does a single fault take?',
      'Where does the time go?',
      'What does it depend on?',
      'What can no mechanism go below?',
      'What was it measured on?',
      result.environment.fingerprint,
      'From 16.2 % random dirty pages on, full is cheaper than userfault.',
      'Not measured: huge-regions (write-fault, reserved-huge). Too few huge pages are set aside.',
    ]) {
      expect(html).toContain(words)
    }
  })

  test('carries the result', () => {
    const [, json = ''] =
      /<script type="application\/json" id="result">(.*)<\/script>/.exec(html) ?? []
    expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(result)))
  })

  test('cannot be broken by names', () => {
    const cpu = '</script><script>alert("x")</script>'
    const evil = renderHtml({ ...result, environment: { ...result.environment, cpu } })
    expect(evil).not.toContain('<script>alert')
    expect(unbalanced(evil)).toBeUndefined()
  })

  test('leaves out what was not measured', () => {
    const html = renderHtml({ ...result, sweep: [], crossovers: [], faults: [], floors: null })
    expect(html).toContain('What does it depend on?')
    for (const words of ['cheapest?', 'single fault take', 'go below']) {
      expect(html).not.toContain(words)
    }
    expect(unbalanced(html)).toBeUndefined()
  })

  test('says so if pages were lost', () => {
    const [first, ...rest] = result.sweep
    if (first === undefined) throw new Error('There is no case')
    const html = renderHtml({ ...result, sweep: [{ ...first, lostPages: 3 }, ...rest] })
    expect(html).toContain('3 written pages did not reach their copy')
  })
})

describe('figures', () => {
  const figures = renderFigures(result)

  test('are one for each question', () => {
    expect(figures.map(({ name }) => name)).toEqual([
      'cost-random.svg',
      'cost-sequential.svg',
      'auto.svg',
      'latency-write-fault.svg',
      'split-faults.svg',
      'split-frames.svg',
      'effect-threads.svg',
    ])
  })

  test.each(figures)('$name is a document of its own', ({ svg, title }) => {
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 360 \d+"/)
    expect(svg).toContain(`<title>${title}</title>`)
    expect(unbalanced(svg)).toBeUndefined()
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
  })

  test('of costs have a line for each contender and a mark at each crossover', () => {
    const svg = figures.find(({ name }) => name === 'cost-random.svg')?.svg ?? ''
    expect(svg.match(/<path /g)).toHaveLength(4)
    for (const name of ['write-fault', 'userfault', 'full', 'auto']) {
      expect(svg).toContain(`s-${name}`)
    }
    expect(svg).toContain('full is cheaper than userfault')
  })

  test('tell values: of all contenders, the cheapest first', () => {
    const svg = figures.find(({ name }) => name === 'cost-random.svg')?.svg ?? ''
    const [, tip = ''] = /data-tip="(100 % dirty[^"]*)"/.exec(svg) ?? []
    const names = tip.split('\n').slice(1)
    expect(names.map((line) => line.split(':')[0])).toEqual([
      'full',
      'auto',
      'userfault',
      'write-fault',
    ])
    expect(names[0]).toContain('205 µs (199 µs to 213 µs), 200 ns a page')
  })

  test('of costs need more than one share of dirty pages', () => {
    const sweep = result.sweep.filter((it) => it.dirtyFraction === 0.1)
    const names = renderFigures({ ...result, sweep }).map(({ name }) => name)
    expect(names).not.toContain('cost-random.svg')
    expect(names).toContain('split-frames.svg')
  })
})

describe('logarithmic scales', () => {
  test('place values by their ratios', () => {
    const scale = withDomain([1, 100], [0, 200])
    expect([1, 10, 100].map((value) => Math.round(scale(value)))).toEqual([0, 100, 200])
    expect(scale.ticks).toEqual([1, 3, 10, 30, 100])
  })

  test('have labels for powers of ten, and more of them the fewer there are', () => {
    expect(withDomain([1, 1e4], [0, 1]).ticks).toEqual([1, 10, 100, 1000, 10_000])
    expect(withDomain([1, 10], [0, 1]).ticks).toEqual([1, 2, 5, 10])
  })

  test('leave space around values, also around a single one', () => {
    for (const values of [[5], [5, 5], [0.1, 1000], []]) {
      const { domain } = logScale(values, [0, 100])
      for (const value of values) {
        expect(value).toBeGreaterThan(domain[0])
        expect(value).toBeLessThan(domain[1])
      }
      expect(domain[1] / domain[0]).toBeGreaterThan(3)
    }
  })
})

test.each([
  [0, '0 ns'],
  [85, '85 ns'],
  [1234, '1.23 µs'],
  [40e6, '40 ms'],
  [2.5e9, '2.5 s'],
])('%d ns are written as %s', (ns, text) => {
  expect(formatTime(ns)).toBe(text)
})

test('shares are percentages', () => {
  expect([0.001, 0.125, 1].map(formatShare)).toEqual(['0.1 %', '12.5 %', '100 %'])
})

describe('text', () => {
  test('has bars, a legend, and what could not be measured', () => {
    const text = renderReport(result)
    for (const words of [
      ...['█', 'entry and delivery', 'Nobody compared.', 'Too few huge pages are set aside.'],
      ...['From 16.2 % random dirty pages on full is cheaper than userfault.', 'Nothing was lost'],
      ...['Of 60 medians 50 are known within 5 %', result.environment.fingerprint],
    ]) {
      expect(text).toContain(words)
    }
    expect(text).not.toContain('\x1b')
  })

  test('as Markdown has tables of one width each, without bars', () => {
    const text = renderMarkdownReport(result, true)
    expect(text).toMatch(/^## mkwrite measure\n/)
    expect(text).not.toMatch(/[█▒▓░]/)
    expect(text).not.toContain('\x1b')
    const tables = text.match(/(?:^\|.*\|$\n?)+/gm) ?? []
    expect(tables.length).toBeGreaterThan(7)
    for (const table of tables) {
      const widths = table
        .trim()
        .split('\n')
        .map((line) => line.split('|').length)
      expect(new Set(widths).size).toBe(1)
    }
  })

  test('warns of a busy machine', () => {
    const noise = { ...result.noise, otherLoad: 0.5, stolen: 0.02, medianDrift: 0.3 }
    const text = renderReport({ ...result, noise })
    for (const words of ['other programs took 50 %', 'hypervisor gave 2 %', 'more than 30 %']) {
      expect(text).toContain(words)
    }
  })
})
