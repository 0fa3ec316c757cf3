// Commands, as users write them and as the addon takes them.

import { invalidArgument, MkwriteError } from './errors.ts'
import type { NativeResource } from './native.ts'
import { Resource, internals as resourceInternals } from './resource.ts'
import { checkInteger, checkOptions, checkRange, type Range } from './validate.ts'

/** A resource, or a part of one. */
export type Target = Resource | ({ resource: Resource } & Range)

/** Sets each byte of `to` to `value`, 0 to 255. */
export interface FillCommand {
  op: 'fill'
  to: Target
  value: number
}

/** Copies `from` to `to`, which has the same size. */
export interface CopyCommand {
  op: 'copy'
  from: Target
  to: Target
}

/** Writes the CRC-32 of `from` (as `zlib.crc32`) to the 4 bytes of `to`, little-endian. */
export interface ChecksumCommand {
  op: 'checksum'
  from: Target
  to: Target
}

/** What the emulated device can do. */
export type Command = FillCommand | CopyCommand | ChecksumCommand

type Encoded = (number | NativeResource)[]

/** By op: its number for the addon, its parameter, and its targets in the addon's order. */
const encoders: {
  [Op in Command['op']]: {
    code: number
    keys: readonly string[]
    targets: readonly ('from' | 'to')[]
    parameter?: (command: Extract<Command, { op: Op }>, name: string) => number
  }
} = {
  fill: {
    code: 0,
    keys: ['op', 'to', 'value'],
    targets: ['to'],
    parameter: (command, name) => checkInteger(`${name}.value`, command.value, 0, 255),
  },
  copy: { code: 1, keys: ['op', 'from', 'to'], targets: ['from', 'to'] },
  checksum: { code: 2, keys: ['op', 'from', 'to'], targets: ['from', 'to'] },
}

/** Checks commands and makes the flat array that the addon reads. */
export function encodeCommands(commands: readonly Command[], device: unknown): Encoded {
  if (!Array.isArray(commands)) throw invalidArgument('commands', 'an array', commands)
  const encoded: Encoded = []
  commands.forEach((command: Command, index) => {
    const name = `commands[${index}]`
    const encoder = Object.hasOwn(encoders, command?.op) ? encoders[command.op] : undefined
    if (encoder === undefined) {
      const ops = Object.keys(encoders).map((op) => `'${op}'`)
      throw invalidArgument(`${name}.op`, `one of ${ops.join(', ')}`, command?.op)
    }
    checkOptions(name, command, encoder.keys)
    encoded.push(encoder.code, encoder.parameter?.(command as never, name) ?? 0)
    for (const key of encoder.targets) {
      encodeTarget(encoded, `${name}.${key}`, (command as CopyCommand)[key], device)
    }
  })
  return encoded
}

function encodeTarget(encoded: Encoded, name: string, target: Target, device: unknown): void {
  const resource = target instanceof Resource ? target : target?.resource
  if (!(resource instanceof Resource)) {
    throw invalidArgument(name, 'a Resource or { resource, offset, size }', target)
  }
  if (resource.device !== device) {
    throw invalidArgument(name, 'a resource of the device that it is submitted to', target)
  }
  if (resource.buffer?.destroyed) {
    throw new MkwriteError(
      'ERR_MKWRITE_DESTROYED',
      `The buffer object of "${name}" was destroyed. Create a new one.`,
    )
  }
  let part = { offset: 0, size: resource.size }
  if (target !== resource) {
    const { resource: _, ...range } = target as { resource: Resource } & Range
    part = checkRange(name, range, resource.size)
  }
  encoded.push(resourceInternals.native(resource), part.offset, part.size)
}
