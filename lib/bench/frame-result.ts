// What one frame took and did.

import { frameResultLength } from '../native-bench.ts'

/** Times in nanoseconds of CPU time. */
export interface FrameResult {
  workNs: number
  writeNs: number
  collectNs: number
  copyNs: number
  faults: number
  pagesReported: number
  lostPages: number
}

export function decodeResults(results: Float64Array): FrameResult[] {
  const frames: FrameResult[] = []
  for (let at = 0; at < results.length; at += frameResultLength) {
    const [
      workNs = 0,
      writeNs = 0,
      collectNs = 0,
      copyNs = 0,
      faults = 0,
      pagesReported = 0,
      lostPages = 0,
    ] = results.subarray(at, at + frameResultLength)
    frames.push({ workNs, writeNs, collectNs, copyNs, faults, pagesReported, lostPages })
  }
  return frames
}

export const totalNs = (frame: FrameResult): number =>
  frame.workNs + frame.writeNs + frame.collectNs + frame.copyNs
