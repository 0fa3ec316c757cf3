// Writes a trace as it happens.

import { gzipSync } from 'node:zlib'
import { ByteWriter } from './bytes.ts'
import { magic, recordKinds, shareUnits } from './format.ts'
import type { TraceCollect, TraceFrame, TraceHeader, TraceSubmit } from './trace.ts'

/** Takes steps and frames, keeps them as bytes, and makes a file of them. */
export class TraceEncoder {
  readonly #body = new ByteWriter()
  #frames = 0

  /** Frames that were ended. */
  get frames(): number {
    return this.#frames
  }

  submit({ readBacks, shares, busy }: Omit<TraceSubmit, 'kind'>): void {
    const body = this.#body
    body.number(recordKinds.submit)
    body.number(busy ? 1 : 0)
    body.number(readBacks.length)
    for (const { buffer, runs, faults } of readBacks) {
      body.number(buffer)
      body.runs(runs)
      body.number(faults)
    }
    body.number(shares.length)
    for (const { buffer, used, written, dirty, bytesUpdated } of shares) {
      body.number(buffer)
      body.runs(used)
      body.runs(written)
      body.runs(dirty)
      body.number(bytesUpdated)
    }
  }

  collect({ buffer, firstPage, pages, dirty }: Omit<TraceCollect, 'kind'>): void {
    const body = this.#body
    body.number(recordKinds.collect)
    body.number(buffer)
    body.number(firstPage)
    body.number(pages)
    body.runs(dirty)
  }

  /** Ends a frame. */
  frame(times: Omit<TraceFrame, 'steps'>): void {
    this.#body.number(recordKinds.frame)
    for (const ns of [times.cpuNs, times.wallNs, times.idleNs]) this.#body.number(Math.round(ns))
    this.#body.number(Math.round(times.othersShare * shareUnits))
    this.#frames++
  }

  /** The file so far. */
  finish(header: TraceHeader): Uint8Array {
    const json = JSON.stringify({ ...header, frames: this.#frames })
    const text = new TextEncoder().encode(`${magic}\n${json}\n`)
    return gzipSync(Buffer.concat([text, this.#body.bytes()]), { level: 9 })
  }
}
