// Runs all experiments several times over, and divides the time among them.

import { setImmediate } from 'node:timers/promises'
import type { Book } from './book.ts'
import type { Experiment } from './experiment.ts'
import type { MeasureProgress } from './options.ts'

export interface Schedule {
  passes: number
  seconds: number
  signal?: AbortSignal | undefined
  onProgress?: ((progress: MeasureProgress) => void) | undefined
}

/**
 * Each pass starts from fresh memory. What lies between passes (where pages came to lie, what the host
 * was doing) is then in the results, and not mistaken for a property of what was measured.
 */
export async function runPasses(
  experiments: readonly Experiment[],
  book: Book,
  { passes, seconds, signal, onProgress }: Schedule,
): Promise<void> {
  const total = passes * experiments.length
  const weightOfAll = experiments.reduce((sum, { weight }) => sum + weight, 0)
  let weightLeft = passes * weightOfAll
  const end = performance.now() + seconds * 1000
  let done = 0
  // Passes are what shows how far the machine drifts, so some patience is due to them.
  const limit = end + seconds * 1000
  const isLate = (pass: number): boolean => pass > 0 && performance.now() >= limit
  for (let pass = 0; pass < passes && !isLate(pass); pass++) {
    let uses: Experiment['uses']
    // Nobody is always the first, on a machine that has just been idle.
    const inOrder = pass % 2 === 0 ? experiments : experiments.toReversed()
    try {
      for (const experiment of inOrder) {
        if (uses !== experiment.uses) uses?.release()
        uses = experiment.uses
        // Without a first pass there is nothing; further ones are for more certainty.
        if (isLate(pass)) break
        signal?.throwIfAborted()
        onProgress?.({ done: done++, total, step: experiment.step })
        await setImmediate()
        // What one did not use, or used too much, is shared by those to come.
        const left = Math.max(end - performance.now(), 0) / 1000
        const share = (left * experiment.weight) / weightLeft
        weightLeft -= experiment.weight
        experiment.run({ pass, seconds: share, book })
      }
    } finally {
      uses?.release()
    }
  }
}
