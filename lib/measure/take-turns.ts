// Measures several subjects in turn, so that what changes in the machine changes all of them.

import { MkwriteError } from '../errors.ts'
import type { Turn } from './experiment.ts'

/** Something that can be measured again and again. */
export interface Subject {
  /** Key of its row. */
  key: string
  /** Samples before those that count; default 1. */
  warmUp?: number
  /** Sets it up. Where this machine cannot do it, this or the first sample throws a MkwriteError. */
  open(): OpenSubject
}

export interface OpenSubject {
  /** Nanoseconds; null if something kept this sample from being what it was to be. */
  sample(): number | null
  /** Why there are no samples, if all of them are null. */
  excuse?: string
  close?(): void
}

/** One that always is. */
export interface SteadySubject extends OpenSubject {
  sample(): number
}

export interface Limits {
  /** Rounds that are made although the time is up, unless they take several times as long. */
  minRounds: number
  /** More would not change a median. */
  maxRounds: number
}

const patience = 4

/** One sample of each per round, until all medians are known well enough or the time is up. */
export function takeTurns(subjects: readonly Subject[], turn: Turn, limits: Limits): void {
  const begin = performance.now()
  const opened: (OpenSubject & { key: string })[] = []
  try {
    for (const { key, warmUp = 1, open } of subjects) {
      if (turn.book.isRefused(key)) continue
      try {
        const subject = open()
        opened.push({ ...subject, key })
        for (let i = 0; i < warmUp; i++) subject.sample()
      } catch (error) {
        if (!meansAbsence(error)) throw error
        turn.book.refuse(key, error.message)
        if (opened.at(-1)?.key === key) opened.pop()?.close?.()
      }
    }
    const spent = (): number => (performance.now() - begin) / 1000 / Math.max(turn.seconds, 1e-9)
    for (let round = 0; round < limits.maxRounds && opened.length > 0; round++) {
      if (round > 0 && spent() >= (round < limits.minRounds ? patience : 1)) break
      if (round >= limits.minRounds && opened.every(({ key }) => turn.book.isTight(key))) break
      for (const { key, sample, excuse = '' } of orderOf(round, opened)) {
        const ns = sample()
        if (ns === null) turn.book.excuse(key, excuse)
        else turn.book.record(key, turn.pass, ns)
      }
    }
  } finally {
    for (const { close } of opened) close?.()
  }
}

/** Whoever comes after another finds what that one left in the caches, so each comes first in turn. */
function orderOf<Item>(round: number, items: readonly Item[]): readonly Item[] {
  const first = round % items.length
  const rotated = [...items.slice(first), ...items.slice(0, first)]
  return Math.floor(round / items.length) % 2 === 0 ? rotated : rotated.reverse()
}

function meansAbsence(error: unknown): error is MkwriteError {
  if (!(error instanceof MkwriteError)) return false
  return (
    error.code === 'ERR_MKWRITE_UNSUPPORTED' ||
    error.code === 'ERR_MKWRITE_OUT_OF_MEMORY' ||
    error.code === 'ERR_MKWRITE_MECHANISM_UNAVAILABLE'
  )
}
