// How quiet the machine was while it was measured, and how well the results are known for it.

import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import type { Absence, Measurement } from '../statistics/measured.ts'

/** How quiet the machine was, and how well the results are known. */
export interface Noise {
  /** Seconds that the measurement took. */
  seconds: number
  /** Rows that were measured. */
  rows: number
  /** Those whose interval is no wider than 5 % of their median. */
  tightRows: number
  /** Half of the rows drifted less between passes; a share of their median. */
  medianDrift: number
  /** Times that the measuring process was interrupted for the sake of others. */
  interruptions: number
  /** Share of the processors' time that other programs took; null where nobody tells. */
  otherLoad: number | null
  /** Share of the time that a hypervisor gave to other guests; null where nobody tells. */
  stolen: number | null
  /** Load averages of the last minute: before, and after. */
  loadAverage: [number, number]
}

interface Times {
  all: number
  busy: number
  stolen: number
}

/** Begins to listen; the function that it returns ends that. */
export function observeNoise(): (rows: readonly (Measurement | Absence)[]) => Noise {
  const begin = performance.now()
  const timesBefore = readTimes()
  const usageBefore = process.resourceUsage()
  const loadBefore = loadavg()[0] ?? 0
  return (rows) => {
    const times = readTimes()
    const usage = process.resourceUsage()
    const own =
      usage.userCPUTime + usage.systemCPUTime - usageBefore.userCPUTime - usageBefore.systemCPUTime
    const share = (pick: (times: Times) => number): number | null => {
      if (times === undefined || timesBefore === undefined) return null
      return (pick(times) - pick(timesBefore)) / Math.max(times.all - timesBefore.all, 1)
    }
    const ownSeconds = own / 1e6
    const measured = rows.filter((row) => row.median !== null)
    const drifts = measured.map(({ drift }) => drift).sort((a, b) => a - b)
    const busy = share((it) => it.busy)
    const allSeconds = (times?.all ?? 0) - (timesBefore?.all ?? 0)
    return {
      seconds: round((performance.now() - begin) / 1000),
      rows: measured.length,
      tightRows: measured.filter(({ tight }) => tight).length,
      medianDrift: drifts[Math.floor(drifts.length / 2)] ?? 0,
      interruptions: usage.involuntaryContextSwitches - usageBefore.involuntaryContextSwitches,
      otherLoad:
        busy === null ? null : round(Math.max(busy - ownSeconds / Math.max(allSeconds, 1e-9), 0)),
      stolen: round(share((it) => it.stolen) ?? 0),
      loadAverage: [round(loadBefore), round(loadavg()[0] ?? 0)],
    }
  }
}

const round = (value: number): number => Number(value.toPrecision(3))

/** Processor time since boot in seconds, all processors together (man 5 proc, /proc/stat). */
function readTimes(): Times | undefined {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
    const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softIrq = 0, steal = 0] =
      line
        .split(/\s+/)
        .slice(1)
        .map((ticks) => Number(ticks) / 100)
    const busy = user + nice + system + irq + softIrq
    return { all: busy + idle + wait + steal, busy, stolen: steal }
  } catch {
    return undefined // not mounted
  }
}
