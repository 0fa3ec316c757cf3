// A spreadsheet that the emulated GPU recalculates:
//
//   node examples/sheet.mjs [frames]
//
// 2048 rows of 1024 cells, a page each. Each frame some cells change here and there, a block is pasted,
// and the GPU computes all prices from all amounts. Then the rows that are on the screen are shown. Few
// pages travel to the device and few come back, and nobody keeps a list of them.

import { EmulatedDevice } from 'mkwrite'

const [frames = '120'] = process.argv.slice(2)
if (!/^[1-9]\d*$/.test(frames)) {
  console.error('Usage: node examples/sheet.mjs [FRAMES]')
  process.exit(2)
}

const rows = 2048
const columns = 1024
const shownRows = 24
const size = rows * columns * Float32Array.BYTES_PER_ELEMENT

const device = new EmulatedDevice()
const input = device.createBufferObject({ size })
const output = device.createBufferObject({ size })
const fees = device.createBufferObject({ size })
const amounts = new Float32Array(input.map())
const prices = new Float32Array(output.map())
const rate = 1.19
amounts.fill(1)
new Float32Array(fees.map()).fill(0.5)

// Always the same edits.
let state = 12345
const random = (limit) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * limit)
}

/** What people type into cells anywhere, and a block that somebody pastes. */
function edit(frame) {
  for (let i = 0; i < 40; i++) amounts[random(rows) * columns + random(columns)] = frame + i
  const [top, left] = [random(rows - 30), random(columns - 8)]
  for (let row = top; row < top + 30; row++) {
    for (let column = left; column < left + 8; column++) amounts[row * columns + column] = frame
  }
}

/** The rows on the screen, which scrolls, as one number each. */
function show(frame) {
  const top = (frame * 2) % (rows - shownRows)
  const sums = []
  for (let row = top; row < top + shownRows; row++) {
    let sum = 0
    for (let column = 0; column < columns; column++) sum += prices[row * columns + column]
    sums.push(sum)
  }
  return sums
}

let shown = []
for (let frame = 0; frame < Number(frames); frame++) {
  edit(frame)
  const command = /** @type {const} */ ({
    op: 'scaleAdd',
    a: rate,
    x: input.resource(),
    y: fees.resource(),
    to: output.resource(),
  })
  await device.submit([command]).signaled
  shown = show(frame)
}

const MiB = 1024 * 1024
const sent = (input.stats.bytesUpdated + fees.stats.bytesUpdated) / MiB
const fetched = output.stats.bytesReadBack / MiB
console.log(
  `${frames} frames of ${(3 * size) / MiB} MiB: ${sent.toFixed(1)} MiB went to the device, ` +
    `${fetched.toFixed(1)} MiB came back; the last rows sum up to ${shown.reduce((a, b) => a + b, 0).toFixed(1)}`,
)
device.destroy()
