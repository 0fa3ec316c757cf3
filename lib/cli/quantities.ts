// Reading numbers from the command line, and printing them for people.

import { UsageError } from './command.ts'

const units: Record<string, number> = { '': 1, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

// What is a number, but not one that can be used, is for the API to refuse: it knows the range.

/** A size such as `65536`, `512KiB` or `64MiB`, in bytes. */
export function parseSize(option: string, value: unknown): number {
  const [, digits = '', unit = '-'] = /^(-?[\d.]+)\s*([A-Za-z]*)$/.exec(String(value)) ?? []
  const factor = units[unit]
  const bytes = Number(digits) * (factor ?? Number.NaN)
  if (!Number.isFinite(bytes)) {
    throw new UsageError(
      `The value of ${option} must be a size in bytes, KiB, MiB or GiB, such as 64MiB. Received ${value}`,
    )
  }
  return bytes
}

/** NaN for what is no number. */
export const parseNumber = (value: unknown): number =>
  typeof value === 'boolean' ? Number.NaN : Number(value)

/** 67108864 becomes `64 MiB`. */
export function formatSize(bytes: number): string {
  const [unit, factor] = Object.entries(units).findLast(
    ([, size]) => bytes >= size && bytes % size === 0,
  ) ?? ['B', 1]
  return `${bytes / factor} ${unit}`
}

/** 0.001 becomes `0.1 %`. */
export const formatShare = (share: number): string => `${Number((share * 100).toPrecision(3))} %`

/** Nanoseconds as microseconds with three significant digits or more. */
export function formatMicroseconds(ns: number): string {
  const us = ns / 1000
  return us.toFixed(us < 1 ? 3 : us < 10 ? 2 : us < 100 ? 1 : 0)
}

/** How well a time is known: `±3 %`, of its median to either side. */
export function formatUncertainty(row: {
  median: number
  interval: readonly [number, number]
}): string {
  const [low, high] = row.interval
  const share = row.median === 0 ? 0 : (high - low) / 2 / row.median
  return `±${(share * 100).toFixed(share < 0.0095 ? 1 : 0)} %`
}
