// Measures what tracking costs on this machine.

import { native } from '../native.ts'
import type { Absence, Measurement } from '../statistics/measured.ts'
import { Book } from './book.ts'
import { findCrossovers } from './crossovers.ts'
import { allEffects } from './effects/index.ts'
import { describeEnvironment } from './environment.ts'
import { FaultLatencies } from './faults.ts'
import { floorsExperiment, readFloors } from './floors.ts'
import { observeNoise } from './noise.ts'
import { type MeasureOptions, type MeasurePart, makePlan } from './options.ts'
import { runPasses } from './passes.ts'
import type { FaultClock, MeasureResult } from './result.ts'
import { Sweep } from './sweep.ts'

/**
 * Measures this machine: the steps that tracking is made of; latencies of single faults; frames of
 * {write, collect and re-arm, copy} under each mechanism, pattern and dirty fraction, in turn with a
 * loop that does the same work without the library; and what these costs depend on. After each frame
 * every written page is compared with its copy.
 *
 * Runs on the calling thread; between steps, other work on it gets its turn. Where soft-dirty works,
 * there must be no tracker in this process that uses it meanwhile: the process's bits are cleared.
 *
 * @throws MkwriteError `ERR_MKWRITE_MECHANISM_UNAVAILABLE` if a mechanism that was asked for does not
 *   work here, `ERR_MKWRITE_INVALID_ARGUMENT` and `ERR_MKWRITE_OUT_OF_RANGE` for options,
 *   `ERR_MKWRITE_OUT_OF_MEMORY`
 */
export async function measure(options: MeasureOptions = {}): Promise<MeasureResult> {
  const environment = describeEnvironment()
  const plan = makePlan(options)
  const has = (part: MeasurePart): boolean => plan.parts.includes(part)
  const clock = describeClock()
  const book = new Book()
  const faults = new FaultLatencies(plan.mechanisms, plan.limits)
  const sweep = new Sweep(plan)
  const effects = allEffects(plan)

  const endOfNoise = observeNoise()
  await runPasses(
    [
      ...(has('floors') ? [floorsExperiment(plan.floorBatches)] : []),
      ...(has('faults') ? [faults.experiment] : []),
      ...(has('sweep') ? sweep.experiments : []),
      ...(has('effects') ? effects.experiments : []),
    ],
    book,
    { ...plan, signal: options.signal, onProgress: options.onProgress },
  )

  const { mode, size, bytesPerPage } = plan
  const found = {
    floors: has('floors') ? readFloors(book) : null,
    faults: has('faults') ? faults.read(book) : [],
    sweep: has('sweep') ? sweep.read(book) : [],
    effects: has('effects') ? effects.read(book) : [],
  }
  const rows: (Measurement | Absence)[] = [
    ...Object.values(found.floors ?? {}),
    ...found.faults,
    ...found.sweep.flatMap((it) => [it, it.bare]),
    ...found.effects,
  ]
  return {
    schema: 'mkwrite.measure/2',
    environment,
    settings: { mode, size, bytesPerPage },
    clock,
    noise: endOfNoise(rows),
    floors: found.floors,
    faults: found.faults,
    sweep: found.sweep,
    crossovers: findCrossovers(found.sweep),
    effects: found.effects,
  }
}

/** How single faults are timed here. */
export function describeClock(): FaultClock {
  const { source, nsPerTick, overheadNs, resolutionNs, refusal } = native.measure.latencyClock()
  return { source, nsPerTick, overheadNs, resolutionNs, reason: refusal === '' ? null : refusal }
}
