// A fountain of particles on the emulated GPU, with a ring of vertex buffers:
//
//   node examples/particles.mjs [frames] [picture.png]
//
// Each frame the CPU moves all particles and writes their triangles into the next buffer object of the
// ring, and a command draws them. Up to three frames are under way at once. Nothing says which buffer
// was written, or when: page protection finds out. Only the last picture is read.

import { writeFileSync } from 'node:fs'
import { EmulatedDevice, SurfaceLayout } from 'mkwrite'

const [frames = '120', picture] = process.argv.slice(2)
if (!/^[1-9]\d*$/.test(frames)) {
  console.error('Usage: node examples/particles.mjs [FRAMES] [PICTURE]')
  process.exit(2)
}

const size = 256
const particles = 4096
const ringLength = 3
const vertexBytes = 12
const gravity = 0.02
const bytesPerFrame = particles * 3 * vertexBytes

const device = new EmulatedDevice()
const description = /** @type {const} */ ({ format: 'rgba8', width: size, height: size })
const screen = device.createBufferObject({ size: new SurfaceLayout(description).size })
const surface = screen.surface(description)
const ring = Array.from({ length: ringLength }, () => {
  const buffer = device.createBufferObject({ size: bytesPerFrame })
  return {
    buffer,
    vertices: buffer.resource({ size: bytesPerFrame }),
    floats: new Float32Array(buffer.map()),
    words: new Uint32Array(buffer.map()),
    /** @type {import('mkwrite').Fence | undefined} */
    fence: undefined,
  }
})

// Always the same fountain.
let state = 12345
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}

const x = new Float32Array(particles)
const y = new Float32Array(particles)
const speedX = new Float32Array(particles)
const speedY = new Float32Array(particles)
const age = new Float32Array(particles)

function launch(i) {
  x[i] = size / 2
  y[i] = size * 0.9
  speedX[i] = (random() - 0.5) * 0.7
  speedY[i] = -2.2 - random() * 1.4
  age[i] = 0
}
for (let i = 0; i < particles; i++) {
  launch(i)
  // As if it had been running for a while.
  age[i] = random() * 290
  x[i] += speedX[i] * age[i]
  y[i] += speedY[i] * age[i] + (gravity / 2) * age[i] ** 2
  speedY[i] += gravity * age[i]
}

/** Moves all particles by one step, in a wind that changes, and writes a triangle for each. */
function step({ floats, words }, time) {
  for (let i = 0, at = 0; i < particles; i++) {
    age[i]++
    speedX[i] += 0.004 * Math.sin(time * 0.03 + y[i] * 0.02)
    speedY[i] += gravity - 0.001 * Math.cos(time * 0.02 + x[i] * 0.05)
    x[i] += speedX[i]
    y[i] += speedY[i]
    if (y[i] > size) launch(i)
    // Bytes r, g, b, a in memory: from white to blue with age.
    const fade = Math.max(255 - 0.8 * age[i], 20)
    const color = (0xff << 24) | (255 << 16) | (fade << 8) | fade
    for (let corner = 0; corner < 3; corner++, at += 3) {
      floats[at] = x[i] + (corner === 1 ? 2 : 0)
      floats[at + 1] = y[i] + (corner === 2 ? 2 : 0)
      words[at + 2] = color
    }
  }
}

for (let index = 0; index < Number(frames); index++) {
  const slot = ring[index % ringLength]
  await slot.fence?.signaled
  step(slot, index)
  slot.fence = device.submit([
    { op: 'fill', to: surface, value: 16 },
    { op: 'fillTriangles', vertices: slot.vertices, to: surface, shading: 'flat' },
  ])
}
await device.submit([]).signaled

const texels = new Uint8Array(screen.map(), 0, surface.size)
const lit = texels.filter((value, i) => i % 4 === 2 && value > 16).length
if (picture !== undefined) {
  const { PNG } = await import('pngjs')
  const image = new PNG({ width: size, height: size })
  image.data.set(texels)
  for (let i = 3; i < image.data.length; i += 4) image.data[i] = 255
  writeFileSync(picture, PNG.sync.write(image))
}

const bytesUpdated = ring.reduce((sum, { buffer }) => sum + (buffer.stats.bytesUpdated ?? 0), 0)
console.log(
  `${frames} frames of ${particles} particles: ${bytesUpdated} bytes of vertices went to the device, ` +
    `${screen.stats.bytesReadBack} bytes of texels came back, ${lit} texels are lit`,
)
device.destroy()
