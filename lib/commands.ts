// Commands, as users write them and as the addon takes them.

import { invalidArgument, outOfRange } from './errors.ts'
import type { NativeResource } from './native.ts'
import { internals as resourceInternals } from './resource.ts'
import type { Surface } from './surface.ts'
import {
  checkRgba8,
  type ImageTarget,
  type ResolvedTarget,
  resolveArray,
  resolveImage,
  resolveTarget,
  type Target,
} from './target.ts'
import { checkInteger, checkOptions } from './validate.ts'

/** Sets each byte of `to` to `value`, 0 to 255. */
export interface FillCommand {
  op: 'fill'
  /** The bytes to set. */
  to: Target
  /** An integer, 0 to 255. */
  value: number
}

/** Copies `from` to `to`, which has the same size. */
export interface CopyCommand {
  op: 'copy'
  /** What is read. */
  from: Target
  /** What is written; of the same size. May overlap `from`. */
  to: Target
}

/** Writes the CRC-32 of `from` (as `zlib.crc32`) to the 4 bytes of `to`, little-endian. */
export interface ChecksumCommand {
  op: 'checksum'
  /** What is read. */
  from: Target
  /** The 4 bytes that are written. */
  to: Target
}

/**
 * Gives up what the device wrote to `to`: it is not read back, and the bytes that the CPU last had
 * take its place, for the CPU and for later submissions. Affects pages of which `to` covers all bytes
 * that the resource has; `to` may be device memory, where it does nothing.
 */
export interface DiscardCommand {
  op: 'discard'
  /** What is given up. */
  to: Target
}

/**
 * `to[i] = a * x[i] + y[i]` on float32, rounded after either operation. All three have the same size
 * and begin at multiples of 4 bytes; `to` may be `x` or `y`, or apart from them.
 */
export interface ScaleAddCommand {
  op: 'scaleAdd'
  /** The factor; rounded to float32. */
  a: number
  /** What is multiplied. */
  x: Target
  /** What is added. */
  y: Target
  /** What is written. */
  to: Target
}

/**
 * Multiplies each vector of four float32 of `from` by a 4×4 matrix, given by columns as in GLSL and
 * WGSL. `to` has the same size, and is `from` or apart from it.
 */
export interface TransformCommand {
  op: 'transform'
  /** 16 numbers, copied when the command is submitted. */
  matrix: ArrayLike<number>
  /** What is read; a multiple of 16 bytes. */
  from: Target
  /** What is written; of the same size. */
  to: Target
}

/**
 * Makes all further mips of an rgba8 surface from mip `mip` (default 0), of one layer or (the default)
 * of all: each texel is the mean of the 2×2, in a volume 2×2×2, that it covers.
 */
export interface DownsampleCommand {
  op: 'downsample'
  /** What is read and written; of format `rgba8` with one sample, and with mips. */
  surface: Surface
  /** Default: all. */
  layer?: number
  /** The mip to begin with; default 0. */
  mip?: number
}

/**
 * Draws triangles into an image of an rgba8 surface, of a volume into its first slice. A vertex has 12
 * bytes: x and y as float32, in texels from the upper left corner, then r, g, b and a. Texels are
 * covered by the top-left rule; nothing is blended; both windings are drawn.
 */
export interface FillTrianglesCommand {
  op: 'fillTriangles'
  /** What is read. */
  vertices: Target
  /** Vertices, three to a triangle. Default: as many as `vertices` has bytes for. */
  count?: number
  /** What is drawn into; of format `rgba8` with one sample. */
  to: ImageTarget
  /** The colour of the first vertex, or (the default) interpolated between the three. */
  shading?: 'flat' | 'smooth'
}

/** What the emulated device can do. */
export type Command =
  | FillCommand
  | CopyCommand
  | ChecksumCommand
  | DiscardCommand
  | ScaleAddCommand
  | TransformCommand
  | DownsampleCommand
  | FillTrianglesCommand

type Encoded = (number | NativeResource)[]

interface Encoder<C extends Command> {
  code: number
  keys: readonly string[]
  /** What follows the code: numbers, then operands, in the addon's order. */
  encode(command: C, name: string, device: unknown): Encoded
}

/** A target takes three places: resource, offset, size. */
function encodeTarget({ resource, offset, size }: ResolvedTarget): Encoded {
  return [resourceInternals.native(resource), offset, size]
}

const vertexBytes = 12

const encoders: { [Op in Command['op']]: Encoder<Extract<Command, { op: Op }>> } = {
  fill: {
    code: 0,
    keys: ['op', 'to', 'value'],
    encode: ({ value, to }, name, device) => [
      checkInteger(`${name}.value`, value, 0, 255),
      ...encodeTarget(resolveTarget(`${name}.to`, to, device)),
    ],
  },
  copy: {
    code: 1,
    keys: ['op', 'from', 'to'],
    encode: ({ from, to }, name, device) => [
      ...encodeTarget(resolveTarget(`${name}.from`, from, device)),
      ...encodeTarget(resolveTarget(`${name}.to`, to, device)),
    ],
  },
  checksum: {
    code: 2,
    keys: ['op', 'from', 'to'],
    encode: ({ from, to }, name, device) => [
      ...encodeTarget(resolveTarget(`${name}.from`, from, device)),
      ...encodeTarget(resolveTarget(`${name}.to`, to, device)),
    ],
  },
  discard: {
    code: 3,
    keys: ['op', 'to'],
    encode: ({ to }, name, device) => encodeTarget(resolveTarget(`${name}.to`, to, device)),
  },
  scaleAdd: {
    code: 4,
    keys: ['op', 'a', 'x', 'y', 'to'],
    encode: ({ a, x, y, to }, name, device) => [
      checkFloat(`${name}.a`, a),
      ...encodeTarget(resolveArray(`${name}.x`, x, device, 4)),
      ...encodeTarget(resolveArray(`${name}.y`, y, device, 4)),
      ...encodeTarget(resolveArray(`${name}.to`, to, device, 4)),
    ],
  },
  transform: {
    code: 5,
    keys: ['op', 'matrix', 'from', 'to'],
    encode: ({ matrix, from, to }, name, device) => [
      ...copyMatrix(`${name}.matrix`, matrix),
      ...encodeTarget(resolveArray(`${name}.from`, from, device, 16)),
      ...encodeTarget(resolveArray(`${name}.to`, to, device, 16)),
    ],
  },
  downsample: {
    code: 6,
    keys: ['op', 'surface', 'layer', 'mip'],
    encode: ({ surface: target, layer, mip = 0 }, name, device) => {
      const { surface } = resolveImage(`${name}.surface`, target, device)
      checkRgba8(`${name}.surface`, surface)
      const { layers, mips } = surface.layout
      if (mips < 2) throw invalidArgument(`${name}.surface`, 'a surface with mips', { mips })
      return [
        checkInteger(`${name}.layer`, layer ?? 0, 0, layers - 1),
        layer === undefined ? layers : 1,
        checkInteger(`${name}.mip`, mip, 0, mips - 2),
        resourceInternals.native(surface),
      ]
    },
  },
  fillTriangles: {
    code: 7,
    keys: ['op', 'vertices', 'count', 'to', 'shading'],
    encode: ({ vertices: target, count, to, shading = 'smooth' }, name, device) => {
      if (shading !== 'flat' && shading !== 'smooth') {
        throw invalidArgument(`${name}.shading`, "'flat' or 'smooth'", shading)
      }
      const { surface, layer, mip } = resolveImage(`${name}.to`, to, device)
      checkRgba8(`${name}.to`, surface)
      // Only the vertices that are drawn are read, and so uploaded.
      const vertices = resolveVertices(name, target, count, device)
      return [
        shading === 'flat' ? 0 : 1,
        layer,
        mip,
        ...encodeTarget(vertices),
        resourceInternals.native(surface),
      ]
    },
  },
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
    encoded.push(encoder.code, ...encoder.encode(command as never, name, device))
  })
  return encoded
}

function checkFloat(name: string, value: unknown): number {
  if (typeof value !== 'number') throw invalidArgument(name, 'of type number', value)
  return value
}

/** Copied, because the argument may lie in memory that the device owns (rule 3). */
function copyMatrix(name: string, matrix: ArrayLike<number>): number[] {
  if (typeof matrix !== 'object' || matrix === null || matrix.length !== 16) {
    throw invalidArgument(name, 'an array of 16 numbers', matrix)
  }
  return Array.from(matrix, (element, i) => checkFloat(`${name}[${i}]`, element))
}

function resolveVertices(
  name: string,
  target: Target,
  count: number | undefined,
  device: unknown,
): ResolvedTarget {
  const triangleBytes = 3 * vertexBytes
  if (count === undefined) return resolveArray(`${name}.vertices`, target, device, triangleBytes)
  const vertices = resolveArray(`${name}.vertices`, target, device, 1)
  checkInteger(`${name}.count`, count, 3, Math.floor(vertices.size / vertexBytes))
  if (count % 3 !== 0) throw outOfRange(`${name}.count`, 'a multiple of 3', count)
  return { ...vertices, size: count * vertexBytes }
}
