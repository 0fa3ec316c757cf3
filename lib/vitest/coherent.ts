// toBeCoherentWith

import { BufferObject } from '../buffer-object.ts'
import { invalidArgument, outOfRange } from '../errors.ts'
import { native } from '../native.ts'
import { Resource } from '../resource.ts'
import { type ResolvedTarget, resolveTarget, type Target } from '../target.ts'
import { countOf, showPages } from './pages.ts'
import type { Verdict } from './verdict.ts'

/** What the device has. */
export type DeviceContents = Target | ArrayBuffer | SharedArrayBuffer | ArrayBufferView

export function toBeCoherentWith(received: unknown, expected: DeviceContents): Verdict {
  const target = targetOf(expected)
  const device = target === undefined ? bytesOf('expected', expected) : readByCommand(target)
  // A resource is compared with the bytes that it covers, anything else with the first bytes.
  const covers = target !== undefined && target.resource.buffer === received
  const offset = covers ? target.resource.offset + target.offset : 0
  const cpu = cpuBytes(received, offset, device.length)
  const differing = differences(cpu, device)
  const pass = differing.length === 0
  return {
    pass,
    message: () =>
      pass
        ? `expected CPU and device to differ somewhere in ${countOf(device.length, 'byte')}`
        : explain(cpu, device, differing, offset),
  }
}

function targetOf(expected: DeviceContents): ResolvedTarget | undefined {
  const resource =
    expected instanceof Resource ? expected : (expected as { resource?: unknown }).resource
  if (!(resource instanceof Resource)) return undefined
  return resolveTarget('expected', expected as Target, resource.device)
}

/** What a command sees in `target` that is submitted now. */
function readByCommand({ resource, offset, size }: ResolvedTarget): Uint8Array {
  const { device } = resource
  const copy = device.createBuffer({ size })
  try {
    device.submit([{ op: 'copy', from: { resource, offset, size }, to: copy }]).wait()
    return new Uint8Array(device.peek(copy))
  } finally {
    copy.destroy()
  }
}

function cpuBytes(received: unknown, offset: number, size: number): Uint8Array {
  if (!(received instanceof BufferObject)) {
    const bytes = bytesOf('received', received)
    if (bytes.length < size) throw tooShort('received', size, bytes.length)
    return bytes.subarray(0, size)
  }
  if (received.size < offset + size) throw tooShort('received', offset + size, received.size)
  const skipped = offset % native.pageSize
  const buffer = received.map({ offset: offset - skipped, length: skipped + size })
  return new Uint8Array(buffer, skipped, size)
}

const tooShort = (name: string, size: number, length: number): Error =>
  outOfRange(name, `of at least ${size} bytes, to be compared as a whole`, length)

function bytesOf(name: string, value: unknown): Uint8Array {
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  }
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return new Uint8Array(value)
  const also = name === 'expected' ? 'a Resource, { resource, offset, size }' : 'a BufferObject'
  throw invalidArgument(name, `${also}, an ArrayBuffer or a view of one`, value)
}

function differences(cpu: Uint8Array, device: Uint8Array): number[] {
  if (Buffer.compare(cpu, device) === 0) return []
  const found: number[] = []
  for (let i = 0; i < cpu.length; i++) if (cpu[i] !== device[i]) found.push(i)
  return found
}

function explain(
  cpu: Uint8Array,
  device: Uint8Array,
  differing: readonly number[],
  offset: number,
): string {
  const [first = 0] = differing
  const at = offset + first
  const pages = [
    ...new Set(differing.map((index) => Math.floor((offset + index) / native.pageSize))),
  ]
  return [
    `expected CPU and device to have the same ${countOf(cpu.length, 'byte')}, but ${countOf(differing.length, 'byte')} in ${countOf(pages.length, 'page')} differ: ${showPages(pages)}`,
    `first difference at byte ${at} (page ${Math.floor(at / native.pageSize)}, byte ${at % native.pageSize} of it):`,
    `  CPU:    ${hex(cpu, first)}`,
    `  device: ${hex(device, first)}`,
  ].join('\n')
}

/** A few bytes from `first` on. */
function hex(bytes: Uint8Array, first: number): string {
  return Array.from(bytes.subarray(first, first + 16), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join(' ')
}
