// Pages × frames as a grid of cells, few enough to look at.

import { deflateSync } from 'node:zlib'
import type { Runs, Trace, TraceFrame } from '../trace.ts'

/** One buffer object's part of the heat map. */
interface HeatMapBand {
  pages: number
  /** A row stands for this many pages; the last one perhaps for fewer. */
  pagesPerRow: number
  rows: number
}

export interface HeatMap {
  /** A column stands for this many frames; the last one perhaps for fewer. */
  framesPerColumn: number
  columns: number
  bands: HeatMapBand[]
  /**
   * Base64 of deflated bytes: of each band its three layers (written by the CPU, written by the device,
   * came back), of each layer its rows, of each row its columns. A byte is the share of the cell's pages
   * and frames, 255 for all; never 0 for some.
   */
  cells: string
}

const mostColumns = 800
const mostRows = 360
const leastRows = 4
const layers = 3

export function makeHeatMap({ frames, buffers }: Trace): HeatMap {
  const framesPerColumn = Math.max(Math.ceil(frames.length / mostColumns), 1)
  const columns = Math.ceil(frames.length / framesPerColumn)
  const allPages = buffers.reduce((sum, { pages }) => sum + pages, 0)
  const bands = buffers.map(({ pages }) => {
    const wanted = Math.max(Math.round((mostRows * pages) / allPages), leastRows)
    const pagesPerRow = Math.ceil(pages / Math.min(wanted, pages))
    return { pages, pagesPerRow, rows: Math.ceil(pages / pagesPerRow) }
  })
  const counts = bands.map(({ rows }) => new Float64Array(layers * rows * columns))
  for (const [index, frame] of frames.entries()) {
    const column = Math.floor(index / framesPerColumn)
    eachTouch(frame, (buffer, layer, runs) => {
      const { pagesPerRow, rows } = bands[buffer] as HeatMapBand
      const cells = counts[buffer] as Float64Array
      eachRow(runs, pagesPerRow, (row, pages) => {
        const at = (layer * rows + row) * columns + column
        cells[at] = (cells[at] ?? 0) + pages
      })
    })
  }
  const bytes = bands.map((band, buffer) => {
    const cells = counts[buffer] as Float64Array
    return Uint8Array.from(cells, (count, at) => {
      const row = Math.floor(at / columns) % band.rows
      const column = at % columns
      const pages = Math.min(band.pagesPerRow, band.pages - row * band.pagesPerRow)
      const inColumn = Math.min(framesPerColumn, frames.length - column * framesPerColumn)
      return Math.min(Math.ceil((255 * count) / (pages * inColumn)), 255)
    })
  })
  const cells = deflateSync(Buffer.concat(bytes), { level: 9 }).toString('base64')
  return { framesPerColumn, columns, bands, cells }
}

function eachTouch(
  { steps }: TraceFrame,
  visit: (buffer: number, layer: number, runs: Runs) => void,
): void {
  for (const step of steps) {
    if (step.kind === 'collect') {
      visit(step.buffer, 0, step.dirty)
      continue
    }
    for (const { buffer, dirty, written } of step.shares) {
      visit(buffer, 0, dirty)
      visit(buffer, 1, written)
    }
    for (const { buffer, runs } of step.readBacks) visit(buffer, 2, runs)
  }
}

function eachRow(
  runs: Runs,
  pagesPerRow: number,
  visit: (row: number, pages: number) => void,
): void {
  for (let i = 0; i < runs.length; i += 2) {
    const end = (runs[i] as number) + (runs[i + 1] as number)
    for (let page = runs[i] as number; page < end; ) {
      const row = Math.floor(page / pagesPerRow)
      const next = Math.min((row + 1) * pagesPerRow, end)
      visit(row, next - page)
      page = next
    }
  }
}
