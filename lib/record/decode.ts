// Reads a trace, which may be damaged.

import { gunzipSync } from 'node:zlib'
import { invalidArgument, MkwriteError } from '../errors.ts'
import { mechanisms } from '../policy.ts'
import { ByteReader } from './bytes.ts'
import { magicPattern, readableVersions, recordKinds, shareUnits } from './format.ts'
import type { Trace, TraceBuffer, TraceFrame, TraceHeader, TraceStep } from './trace.ts'

/** More would not fit into memory; a damaged file shall not take all of it. */
const largestTrace = 2 ** 30 // bytes, unpacked

/**
 * Reads a trace file.
 *
 * @throws MkwriteError `ERR_MKWRITE_INVALID_TRACE` if these are not the bytes of a trace, of a version
 *   that is not known here, or damaged
 */
export function readTrace(file: Uint8Array): Trace {
  if (!(file instanceof Uint8Array)) throw invalidArgument('file', 'a Uint8Array', file)
  const bytes = unpack(file)
  const [first, afterFirst] = readLine(bytes, 0)
  const [, digits] = magicPattern.exec(first) ?? fail('it does not begin as one')
  const version = readableVersions.find((it) => String(it) === digits)
  if (version === undefined) {
    return fail(
      `it is of version ${digits}, and this mkwrite reads ${readableVersions.join(' and ')}`,
    )
  }
  const [second, begin] = readLine(bytes, afterFirst)
  const { frameCount, ...header } = readHeader(second)
  const frames = readFrames(new ByteReader(bytes.subarray(begin), fail), header.buffers, version)
  if (frames.length !== frameCount) {
    fail(`it has ${frames.length} frames, and ${frameCount} were written`)
  }
  return { ...header, frames }
}

function fail(what: string): never {
  throw new MkwriteError('ERR_MKWRITE_INVALID_TRACE', `This is no trace that can be read: ${what}.`)
}

function unpack(file: Uint8Array): Uint8Array {
  try {
    return gunzipSync(file, { maxOutputLength: largestTrace })
  } catch (error) {
    return fail(`gzip says ${JSON.stringify((error as Error).message)}`)
  }
}

function readLine(bytes: Uint8Array, begin: number): [text: string, next: number] {
  const end = bytes.indexOf(0x0a, begin)
  if (end < 0) fail('its header does not end')
  return [new TextDecoder().decode(bytes.subarray(begin, end)), end + 1]
}

function readHeader(line: string): TraceHeader & { frameCount: number } {
  let found: Partial<Record<keyof TraceHeader | 'frames', unknown>>
  try {
    found = JSON.parse(line)
  } catch {
    return fail('its header is not JSON')
  }
  if (typeof found !== 'object' || found === null) fail('its header is not an object')
  const { program, frame, mechanism, pageSize, recordedOn, buffers, frames } = found
  const { kernel, arch, cpu, node, mkwrite } = (recordedOn ?? {}) as Record<string, unknown>
  const machine = { kernel, arch, cpu, node, mkwrite }
  const isPositive = (value: unknown): value is number =>
    Number.isSafeInteger(value) && Number(value) > 0
  if (
    typeof program !== 'string' ||
    !(frame === 'submit' || (typeof frame === 'number' && frame > 0)) ||
    !mechanisms.some((name) => name === mechanism) ||
    !(isPositive(pageSize) && pageSize % 8 === 0) ||
    !Object.values(machine).every((value) => typeof value === 'string') ||
    !(Array.isArray(buffers) && buffers.every(isBuffer)) ||
    !(frames === 0 || isPositive(frames))
  ) {
    return fail('its header lacks something')
  }
  return {
    program,
    frame,
    mechanism: mechanism as TraceHeader['mechanism'],
    pageSize,
    recordedOn: machine as TraceHeader['recordedOn'],
    buffers: buffers.map(({ pages, owner }: TraceBuffer) => ({ pages, owner })),
    frameCount: frames,
  }
}

function isBuffer(value: unknown): value is TraceBuffer {
  const { pages, owner } = (value ?? {}) as Partial<TraceBuffer>
  const fits = Number.isSafeInteger(pages) && Number(pages) > 0 && Number(pages) <= 2 ** 32
  return fits && (owner === 'device' || owner === 'tracker')
}

function readFrames(
  reader: ByteReader,
  buffers: readonly TraceBuffer[],
  version: (typeof readableVersions)[number],
): TraceFrame[] {
  const frames: TraceFrame[] = []
  let steps: TraceStep[] = []
  while (!reader.done) {
    const kind = reader.number('the kind of a record')
    if (kind === recordKinds.frame) {
      const cpuNs = reader.number('a CPU time')
      const wallNs = reader.number('a time')
      const idleNs = reader.number('an idle time')
      const units = version === 1 ? 0 : reader.number("other threads' share", shareUnits)
      frames.push({ steps, cpuNs, wallNs, idleNs, othersShare: units / shareUnits })
      steps = []
    } else if (kind === recordKinds.submit) {
      steps.push(readSubmit(reader, buffers))
    } else if (kind === recordKinds.collect) {
      steps.push(readCollect(reader, buffers))
    } else {
      fail(`there is no record of kind ${kind}`)
    }
  }
  if (steps.length > 0) fail('its last frame does not end')
  return frames
}

/** The number of a buffer object of that owner, and its pages. */
function readBuffer(
  reader: ByteReader,
  buffers: readonly TraceBuffer[],
  owner: TraceBuffer['owner'],
): [number: number, pages: number] {
  const number = reader.number('the number of a buffer object', buffers.length - 1)
  const buffer = buffers[number]
  if (buffer === undefined || buffer.owner !== owner) {
    return fail(`buffer object ${number} is no ${owner}'s`)
  }
  return [number, buffer.pages]
}

function readSubmit(reader: ByteReader, buffers: readonly TraceBuffer[]): TraceStep {
  const busy = reader.number('a flag', 1) === 1
  const list = <Item>(what: string, read: () => Item): Item[] =>
    Array.from({ length: reader.number(`the count of ${what}`, buffers.length) }, read)
  const readBacks = list('readbacks', () => {
    const [buffer, pages] = readBuffer(reader, buffers, 'device')
    const runs = reader.runs('pages that were read back', pages)
    return { buffer, runs, faults: reader.number('faults') }
  })
  const shares = list('shares', () => {
    const [buffer, pages] = readBuffer(reader, buffers, 'device')
    return {
      buffer,
      used: reader.runs('pages that were used', pages),
      written: reader.runs('pages that the device wrote', pages),
      dirty: reader.runs('dirty pages', pages),
      bytesUpdated: reader.number('bytes'),
    }
  })
  return { kind: 'submit', readBacks, shares, busy }
}

function readCollect(reader: ByteReader, buffers: readonly TraceBuffer[]): TraceStep {
  const [buffer, all] = readBuffer(reader, buffers, 'tracker')
  const firstPage = reader.number('the first page of a collect', all - 1)
  const pages = reader.number('the pages of a collect', all - firstPage)
  return { kind: 'collect', buffer, firstPage, pages, dirty: reader.runs('dirty pages', all) }
}
