// Listens to this thread's events, and says how its buffer objects stand.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { BufferObject } from '../buffer-object.ts'
import type { CollectMessage, SubmitMessage } from '../events.ts'
import type { DirtyTracker, RegionExplanation } from '../tracker.ts'
import type { WatchedBuffer, WatchedRegions, WatchSnapshot } from './snapshot.ts'

/** Has `stats` and `explain`: a tracker, or a buffer object of a device. */
type Source = Pick<DirtyTracker, 'explain'> & { stats: WatchedBuffer['stats'] }

interface Known {
  /** Weakly: to be watched keeps nothing alive. */
  source: WeakRef<Source>
  /** As it was last seen. */
  last: WatchedBuffer
}

export class Watcher {
  readonly #known: Known[] = []
  readonly #seen = new WeakMap<Source, Known>()
  readonly #onStep: () => void
  #submissions = 0
  #collects = 0

  /** @param onStep called after each submission and collect */
  constructor(onStep: () => void) {
    this.#onStep = onStep
    subscribe('mkwrite:submit', this.#onSubmit)
    subscribe('mkwrite:collect', this.#onCollect)
  }

  stop(): void {
    unsubscribe('mkwrite:submit', this.#onSubmit)
    unsubscribe('mkwrite:collect', this.#onCollect)
  }

  snapshot(): WatchSnapshot {
    const { user, system } = process.cpuUsage()
    return {
      schema: 'mkwrite.watch/1',
      time: performance.now(),
      cpuMs: (user + system) / 1000,
      minorFaults: process.resourceUsage().minorPageFault,
      submissions: this.#submissions,
      collects: this.#collects,
      buffers: this.#known.map(refresh),
    }
  }

  readonly #onSubmit = (message: unknown): void => {
    this.#submissions++
    for (const { buffer } of (message as SubmitMessage).buffers) this.#see(buffer, buffer, 'device')
    this.#onStep()
  }

  readonly #onCollect = (message: unknown): void => {
    this.#collects++
    const { tracker, buffer } = message as CollectMessage
    this.#see(tracker, buffer, 'tracker')
    this.#onStep()
  }

  #see(source: Source, { size }: BufferObject, owner: WatchedBuffer['owner']): void {
    const known = this.#seen.get(source)
    // Looked at each time: the next one may be its last.
    const { stats } = source
    if (known !== undefined) {
      known.last = { ...known.last, stats }
      return
    }
    const number = this.#known.length
    const last: WatchedBuffer = { number, size, owner, ended: false, stats, regions: [] }
    const made = { source: new WeakRef(source), last }
    this.#seen.set(source, made)
    this.#known.push(made)
  }
}

/** Looks again. What has ended refuses to tell, and stays as it was. */
function refresh(known: Known): WatchedBuffer {
  const source = known.source.deref()
  try {
    known.last =
      source === undefined
        ? { ...known.last, ended: true }
        : { ...known.last, stats: source.stats, regions: sumUp(source.explain()) }
  } catch {
    known.last = { ...known.last, ended: true }
  }
  return known.last
}

function sumUp(explanations: readonly RegionExplanation[]): WatchedRegions[] {
  const pages = new Map<string, number>()
  for (const { decision, count } of explanations) {
    pages.set(decision, (pages.get(decision) ?? 0) + count)
  }
  return [...pages].map(([decision, count]) => ({ decision, pages: count }))
}
