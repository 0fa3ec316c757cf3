// What costs depend on: each effect changes one thing and leaves the rest as it is.

import type { Mechanism } from '../../policy.ts'
import type { Absence, Measurement } from '../../statistics/measured.ts'
import type { Book } from '../book.ts'
import type { Experiment } from '../experiment.ts'
import { type Limits, type OpenSubject, takeTurns } from '../take-turns.ts'

/**
 * - `run-ahead`: pages that one write fault opens, written in sequence; `growing`: what the library
 *   decides. Per page.
 * - `threads`: writers at once, each on pages of its own of one view. Per fault, of one writer.
 * - `tlb-shootdown`: threads of the process that run meanwhile, on other CPUs, without touching what is
 *   tracked. Per fault.
 * - `huge-pages`: kind of memory whose pages are tracked one by one. Per page, written in sequence.
 * - `huge-regions`: kind of memory that is tracked in regions of a huge page. Per region.
 * - `views`: views of the buffer object, through which 256 pages are written in turn. Per page, with
 *   the collect.
 * - `size`: MiB of the buffer of which 64 pages are written. Per frame, with the collect.
 * - `mappings`: mappings that the process has besides. Per fault.
 * - `read-back`: pages that one touch fetches from the device, read in sequence. Per page.
 * - `clear-refs`: MiB of heap of a process whose soft-dirty bits are cleared. Per clear.
 * - `heap-writes`: MiB of heap that is written after such a clear. Per page.
 */
export type EffectName =
  | 'run-ahead'
  | 'threads'
  | 'tlb-shootdown'
  | 'huge-pages'
  | 'huge-regions'
  | 'views'
  | 'size'
  | 'mappings'
  | 'read-back'
  | 'clear-refs'
  | 'heap-writes'

/** One setting of one effect. */
export type EffectRow = (Measurement | Absence) & EffectSetting

/** What a row is about. */
export interface EffectSetting {
  /** What it is about. */
  effect: EffectName
  /** How writes are found out. */
  mechanism: Mechanism
  /** Whether the library did it, or a loop written by hand. */
  by: 'library' | 'bare'
  /** What is changed: see `EffectName`. */
  value: number | string
}

export interface Variant extends EffectSetting {
  open(): OpenSubject
  /** Samples before those that count; default 1. */
  warmUp?: number
}

const keyOf = ({ effect, mechanism, value, by }: EffectSetting): string =>
  `effect/${effect}/${mechanism}/${value}/${by}`

/** An effect: its experiments, and after these its rows. */
export interface Effect {
  experiments: Experiment[]
  read(book: Book): EffectRow[]
}

/** Variants that are measured in turn with each other. */
export function effect(
  step: string,
  weight: number,
  variants: readonly Variant[],
  limits: Limits,
): Effect {
  const subjects = variants.map((it) => ({ ...it, key: keyOf(it) }))
  return {
    experiments: [{ step, weight, run: (turn) => takeTurns(subjects, turn, limits) }],
    read: (book) =>
      variants.map(({ effect, mechanism, by, value }) => ({
        effect,
        mechanism,
        by,
        value,
        ...book.read(keyOf({ effect, mechanism, by, value })),
      })),
  }
}

/** Several of them as one. */
export function joined(effects: readonly Effect[]): Effect {
  return {
    experiments: effects.flatMap(({ experiments }) => experiments),
    read: (book) => effects.flatMap(({ read }) => read(book)),
  }
}
