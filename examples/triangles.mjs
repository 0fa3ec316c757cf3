// Draws a turning star on the emulated GPU and saves each frame as a PNG:
//
//   node examples/triangles.mjs out/ [frames]
//
// Each frame the CPU writes the vertices into a buffer object, a command draws them into a surface of
// another one, and the CPU reads the texels. There is no upload, no download and no flush in here:
// page protection finds out what has to travel.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EmulatedDevice, SurfaceLayout } from 'mkwrite'
import { PNG } from 'pngjs'

const [folder, frames = '24'] = process.argv.slice(2)
if (folder === undefined || !/^[1-9]\d*$/.test(frames)) {
  console.error('Usage: node examples/triangles.mjs FOLDER [FRAMES]')
  process.exit(2)
}
mkdirSync(folder, { recursive: true })

const size = 512
const points = 12
const rings = 3
const vertexBytes = 12
const opaque = 0xff000000 // r, g, b, a in memory: alpha is the last byte
const vertexCount = rings * points * 2 * 3

const device = new EmulatedDevice()
const description = /** @type {const} */ ({ format: 'rgba8', width: size, height: size })
const frame = device.createBufferObject({ size: new SurfaceLayout(description).size })
const mesh = device.createBufferObject({ size: vertexCount * vertexBytes })
const surface = frame.surface(description)
const vertices = mesh.resource({ size: vertexCount * vertexBytes })

const positions = new DataView(mesh.map())
const texels = new Uint32Array(frame.map(), 0, size * size)

/** Red, green and blue of a hue from 0 to 1. */
function colorOf(hue, lightness) {
  const channel = (shift) => {
    const wave = Math.cos(2 * Math.PI * (hue + shift))
    return Math.round(255 * lightness * (0.5 + 0.5 * wave))
  }
  return [channel(0), channel(-1 / 3), channel(1 / 3)]
}

/** Writes the star as it is after `turn` of a whole turn. */
function writeStar(turn) {
  let at = 0
  const vertex = (radius, angle, [red, green, blue]) => {
    positions.setFloat32(at, size / 2 + radius * Math.cos(angle), true)
    positions.setFloat32(at + 4, size / 2 + radius * Math.sin(angle), true)
    positions.setUint32(at + 8, ((red << 24) | (green << 16) | (blue << 8) | 255) >>> 0, false)
    at += vertexBytes
  }
  for (let ring = 0; ring < rings; ring++) {
    const outer = (size / 2) * (0.96 - 0.28 * ring)
    const inner = outer * 0.48
    const spin = (ring % 2 === 0 ? 1 : -1) * turn * 2 * Math.PI * (2 / points)
    for (let point = 0; point < points; point++) {
      const hue = point / points + ring / rings + turn
      const tip = spin + (2 * Math.PI * point) / points
      const half = Math.PI / points
      // Each point is two triangles, a bright one and a dark one.
      for (const [side, lightness] of [
        [-half, 1],
        [half, 0.55],
      ]) {
        vertex(0, 0, colorOf(hue + 0.5, lightness * 0.35))
        vertex(outer, tip, colorOf(hue, lightness))
        vertex(inner, tip + side, colorOf(hue + 0.15, lightness))
      }
    }
  }
}

for (let index = 0; index < Number(frames); index++) {
  writeStar(index / Number(frames))
  const fence = device.submit([
    { op: 'fill', to: surface, value: 24 },
    { op: 'fillTriangles', vertices, to: surface, shading: 'smooth' },
  ])
  await fence.signaled

  const image = new PNG({ width: size, height: size })
  const pixels = new Uint32Array(image.data.buffer, image.data.byteOffset, texels.length)
  // The first touch of each page reads it back. What `fill` left has an alpha of its own.
  for (let i = 0; i < texels.length; i++) pixels[i] = texels[i] | opaque
  const name = `frame-${String(index).padStart(3, '0')}.png`
  writeFileSync(join(folder, name), PNG.sync.write(image))
}

const { bytesUpdated } = mesh.stats
const { bytesReadBack } = frame.stats
console.log(
  `${frames} frames in ${folder}: ${bytesUpdated} bytes of vertices went to the device, ` +
    `${bytesReadBack} bytes of texels came back`,
)
device.destroy()
