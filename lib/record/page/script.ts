// What the page of a replay does in a browser: paints the heat map and the costs of frames, and tells
// what lies under the pointer. As text, because it runs elsewhere: it finds its data in #data.

export const script = `
'use strict'
const { heatMap, costs, frames } = JSON.parse(document.getElementById('data').textContent)
const tip = document.getElementById('tip')
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const rgb = (name) => [1, 3, 5].map((at) => parseInt(css(name).slice(at, at + 2), 16))
const span = (first, count, noun) =>
  count === 1 ? noun + ' ' + first : noun + 's ' + first + ' to ' + (first + count - 1)

function showTip(event, text) {
  tip.hidden = false
  tip.textContent = text
  const { width, height } = tip.getBoundingClientRect()
  const left = Math.min(event.clientX + 14, document.documentElement.clientWidth - width - 4)
  const above = event.clientY - height - 14
  tip.style.left = Math.max(left, 4) + 'px'
  tip.style.top = (above < 4 ? event.clientY + 18 : above) + 'px'
}

function tellAt(element, describe) {
  const tell = (event) => {
    const box = element.getBoundingClientRect()
    const x = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 0.999999)
    const y = Math.min(Math.max((event.clientY - box.top) / box.height, 0), 0.999999)
    showTip(event, describe(x, y))
  }
  element.addEventListener('pointermove', tell)
  element.addEventListener('pointerdown', tell)
  element.addEventListener('pointerleave', () => { tip.hidden = true })
}

async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

function paint(canvas, layers, size) {
  const paper = rgb('--cell')
  const inks = ['--cpu', '--device', '--back'].map(rgb)
  const context = canvas.getContext('2d')
  const image = context.createImageData(canvas.width, canvas.height)
  for (let at = 0; at < size; at++) {
    const shares = layers.map((layer) => layer[at] / 255)
    const sum = shares[0] + shares[1] + shares[2]
    // Few pages of many shall be seen, too.
    const strength = Math.min(sum, 1) ** 0.5
    for (let channel = 0; channel < 3; channel++) {
      const ink = sum === 0 ? 0 : inks.reduce((mix, it, i) => mix + it[channel] * shares[i], 0) / sum
      image.data[4 * at + channel] = paper[channel] + (ink - paper[channel]) * strength
    }
    image.data[4 * at + 3] = 255
  }
  context.putImageData(image, 0, 0)
}

async function drawHeatMap() {
  const { bands, columns, framesPerColumn } = heatMap
  const cells = await unpack(heatMap.cells)
  let begin = 0
  for (const [index, { rows, pages, pagesPerRow }] of bands.entries()) {
    const size = rows * columns
    const layers = [0, 1, 2].map((layer) => cells.subarray(begin + layer * size, begin + (layer + 1) * size))
    begin += 3 * size
    const canvas = document.querySelector('[data-band="' + index + '"]')
    canvas.width = columns
    canvas.height = rows
    const repaint = () => {
      canvas.style.imageRendering = canvas.clientWidth >= columns ? 'pixelated' : 'auto'
      paint(canvas, layers, size)
    }
    repaint()
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint)
    tellAt(canvas, (x, y) => {
      const column = Math.floor(x * columns)
      const row = Math.floor(y * rows)
      const inRow = Math.min(pagesPerRow, pages - row * pagesPerRow)
      const inColumn = Math.min(framesPerColumn, frames - column * framesPerColumn)
      const percent = layers.map((layer) => Math.round((100 * layer[row * columns + column]) / 255))
      return [
        span(column * framesPerColumn, inColumn, 'frame') + ', buffer object ' + index + ', ' + span(row * pagesPerRow, inRow, 'page'),
        'written by the CPU: ' + percent[0] + ' %',
        'written by the device: ' + percent[1] + ' %',
        'came back: ' + percent[2] + ' %',
      ].join('\\n')
    })
  }
}

function drawCosts() {
  const svg = document.getElementById('costs')
  const most = Math.max(...costs.lines.flatMap((line) => line.points), 1e-9)
  const count = costs.lines[0].points.length
  const step = count > 1 ? 1000 / (count - 1) : 0
  const make = (name, attributes) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name)
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
    return svg.appendChild(made)
  }
  // A logarithmic axis of three decades: what costs little is to be told apart, too.
  const height = (ms) => 100 - 98 * Math.max(Math.log10(Math.max(ms, most / 1000) / most) / 3 + 1, 0)
  for (const [index, { points }] of costs.lines.entries()) {
    const path = points.map((ms, i) => (i * step).toFixed(1) + ',' + height(ms).toFixed(2)).join(' ')
    make('polyline', { points: count > 1 ? path : path + ' 1000,' + height(points[0]), stroke: 'var(--p' + (index % 9) + ')' })
  }
  const cursor = make('line', { y1: 0, y2: 100, visibility: 'hidden' })
  svg.addEventListener('pointerleave', () => cursor.setAttribute('visibility', 'hidden'))
  tellAt(svg, (x) => {
    const at = Math.round(x * (count - 1))
    for (const name of ['x1', 'x2']) cursor.setAttribute(name, at * step)
    cursor.setAttribute('visibility', 'visible')
    const inBin = Math.min(costs.framesPerPoint, frames - at * costs.framesPerPoint)
    const values = costs.lines.map(({ policy, points }) => policy + ': ' + points[at].toFixed(4) + ' ms')
    return [span(at * costs.framesPerPoint, inBin, 'frame'), ...values].join('\\n')
  })
}

drawCosts()
drawHeatMap().then(() => { document.documentElement.dataset.drawn = 'true' })
`
