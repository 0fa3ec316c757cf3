// Latencies of single faults, each timed by itself.

import { median } from 'simple-statistics'
import { BufferObject } from '../buffer-object.ts'
import { native } from '../native.ts'
import { timesPerAccess } from '../native-faults.ts'
import { faultingMechanisms, type Mechanism } from '../policy.ts'
import type { Absence, Measurement } from '../statistics/measured.ts'
import { DirtyTracker } from '../tracker.ts'
import type { Book } from './book.ts'
import type { Experiment } from './experiment.ts'
import {
  everyFifth,
  type FaultSplit,
  type Latency,
  LatencyRecorder,
  SplitRecorder,
} from './latency.ts'
import { type Pattern, pageSource } from './patterns.ts'
import { openReadBack } from './read-back.ts'
import { type Limits, type OpenSubject, type Subject, takeTurns } from './take-turns.ts'

/**
 * - `write`: the first write to a clean page.
 * - `read`: an access to a page that is closed altogether.
 * - `read-back`: the first read of a page that the device has written: it is fetched, then opened.
 */
export type FaultKind = 'write' | 'read' | 'read-back'

/** Faults of one kind. */
export type FaultRow = (Measurement | Absence) & {
  /** What kind of access faulted. */
  kind: FaultKind
  /** How faults are brought about. */
  mechanism: Mechanism
  /** Whether the library resolved them, or a handler written by hand. */
  by: 'library' | 'bare'
  /** The order of the pages. */
  pattern: Pattern
  /** All of them one by one; null where there were none. */
  latency: Latency | null
  /** Where their time goes; null where nobody can tell. */
  split: FaultSplit | null
  /** Why `split` is null. */
  splitReason: string | null
}

/** Bytes. */
const bufferSize = 16 * 1024 * 1024
/** Faults behind one sample, which is their median. */
const batch = 256

interface Contender {
  kind: FaultKind
  mechanism: Mechanism
  by: 'library' | 'bare'
  pattern: Pattern
}

const keyOf = ({ kind, mechanism, by, pattern }: Contender): string =>
  `fault/${kind}/${mechanism}/${pattern}/${by}`

/** Times single faults under each of these mechanisms. */
export class FaultLatencies {
  readonly #contenders: Contender[]
  readonly #latencies = new Map<string, LatencyRecorder>()
  readonly #splits = new Map<string, SplitRecorder>()
  readonly experiment: Experiment

  constructor(mechanisms: readonly Mechanism[], limits: Limits) {
    this.#contenders = contendersFor(mechanisms)
    for (const contender of this.#contenders) {
      this.#latencies.set(keyOf(contender), new LatencyRecorder())
      this.#splits.set(keyOf(contender), new SplitRecorder())
    }
    const subjects = this.#contenders.map((contender) => this.#subject(contender))
    this.experiment = {
      step: 'single faults',
      weight: 3 * subjects.length,
      // Tails need many faults, however well the median is known.
      run: (turn) => takeTurns(subjects, turn, { ...limits, minRounds: 8 * limits.minRounds }),
    }
  }

  read(book: Book): FaultRow[] {
    // What a handler takes with a clock that is slow or coarse is mostly the clock.
    const isTrusted = native.measure.latencyClock().refusal === ''
    return this.#contenders.map((contender) => {
      const key = keyOf(contender)
      const split = (isTrusted ? this.#splits.get(key)?.read() : undefined) ?? null
      return {
        ...contender,
        ...book.read(key),
        latency: this.#latencies.get(key)?.read() ?? null,
        split,
        splitReason: split === null ? whyNoSplit(contender) : null,
      }
    })
  }

  #subject(contender: Contender): Subject {
    const key = keyOf(contender)
    const record = (totals: readonly number[]): number => {
      for (const ns of totals) this.#latencies.get(key)?.record(ns)
      return median([...totals])
    }
    const open = (): OpenSubject => {
      if (contender.kind === 'read-back') {
        const { touch, close } = openReadBack(1, batch, contender.pattern)
        return { sample: () => record(touch()), close }
      }
      if (contender.by === 'library') return openLibrary(contender, record)
      return openBare(contender, (times) => {
        this.#splits.get(key)?.record(times)
        return record(everyFifth(times, 0))
      })
    }
    return { key, open }
  }
}

function contendersFor(mechanisms: readonly Mechanism[]): Contender[] {
  const contenders: Contender[] = []
  for (const mechanism of mechanisms.filter((name) => faultingMechanisms.includes(name))) {
    for (const pattern of ['sequential', 'random'] as const) {
      for (const by of ['library', 'bare'] as const) {
        // The library opens windows ahead of a sequence, so that most of its writes do not fault.
        const isFollowed = mechanism === 'write-fault' && pattern === 'sequential'
        if (by === 'bare' || !isFollowed) {
          contenders.push({ kind: 'write', mechanism, by, pattern })
        }
      }
    }
  }
  if (mechanisms.includes('write-fault')) {
    contenders.push({ kind: 'read', mechanism: 'write-fault', by: 'bare', pattern: 'random' })
    contenders.push({
      kind: 'read-back',
      mechanism: 'write-fault',
      by: 'library',
      pattern: 'random',
    })
  }
  return contenders
}

/** @param take turns the five times of each access into a sample */
function openBare(
  { mechanism, kind, pattern }: Contender,
  take: (times: Float64Array) => number,
): OpenSubject {
  const memory = new native.measure.ArmedMemory({
    mechanism,
    memory: 'shared',
    size: bufferSize,
    openPages: 1,
    againstReads: kind === 'read',
  })
  const next = pageSource(pattern, memory.pages, batch)
  const times = new Float64Array(batch * timesPerAccess)
  return {
    sample() {
      memory.arm()
      memory.time(next(), kind !== 'read', 1, times)
      return take(times)
    },
    close: () => memory.release(),
  }
}

/** @param take turns the time of each access into a sample */
function openLibrary(
  { mechanism, pattern }: Contender,
  take: (totals: number[]) => number,
): OpenSubject {
  const buffer = new BufferObject({ size: bufferSize })
  const view = buffer.map()
  new Uint8Array(view).fill(1)
  const tracker = DirtyTracker.track(buffer, { policy: mechanism })
  const next = pageSource(pattern, buffer.size / native.pageSize, batch)
  const times = new Float64Array(batch)
  return {
    sample() {
      tracker.collect()
      native.measure.timeAccesses(view, next(), true, 1, times)
      return take([...times])
    },
    close() {
      tracker.dispose()
      buffer.destroy()
    },
  }
}

function whyNoSplit({ by, mechanism }: Contender): string {
  if (by === 'library') return 'Only the handler written by hand takes the time on its way.'
  if (mechanism !== 'write-fault') {
    return 'The kernel resolves the fault by itself, so there is no handler that could take the time.'
  }
  const { refusal } = native.measure.latencyClock()
  return refusal === '' ? 'There were no faults.' : refusal
}
