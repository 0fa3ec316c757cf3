// What commands name: parts of resources, and images of surfaces.

import { invalidArgument, MkwriteError, outOfRange } from './errors.ts'
import { Resource } from './resource.ts'
import { type SubresourceIndex, Surface } from './surface.ts'
import { checkInteger, checkOptions, checkRange, type Range } from './validate.ts'

/** A resource, or a part of one. */
export type Target =
  | Resource
  | ({
      /** Which one. */
      resource: Resource
    } & Range)

/** A surface, meaning its layer 0 and mip 0, or one of its images. */
export type ImageTarget =
  | Surface
  | ({
      /** Which one. */
      surface: Surface
    } & SubresourceIndex)

export interface ResolvedTarget extends Required<Range> {
  resource: Resource
}

/** The bytes that `target` means. `device`: the one that the command is submitted to. */
export function resolveTarget(name: string, target: Target, device: unknown): ResolvedTarget {
  const resource = target instanceof Resource ? target : target?.resource
  if (!(resource instanceof Resource)) {
    throw invalidArgument(name, 'a Resource or { resource, offset, size }', target)
  }
  checkResource(name, resource, device)
  if (target === resource) return { resource, offset: 0, size: resource.size }
  const { resource: _, ...range } = target as { resource: Resource } & Range
  return { resource, ...checkRange(name, range, resource.size) }
}

/** A target that is an array of elements that begin at multiples of four bytes. */
export function resolveArray(
  name: string,
  target: Target,
  device: unknown,
  elementBytes: number,
): ResolvedTarget {
  const resolved = resolveTarget(name, target, device)
  if (resolved.offset % 4 !== 0) {
    throw outOfRange(`${name}.offset`, 'a multiple of 4', resolved.offset)
  }
  if (resolved.size % elementBytes !== 0) {
    throw outOfRange(`${name}.size`, `a multiple of ${elementBytes}`, resolved.size)
  }
  return resolved
}

export function resolveImage(
  name: string,
  target: ImageTarget,
  device: unknown,
): { surface: Surface } & Required<SubresourceIndex> {
  const surface = target instanceof Surface ? target : target?.surface
  if (!(surface instanceof Surface)) {
    throw invalidArgument(name, 'a Surface or { surface, layer, mip }', target)
  }
  checkResource(name, surface, device)
  const index: SubresourceIndex = target instanceof Surface ? {} : target
  const { layer = 0, mip = 0 } = index
  if (target !== surface) checkOptions(name, target, ['surface', 'layer', 'mip'])
  return {
    surface,
    layer: checkInteger(`${name}.layer`, layer, 0, surface.layout.layers - 1),
    mip: checkInteger(`${name}.mip`, mip, 0, surface.layout.mips - 1),
  }
}

/** Those surfaces that the image kernels work on. */
export function checkRgba8(name: string, { layout }: Surface): void {
  if (layout.format !== 'rgba8' || layout.samples !== 1) {
    const received = { format: layout.format, samples: layout.samples }
    throw invalidArgument(name, "a surface of format 'rgba8' with one sample", received)
  }
}

function checkResource(name: string, resource: Resource, device: unknown): void {
  if (resource.device !== device) {
    throw invalidArgument(name, 'a resource of the device that it is submitted to', resource)
  }
  if (resource.buffer?.destroyed) {
    throw new MkwriteError(
      'ERR_MKWRITE_DESTROYED',
      `The buffer object of "${name}" was destroyed. Create a new one.`,
    )
  }
}
