// What a frame typically takes, from several passes with other threads idle and several with one that runs.

import { quantile } from 'simple-statistics'

/** Of the time that a frame is timed: what runs less changes nothing that could be seen. */
const negligibleShare = 0.05
/** A sample in which the busy thread ran less than that tells nothing of one that runs. */
const leastRan = 0.5

export const runsMeanwhile = (othersShare: number): boolean => othersShare > negligibleShare

/** Times of a frame, one for each pass. */
export interface FrameSamples {
  /** How much other threads of the program ran, 0 to 1. */
  othersShare: number
  /** With the other threads idle. */
  idle: readonly number[]
  /** With one that was to run, and how much it did, 0 to 1. */
  busy: readonly { ns: number; ran: number }[]
}

/**
 * A frame in which others ran for a share of the time takes that share of what it takes while they run,
 * and the rest of what it takes while they do not. Each is the lower quartile, because other programs
 * only ever make a pass slower. Where the busy thread never got a processor, a frame is taken to become
 * slower by as much as those of which it is known.
 *
 * @returns one for each frame
 */
export function typicalTimes(frames: readonly FrameSamples[]): number[] {
  const found = frames.map(({ othersShare, idle, busy }) => {
    const share = runsMeanwhile(othersShare) ? othersShare : 0
    const ran = busy.filter((it) => it.ran >= leastRan).map(({ ns }) => ns)
    return {
      share,
      idle: quantile([...idle], 0.25),
      busy: share > 0 && ran.length > 0 ? quantile(ran, 0.25) : null,
    }
  })
  const known = found.filter(({ busy }) => busy !== null)
  const sum = (values: readonly (number | null)[]): number =>
    values.reduce<number>((total, value) => total + (value ?? 0), 0)
  const idleSum = sum(known.map(({ idle }) => idle))
  const factor = idleSum > 0 ? sum(known.map(({ busy }) => busy)) / idleSum : 1
  return found.map(({ share, idle, busy }) => (1 - share) * idle + share * (busy ?? idle * factor))
}
