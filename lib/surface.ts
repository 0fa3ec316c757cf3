// Surfaces: resources whose bytes are texels.

import type { EmulatedDevice } from './device.ts'
import { invalidArgument } from './errors.ts'
import { type NativeResource, type NativeSurfaceLayout, native } from './native.ts'
import { type Place, Resource } from './resource.ts'
import { checkInteger, checkOptions } from './validate.ts'

/**
 * Formats, by the names of their channels and the bits of each: `r8`, `rg8`, `rgb8`, `rgba8`, `rgba16`
 * and `rgba32` have 1, 2, 3, 4, 8 and 16 bytes per texel. `bc1` has 8 bytes, `bc3` and `bc7` have 16
 * bytes for each block of 4×4 texels.
 */
export const surfaceFormats = [
  'r8',
  'rg8',
  'rgb8',
  'rgba8',
  'rgba16',
  'rgba32',
  'bc1',
  'bc3',
  'bc7',
] as const

/** One of `surfaceFormats`. */
export type SurfaceFormat = (typeof surfaceFormats)[number]

/** What a surface looks like. */
export interface SurfaceDescription {
  /** How many bytes a texel, or a block of texels, has. */
  format: SurfaceFormat
  /** Texels of mip 0; 1 to 65,536, and so for the other two. */
  width: number
  /** Texels. Default 1: a 1-D surface. */
  height?: number
  /** Texels; more than 1 for a volume. Default 1. */
  depth?: number
  /** Layers of an array, or 6 for a cube; 1 to 2,048. Default 1. */
  layers?: number
  /** Mips, each half the extent of the one before; at most down to one texel. Default 1. */
  mips?: number
  /** Samples per texel: 1, 2, 4 … 64. More than 1 takes one mip, depth 1 and no block format. Default 1. */
  samples?: number
}

/** Names one image of a surface. */
export interface SubresourceIndex {
  /** Default 0. */
  layer?: number
  /** Default 0. */
  mip?: number
}

/** Where one mip of one layer lies within its surface, and how large it is. */
export interface Subresource {
  /** Bytes from the beginning of the surface, in its first sheet. */
  offset: number
  /** Bytes. */
  size: number
  /** Bytes from one row (for block formats: of blocks) to the next. */
  rowPitch: number
  /** Bytes from one slice to the next. */
  slicePitch: number
  /** Texels. */
  width: number
  /** Texels. */
  height: number
  /** Texels. */
  depth: number
}

const descriptionKeys = ['format', 'width', 'height', 'depth', 'layers', 'mips', 'samples'] as const
/** The keys of SurfaceOptions. */
export const surfaceOptionKeys: readonly string[] = [...descriptionKeys, 'offset', 'coherent']
const maxExtent = 65_536
const maxLayers = 2048
const maxSamples = 64

let nativeLayout: (layout: SurfaceLayout) => NativeSurfaceLayout

/**
 * How the texels of a surface lie among its bytes: packed tightly, samples outermost, then layers,
 * mips, slices, rows. Needs no device, so it tells how large a buffer object has to be.
 */
export class SurfaceLayout {
  readonly #native: NativeSurfaceLayout
  /** As described. */
  readonly format: SurfaceFormat
  /** Texels of mip 0. */
  readonly width: number
  /** Texels of mip 0. */
  readonly height: number
  /** Texels of mip 0. */
  readonly depth: number
  /** Layers of the array. */
  readonly layers: number
  /** Mips of each layer. */
  readonly mips: number
  /** Samples per texel. */
  readonly samples: number

  static {
    nativeLayout = (layout) => layout.#native
  }

  /** @throws MkwriteError `ERR_MKWRITE_INVALID_ARGUMENT`, `ERR_MKWRITE_OUT_OF_RANGE` */
  constructor(description: SurfaceDescription) {
    checkOptions('description', description, descriptionKeys)
    const number = (key: Exclude<(typeof descriptionKeys)[number], 'format'>, max: number) =>
      checkInteger(`description.${key}`, description[key] ?? 1, 1, max)
    if (!surfaceFormats.includes(description.format)) {
      const names = surfaceFormats.map((name) => `'${name}'`).join(', ')
      throw invalidArgument('description.format', `one of ${names}`, description.format)
    }
    if (description.width === undefined) {
      throw invalidArgument('description.width', 'of type number', undefined)
    }
    this.format = description.format
    this.width = number('width', maxExtent)
    this.height = number('height', maxExtent)
    this.depth = number('depth', maxExtent)
    this.layers = number('layers', maxLayers)
    const largest = Math.max(this.width, this.height, this.depth)
    this.mips = number('mips', 32 - Math.clz32(largest))
    this.samples = number('samples', maxSamples)
    this.#native = new native.SurfaceLayout(
      this.format,
      this.width,
      this.height,
      this.depth,
      this.layers,
      this.mips,
      this.samples,
    )
  }

  /** Bytes. */
  get size(): number {
    return this.#native.size
  }

  /** @throws MkwriteError `ERR_MKWRITE_OUT_OF_RANGE` */
  subresource(index: SubresourceIndex = {}): Subresource {
    checkOptions('index', index, ['layer', 'mip'])
    return this.#native.subresource(
      checkInteger('index.layer', index.layer ?? 0, 0, this.layers - 1),
      checkInteger('index.mip', index.mip ?? 0, 0, this.mips - 1),
    )
  }
}

/** How `bo.surface()` places a surface in its buffer object. */
export interface SurfaceOptions extends SurfaceDescription {
  /** Bytes from the beginning of the buffer object; default 0. */
  offset?: number
  /** As for `bo.resource()`. */
  coherent?: boolean
}

/** What other modules of this package may do with surfaces. Not exported by the package. */
export let internals: {
  nativeLayout(layout: SurfaceLayout): NativeSurfaceLayout
  create(
    device: EmulatedDevice,
    native: NativeResource,
    layout: SurfaceLayout,
    place?: Place,
  ): Surface
}

/**
 * A resource whose bytes are texels. What the CPU writes travels as boxes: one per mip and layer that
 * was written, around all that was written there.
 */
export class Surface extends Resource {
  /** How its texels lie among its bytes. */
  readonly layout: SurfaceLayout

  static {
    internals = {
      nativeLayout,
      create: (device, nativeResource, layout, place) =>
        new Surface(device, nativeResource, layout, place),
    }
  }

  private constructor(
    device: EmulatedDevice,
    nativeResource: NativeResource,
    layout: SurfaceLayout,
    place: Place | undefined,
  ) {
    super(device, nativeResource, layout.size, place)
    this.layout = layout
  }

  /** Where one mip of one layer lies within this surface. @throws MkwriteError `ERR_MKWRITE_OUT_OF_RANGE` */
  subresource(index?: SubresourceIndex): Subresource {
    return this.layout.subresource(index)
  }
}
