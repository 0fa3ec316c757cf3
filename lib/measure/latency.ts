// The distribution of single latencies.

import { build, type Histogram } from 'hdr-histogram-js'
import { median } from 'simple-statistics'

/** How long single faults took. Nanoseconds of time that passed, not of CPU time. */
export interface Latency {
  /** Faults. */
  count: number
  /** Of all, outliers included. */
  mean: number
  /** The median. */
  p50: number
  /** Nine of ten took no longer. */
  p90: number
  /** 99 of 100 took no longer. */
  p99: number
  /** 999 of 1000 took no longer. */
  p999: number
  /** The slowest. */
  max: number
  /**
   * All of them as an HdrHistogram (hdrhistogram.org) of whole nanoseconds with two significant
   * digits, in its compressed V2 encoding, base64.
   */
  histogram: string
}

/** Where the time of a fault goes: nanoseconds, the median of each part by itself. */
export interface FaultSplit {
  /** From the access to the handler: entry into the kernel, and the signal's delivery. */
  deliveryNs: number
  /** The handler's own work: finding the page and noting it. */
  handlerNs: number
  /** Making the page accessible (mprotect). */
  unprotectNs: number
  /** Back from the signal, and the access itself. */
  returnNs: number
}

/** Seconds would not fit into a smaller one. */
const highest = 60e9

export class LatencyRecorder {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: highest,
    numberOfSignificantValueDigits: 2,
  })

  record(ns: number): void {
    this.#histogram.recordValue(Math.min(Math.round(ns), highest))
  }

  /** Undefined as long as there is nothing. */
  read(): Latency | undefined {
    const histogram = this.#histogram
    if (histogram.totalCount === 0) return undefined
    // A histogram answers with the end of a bucket, which may lie beyond all values.
    const at = (percent: number): number =>
      Math.min(histogram.getValueAtPercentile(percent), histogram.maxValue)
    return {
      count: histogram.totalCount,
      mean: Math.round(histogram.mean),
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
      max: histogram.maxValue,
      histogram: encode(histogram),
    }
  }
}

function encode(histogram: Histogram): string {
  // Declared by another interface of the same package than the one that build() returns.
  return (
    histogram as Histogram & { encodeIntoCompressedBase64(): string }
  ).encodeIntoCompressedBase64()
}

const parts = ['deliveryNs', 'handlerNs', 'unprotectNs', 'returnNs'] as const

/** Collects the parts of faults; each batch is reduced to medians at once. */
export class SplitRecorder {
  readonly #medians: Record<(typeof parts)[number], number[]> = {
    deliveryNs: [],
    handlerNs: [],
    unprotectNs: [],
    returnNs: [],
  }

  /** @param times for each access total, delivery, handler, un-protecting and return */
  record(times: Float64Array): void {
    for (const [index, part] of parts.entries()) {
      const values = everyFifth(times, index + 1).filter((ns) => !Number.isNaN(ns))
      if (values.length > 0) this.#medians[part].push(median(values))
    }
  }

  read(): FaultSplit | undefined {
    if (this.#medians.deliveryNs.length === 0) return undefined
    const [deliveryNs, handlerNs, unprotectNs, returnNs] = parts.map((part) =>
      Number(median(this.#medians[part]).toPrecision(5)),
    ) as [number, number, number, number]
    return { deliveryNs, handlerNs, unprotectNs, returnNs }
  }
}

/** One of the five numbers of each access. */
export function everyFifth(times: Float64Array, index: number): number[] {
  const values: number[] = []
  for (let at = index; at < times.length; at += parts.length + 1) values.push(times[at] as number)
  return values
}
