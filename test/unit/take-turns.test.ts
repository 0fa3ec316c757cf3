// Measuring in turn.

import { afterEach, describe, expect, test, vi } from 'vitest'
import { MkwriteError } from '../../lib/errors.ts'
import { Book } from '../../lib/measure/book.ts'
import { takeTurns } from '../../lib/measure/take-turns.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const limits = { minRounds: 3, maxRounds: 10 }

/** A subject that always takes as long, and notes what happens to it. */
function subject(key: string, log: string[], ns: (index: number) => number = () => 100) {
  let index = 0
  return {
    key,
    open: () => {
      log.push(`open ${key}`)
      return {
        sample: () => {
          log.push(key)
          return ns(index++)
        },
        close: () => {
          log.push(`close ${key}`)
        },
      }
    },
  }
}

const far = (index: number): number => 100 + 50 * index

describe('subjects', () => {
  test('take turns, and each is sometimes the first', () => {
    const log: string[] = []
    const subjects = [subject('a', log, far), subject('b', log, far), subject('c', log, far)]
    takeTurns(subjects, { pass: 0, seconds: 60, book: new Book() }, limits)
    const rounds = log.slice(6, -3) // after opening and warming up
    expect(rounds).toHaveLength(30)
    const firsts = new Set<string | undefined>()
    for (let at = 0; at < rounds.length; at += 3) {
      expect(rounds.slice(at, at + 3).toSorted()).toEqual(['a', 'b', 'c'])
      firsts.add(rounds[at])
    }
    expect(firsts.size).toBe(3)
  })

  test('stop when all are known well enough', () => {
    const book = new Book()
    takeTurns([subject('a', [])], { pass: 0, seconds: 60, book }, limits)
    expect(book.read('a')).toMatchObject({ count: 6, median: 100, tight: true })
  })

  test('stop when the time is up, after the first round', () => {
    const book = new Book()
    takeTurns([subject('a', [], far)], { pass: 0, seconds: 0, book }, limits)
    expect(book.read('a')).toMatchObject({ count: 1 })
  })

  test.each([
    { took: 100, rounds: 10 }, // in all no more than their share
    { took: 1000, rounds: 3 }, // as many as are due
    { took: 5000, rounds: 1 }, // even these would take too long
  ])('get $rounds rounds if one takes $took ms of a second', ({ took, rounds }) => {
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const book = new Book()
    const slow = (index: number): number => {
      now += index === 0 ? 0 : took // warming up takes no time here
      return far(index)
    }
    takeTurns([subject('a', [], slow)], { pass: 0, seconds: 1, book }, limits)
    expect(book.read('a')).toMatchObject({ count: rounds })
  })

  test('do not count what warms them up', () => {
    const book = new Book()
    const cold = (index: number): number => (index < 2 ? 1e9 : 100)
    const turn = { pass: 0, seconds: 60, book }
    takeTurns([{ ...subject('a', [], cold), warmUp: 2 }], turn, limits)
    expect(book.read('a')).toMatchObject({ interval: [100, 100] })
  })

  test('are all closed when one of them fails', () => {
    const log: string[] = []
    const failing = {
      key: 'b',
      open: () => ({
        sample(): number {
          throw new Error('broken')
        },
        close: () => log.push('close b'),
      }),
    }
    const turn = { pass: 0, seconds: 60, book: new Book() }
    expect(() => takeTurns([subject('a', log), failing], turn, limits)).toThrow('broken')
    expect(log).toContain('close a')
    expect(log).toContain('close b')
  })

  test('may have nothing to say for once', () => {
    const book = new Book()
    const open = (values: readonly (number | null)[]) => () => {
      let index = 0
      return { sample: () => values[index++ % values.length] ?? null, excuse: 'It rained.' }
    }
    const subjects = [
      { key: 'a', open: open([100, null]) },
      { key: 'b', open: open([null]) },
    ]
    takeTurns(subjects, { pass: 0, seconds: 60, book }, limits)
    expect(book.read('a')).toMatchObject({ count: 5, median: 100 })
    expect(book.read('b')).toEqual({ key: 'b', median: null, reason: 'It rained.' })
  })

  test('that the machine cannot do are left out, with the reason', () => {
    const book = new Book()
    let opened = 0
    const missing = {
      key: 'b',
      open(): never {
        opened++
        throw new MkwriteError('ERR_MKWRITE_UNSUPPORTED', 'There are no huge pages.')
      },
    }
    const subjects = [missing, subject('a', [])]
    takeTurns(subjects, { pass: 0, seconds: 60, book }, limits)
    takeTurns(subjects, { pass: 1, seconds: 60, book }, limits)
    expect(book.read('b')).toEqual({ key: 'b', median: null, reason: 'There are no huge pages.' })
    expect(book.read('a').median).toBe(100)
    expect(opened).toBe(1)
  })
})
