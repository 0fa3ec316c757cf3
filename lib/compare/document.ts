// Reading the documents that can be compared: those of `measure` and `bench`, or anything built alike.

import { invalidArgument } from '../errors.ts'

/** One measured quantity of a document. */
export interface Row {
  key: string
  /** Nanoseconds. */
  median: number
  /** From where to where the true median lies. */
  interval: readonly [number, number]
  /** In nanoseconds, pass by pass; empty where the document has none. */
  samples: readonly (readonly number[])[]
}

/** What there is to compare. */
export interface Document {
  /** Kind and version: `mkwrite.measure/2`. */
  schema: string
  environment: Readonly<Record<string, unknown>>
  /** What was asked for, as far as results depend on it. */
  settings: Readonly<Record<string, unknown>>
  rows: ReadonlyMap<string, Row>
  /** Reasons why rows were not measured, by key. */
  absent: ReadonlyMap<string, string>
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @param name of the argument, for the error */
export function readDocument(name: string, value: unknown): Document {
  if (!isFields(value) || typeof value.schema !== 'string' || !isFields(value.environment)) {
    throw invalidArgument(
      name,
      'a result of measure() or bench(), with a schema and an environment',
      value,
    )
  }
  const rows = new Map<string, Row>()
  const absent = new Map<string, string>()
  visit(value, (fields) => {
    const key = keyOf(fields)
    if (key === undefined) return
    const row = toRow(key, fields)
    if (row !== undefined) rows.set(key, row)
    else if (typeof fields.reason === 'string') absent.set(key, fields.reason)
  })
  const settings = isFields(value.settings) ? value.settings : { size: value.size ?? null }
  return { schema: value.schema, environment: value.environment, settings, rows, absent }
}

/** Visits all objects within a document. */
function visit(value: unknown, action: (fields: Fields) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, action)
  } else if (isFields(value)) {
    action(value)
    for (const item of Object.values(value)) visit(item, action)
  }
}

/** What tells the rows of a benchmark apart, which have no key. */
const identity = ['table', 'pattern', 'contender', 'bytesPerPage', 'cpuWorkMs']

function keyOf(fields: Fields): string | undefined {
  if (typeof fields.key === 'string') return fields.key
  if (typeof fields.nsPerFrame !== 'number' || typeof fields.contender !== 'string')
    return undefined
  return identity.flatMap((name) => (name in fields ? [String(fields[name])] : [])).join('/')
}

function toRow(key: string, fields: Fields): Row | undefined {
  const median = fields.median ?? fields.nsPerFrame
  if (typeof median !== 'number' || !Number.isFinite(median)) return undefined
  const { samples, interval, spread } = fields
  return {
    key,
    median,
    interval: toInterval(interval) ?? toInterval(spread) ?? [median, median],
    samples: toPasses(samples),
  }
}

function toInterval(value: unknown): [number, number] | undefined {
  if (Array.isArray(value)) {
    const [low, high] = value
    return typeof low === 'number' && typeof high === 'number' ? [low, high] : undefined
  }
  // Where the middle values lie: wider than any interval of their median.
  if (!isFields(value) || typeof value.p10 !== 'number' || typeof value.p90 !== 'number') {
    return undefined
  }
  return [value.p10, value.p90]
}

/** An array for each pass, or one array of samples that have nothing in common: a pass each. */
function toPasses(value: unknown): number[][] {
  if (!Array.isArray(value)) return []
  return value
    .map((item: unknown) => (typeof item === 'number' ? [item] : item))
    .map((pass: unknown) =>
      Array.isArray(pass) ? pass.filter((it) => typeof it === 'number') : [],
    )
    .filter((pass) => pass.length > 0)
}
