// What the emulated device computes, and that its results reach the CPU.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type BufferObject,
  type Command,
  EmulatedDevice,
  type FillTrianglesCommand,
  MkwriteError,
  type Policy,
  type Surface,
} from '../../lib/index.ts'
import { coherentPolicies, pageSize } from '../support/mechanisms.ts'
import { fc, propertyTest } from '../support/property.ts'
import { type Vertex, vertexBytes, writeVertices } from '../support/vertices.ts'

const MiB = 1024 * 1024

describe.each(coherentPolicies)('under policy %s', (policy: Policy) => {
  let device: EmulatedDevice
  let bo: BufferObject

  beforeEach(() => {
    device = new EmulatedDevice({ memory: 64 * MiB })
    bo = device.createBufferObject({ size: 4 * MiB, policy })
  })

  afterEach(() => {
    device.destroy()
    bo.destroy()
  })

  const run = (...commands: Command[]) => device.submit(commands).wait()
  const pixels = (surface: Surface, index?: { layer?: number; mip?: number }): Uint8Array => {
    const { offset, size } = surface.subresource(index)
    // The first resource of the buffer object begins at 0.
    return new Uint8Array(bo.map(), offset, size)
  }

  test('scaleAdd is a * x + y in float32', () => {
    const count = 5000
    const floats = new Float32Array(bo.map())
    for (let i = 0; i < 2 * count; i++) floats[i] = Math.sin(i) * 100
    const x = floats.slice(0, count)
    const y = floats.slice(count, 2 * count)
    const size = 4 * count
    const resource = bo.resource()
    run({
      op: 'scaleAdd',
      a: 1.1,
      x: { resource, offset: 0, size },
      y: { resource, offset: size, size },
      to: { resource, offset: 2 * size, size },
    })
    const a = Math.fround(1.1)
    const expected = x.map((value, i) => Math.fround(a * value) + (y[i] as number))
    expect(floats.slice(2 * count, 3 * count)).toEqual(expected)
    // What shares a page with the result is as it was.
    expect(floats.slice(count, 2 * count)).toEqual(y)
    expect(floats[3 * count]).toBe(0)
  })

  test('scaleAdd works in place, again and again', () => {
    const floats = new Float32Array(bo.map(), 0, 3000)
    floats.fill(1)
    const to = bo.resource({ size: floats.byteLength })
    for (let round = 1; round <= 10; round++) run({ op: 'scaleAdd', a: 1, x: to, y: to, to })
    expect(floats.every((value) => value === 1024)).toBe(true)
  })

  test('transform multiplies columns', () => {
    const vectors = new Float32Array(bo.map(), 0, 8)
    vectors.set([1, 2, 3, 1, -1, 0, 0.5, 0])
    const resource = bo.resource()
    // Scale by (2, 3, 4), then move by (10, 20, 30).
    const matrix = [2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4, 0, 10, 20, 30, 1]
    const from = { resource, offset: 0, size: 32 }
    run({ op: 'transform', matrix, from, to: from })
    expect([...vectors]).toEqual([12, 26, 42, 1, -2, 0, 2, 0])
    const target = device.createBuffer({ size: 32 })
    run({ op: 'transform', matrix: Float32Array.from(matrix), from, to: target })
    expect([...new Float32Array(device.peek(target))]).toEqual([34, 98, 198, 1, -4, 0, 8, 0])
  })

  test('a matrix may lie in memory that the device owns', () => {
    const matrix = new Float32Array(bo.map(), 0, 16)
    for (let i = 0; i < 4; i++) matrix[5 * i] = 1
    const resource = bo.resource({ size: pageSize })
    const vectors = device.createBuffer({ size: 16 })
    run({ op: 'scaleAdd', a: 1, x: resource, y: resource, to: resource })
    run(
      { op: 'copy', from: { resource, offset: 0, size: 16 }, to: vectors },
      { op: 'transform', matrix, from: vectors, to: vectors },
    )
    expect([...new Float32Array(device.peek(vectors))]).toEqual([4, 0, 0, 0])
  })

  test('downsample halves, mip after mip, and what it wrote is read back', () => {
    const surface = bo.surface({ format: 'rgba8', width: 37, height: 20, layers: 2, mips: 6 })
    const model: Uint8Array[][] = []
    for (const layer of [0, 1]) {
      const base = pixels(surface, { layer })
      for (let i = 0; i < base.length; i++) base[i] = (i * 31 + layer * 7) % 251
      const chain = [base.slice()]
      for (let mip = 1; mip < 6; mip++) {
        const from = surface.subresource({ mip: mip - 1 })
        const to = surface.subresource({ mip })
        const made = new Uint8Array(to.size)
        const source = chain[mip - 1] as Uint8Array
        const at = (x: number, y: number, channel: number) =>
          source[
            Math.min(y, from.height - 1) * from.rowPitch + 4 * Math.min(x, from.width - 1) + channel
          ] as number
        for (let y = 0; y < to.height; y++) {
          for (let x = 0; x < to.width; x++) {
            for (let c = 0; c < 4; c++) {
              const sum =
                at(2 * x, 2 * y, c) +
                at(2 * x + 1, 2 * y, c) +
                at(2 * x, 2 * y + 1, c) +
                at(2 * x + 1, 2 * y + 1, c)
              made[y * to.rowPitch + 4 * x + c] = (sum + 2) >> 2
            }
          }
        }
        chain.push(made)
      }
      model.push(chain)
    }
    run({ op: 'downsample', surface })
    for (const layer of [0, 1]) {
      for (let mip = 0; mip < 6; mip++) {
        expect(pixels(surface, { layer, mip }).slice(), `layer ${layer}, mip ${mip}`).toEqual(
          model[layer]?.[mip],
        )
      }
    }
  })

  test('downsample of one layer from one mip leaves the others alone', () => {
    const surface = bo.surface({ format: 'rgba8', width: 8, height: 8, layers: 2, mips: 3 })
    new Uint8Array(bo.map()).fill(50, 0, surface.size)
    pixels(surface, { layer: 1, mip: 1 }).fill(200)
    run({ op: 'downsample', surface, layer: 1, mip: 1 })
    expect([...pixels(surface, { layer: 1, mip: 2 })].every((value) => value === 200)).toBe(true)
    expect([...pixels(surface, { layer: 1, mip: 0 })].every((value) => value === 50)).toBe(true)
    expect([...pixels(surface, { layer: 0, mip: 2 })].every((value) => value === 50)).toBe(true)
  })

  test('fillTriangles draws what the CPU wrote, into what the CPU wrote', () => {
    const surface = bo.surface({ format: 'rgba8', width: 64, height: 64 })
    pixels(surface).fill(10)
    const offset = 1 * MiB
    writeVertices(bo.map(), offset, [
      { x: 0, y: 0, color: [255, 0, 0, 255] },
      { x: 32, y: 0, color: [0, 255, 0, 255] },
      { x: 0, y: 32, color: [0, 0, 255, 255] },
    ])
    const vertices = { resource: bo.resource({ offset, size: 3 * vertexBytes }) } as const
    run({ op: 'fillTriangles', vertices, to: surface, shading: 'flat' })
    const image = pixels(surface)
    const pixel = (x: number, y: number) => [
      ...image.subarray(4 * (64 * y + x), 4 * (64 * y + x) + 4),
    ]
    expect(pixel(0, 0)).toEqual([255, 0, 0, 255])
    expect(pixel(15, 15)).toEqual([255, 0, 0, 255])
    expect(pixel(16, 16)).toEqual([10, 10, 10, 10])
    run({ op: 'fillTriangles', vertices, to: surface })
    expect(pixel(0, 0)).toEqual([247, 4, 4, 255])
    expect(pixel(30, 0)).toEqual([8, 243, 4, 255])
    // The centre of this one lies on the hypotenuse, which is a right edge.
    expect(pixel(31, 0)).toEqual([10, 10, 10, 10])
    expect(pixel(40, 40)).toEqual([10, 10, 10, 10])
  })

  test('what a submission discards is not read back: the CPU keeps its bytes', () => {
    const bytes = new Uint8Array(bo.map())
    const scratch = bo.resource({ size: 8 * pageSize })
    bytes.fill(1, 0, 8 * pageSize)
    run({ op: 'fill', to: scratch, value: 9 })
    run({ op: 'discard', to: { resource: scratch, offset: 0, size: 4 * pageSize + 1 } })
    expect(bytes[0]).toBe(1)
    expect(bytes[4 * pageSize - 1]).toBe(1)
    expect(bo.stats.bytesReadBack).toBe(0)
    // The page that was discarded in part is the device's still.
    expect(bytes[4 * pageSize]).toBe(9)
    expect(bytes[8 * pageSize - 1]).toBe(9)
    // Later submissions see the CPU's bytes, written since or not.
    bytes[pageSize] = 1
    bytes[2 * pageSize] = 3
    const target = device.createBuffer({ size: 8 * pageSize })
    run({ op: 'copy', from: scratch, to: target })
    const seen = new Uint8Array(device.peek(target))
    expect([seen[0], seen[pageSize], seen[2 * pageSize], seen[4 * pageSize]]).toEqual([1, 1, 3, 9])
  })

  test('the order of writes and discards in a submission counts', () => {
    const bytes = new Uint8Array(bo.map())
    const resource = bo.resource({ size: 4 * pageSize })
    const first = { resource, offset: 0, size: 2 * pageSize }
    const second = { resource, offset: 2 * pageSize, size: 2 * pageSize }
    bytes.fill(1, 0, 4 * pageSize)
    const sum = device.createBuffer({ size: 4 })
    run(
      { op: 'discard', to: first },
      { op: 'fill', to: first, value: 2 },
      { op: 'fill', to: second, value: 3 },
      { op: 'checksum', from: second, to: sum },
      { op: 'discard', to: second },
    )
    expect(bytes[0]).toBe(2)
    expect(bytes[2 * pageSize]).toBe(1)
    const target = device.createBuffer({ size: 4 * pageSize })
    run({ op: 'copy', from: resource, to: target })
    const seen = new Uint8Array(device.peek(target))
    expect([seen[0], seen[2 * pageSize]]).toEqual([2, 1])
  })

  test('a discarded page does not wait for the device', () => {
    const bytes = new Uint8Array(bo.map())
    const scratch = bo.resource({ size: 4 * pageSize })
    bytes[0] = 5
    device.pause()
    device.submit([{ op: 'fill', to: scratch, value: 9 }])
    device.submit([{ op: 'discard', to: scratch }])
    expect(bytes[0]).toBe(5)
    bytes[1] = 6
    device.resume()
    const target = device.createBuffer({ size: 4 * pageSize })
    run({ op: 'copy', from: scratch, to: target })
    expect([...new Uint8Array(device.peek(target)).subarray(0, 3)]).toEqual([5, 6, 0])
  })

  test('a failed submission discards nothing', () => {
    const bytes = new Uint8Array(bo.map())
    const scratch = bo.resource({ size: 4 * pageSize })
    run({ op: 'fill', to: scratch, value: 9 })
    device.refuseNextUpdate()
    expect(() => run({ op: 'discard', to: scratch })).toThrow(MkwriteError)
    expect(bytes[0]).toBe(9)
  })

  propertyTest.prop(
    [
      fc.array(
        fc.record({
          kind: fc.constantFrom('write', 'fill', 'discard', 'read'),
          page: fc.nat(7),
          pages: fc.integer({ min: 1, max: 4 }),
          value: fc.integer({ min: 1, max: 255 }),
        }),
        { maxLength: 40 },
      ),
    ],
    { numRuns: 30 },
  )('discards among writes of either side follow the model', (steps) => {
    const size = 8 * pageSize
    const bytes = new Uint8Array(bo.map())
    const resource = bo.resource({ size })
    const target = device.createBuffer({ size })
    // Whole pages: `device` is what the device wrote there and nobody has read back.
    const model = Array.from({ length: 8 }, (_, page) => ({
      cpu: bytes[page * pageSize] as number,
      device: undefined as number | undefined,
    }))
    for (const { kind, page, pages, value } of steps) {
      const count = Math.min(pages, 8 - page)
      const part = { resource, offset: page * pageSize, size: count * pageSize }
      const states = model.slice(page, page + count)
      if (kind === 'write') {
        bytes.fill(value, part.offset, part.offset + part.size)
        for (const state of states) Object.assign(state, { cpu: value, device: undefined })
      } else if (kind === 'fill') {
        device.submit([{ op: 'fill', to: part, value }])
        for (const state of states) state.device = value
      } else if (kind === 'discard') {
        // Read-ahead may have read back more than was touched: bring all pages to one state first.
        for (let i = 0; i < 8; i++) {
          const state = model[i] as (typeof model)[number]
          state.cpu = bytes[i * pageSize] as number
          state.device = undefined
        }
        device.submit([
          { op: 'fill', to: part, value },
          { op: 'discard', to: part },
        ])
      } else {
        for (const [i, state] of states.entries()) {
          expect(bytes[(page + i) * pageSize + 5]).toBe(state.device ?? state.cpu)
        }
      }
    }
    run({ op: 'copy', from: resource, to: target })
    const seen = new Uint8Array(device.peek(target))
    for (const [page, state] of model.entries()) {
      const expected = state.device ?? state.cpu
      expect([seen[page * pageSize], bytes[page * pageSize]], `page ${page}`).toEqual([
        expected,
        expected,
      ])
    }
  })
})

describe('triangles', () => {
  let device: EmulatedDevice
  let surface: Surface

  const width = 40
  const height = 30

  beforeEach(() => {
    device = new EmulatedDevice({ memory: 16 * MiB })
    surface = device.createSurface({ format: 'rgba8', width, height })
  })

  afterEach(() => device.destroy())

  /** Draws into a cleared surface. Returns its texels, four bytes each. */
  const draw = (
    vertices: readonly Vertex[],
    options: Partial<FillTrianglesCommand> = {},
  ): Uint32Array => {
    const bo = device.createBufferObject({ size: vertices.length * vertexBytes })
    writeVertices(bo.map(), 0, vertices)
    device
      .submit([
        { op: 'fill', to: surface, value: 0 },
        {
          op: 'fillTriangles',
          vertices: { resource: bo.resource(), size: vertices.length * vertexBytes },
          to: surface,
          ...options,
        },
      ])
      .wait()
    bo.destroy()
    return new Uint32Array(device.peek(surface))
  }
  const white = [255, 255, 255, 255] as const
  const at = (...points: readonly (readonly [number, number])[]): Vertex[] =>
    points.map(([x, y]) => ({ x, y, color: white }))
  const covered = (texels: Uint32Array): number => texels.filter((texel) => texel !== 0).length

  test('two triangles of a rectangle cover each texel of it once', () => {
    const corners = [
      [5, 5],
      [15, 5],
      [15, 15],
      [5, 15],
    ] as const
    const [a, b, c, d] = corners
    // The diagonal is a left edge of the first one.
    expect(covered(draw(at(a, b, c)))).toBe(55)
    expect(covered(draw(at(a, c, d)))).toBe(45)
    expect(covered(draw(at(a, b, c, a, c, d)))).toBe(100)
  })

  test('texels whose centre lies on an edge belong to top and left edges', () => {
    const texels = draw(at([2.5, 2.5], [6.5, 2.5], [6.5, 6.5], [2.5, 2.5], [6.5, 6.5], [2.5, 6.5]))
    expect(covered(texels)).toBe(16)
    expect(texels[2 * width + 2]).not.toBe(0)
    expect(texels[6 * width + 6]).toBe(0)
  })

  test('both windings are drawn, nothing is outside, and nothing without an area', () => {
    const clockwise = draw(at([3, 3], [20, 8], [7, 25]))
    expect(draw(at([3, 3], [7, 25], [20, 8]))).toEqual(clockwise)
    expect(covered(draw(at([-100, -100], [300, -100], [-100, 300])))).toBe(width * height)
    expect(covered(draw(at([3, 3], [8, 8], [20, 20])))).toBe(0)
    expect(covered(draw(at([-30, -30], [-3, -30], [-30, -3])))).toBe(0)
    expect(covered(draw(at([Number.NaN, 3], [8, 8], [20, 3])))).toBe(0)
    expect(covered(draw(at([Number.POSITIVE_INFINITY, 3], [8, 8], [20, 3])))).toBe(0)
    expect(covered(draw(at([2 ** 20, 3], [8, 8], [20, 3])))).toBe(0)
  })

  test('count draws the first triangles only', () => {
    const vertices = at([5, 5], [15, 5], [15, 15], [5, 5], [15, 15], [5, 15])
    expect(covered(draw(vertices, { count: 3 }))).toBe(55)
    expect(() => draw(vertices, { count: 4 })).toThrow(/count.*multiple of 3/)
    expect(() => draw(vertices, { count: 9 })).toThrow(/count/)
  })

  test('triangles go to the layer and mip that is named', () => {
    const layered = device.createSurface({
      format: 'rgba8',
      width: 16,
      height: 16,
      layers: 2,
      mips: 2,
    })
    draw(at([-10, -10], [50, -10], [-10, 50]), { to: { surface: layered, layer: 1, mip: 1 } })
    const { offset, size } = layered.subresource({ layer: 1, mip: 1 })
    const bytes = new Uint8Array(device.peek(layered))
    expect(bytes.every((byte, i) => (byte !== 0) === (i >= offset && i < offset + size))).toBe(true)
  })

  const coordinate = fc.integer({ min: -20 * 256, max: 60 * 256 }).map((value) => value / 256)
  propertyTest.prop([fc.tuple(...Array.from({ length: 8 }, () => coordinate))], { numRuns: 200 })(
    'a fan of triangles around a point covers what it encloses once',
    ([ax, ay, bx, by, cx, cy, px, py]) => {
      const corners = [
        [ax, ay],
        [bx, by],
        [cx, cy],
      ] as [number, number][]
      const [a, b, c] = corners as [[number, number], [number, number], [number, number]]
      // A point within the triangle, on the grid of 1/256.
      const weights = [Math.abs(px ?? 0) + 1, Math.abs(py ?? 0) + 1, 1]
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      const inside = [0, 1].map(
        (axis) =>
          Math.round(
            (256 *
              corners.reduce(
                (sum, at, i) => sum + (at[axis] as number) * (weights[i] as number),
                0,
              )) /
              total,
          ) / 256,
      ) as [number, number]
      const cross = (p: [number, number], q: [number, number], r: [number, number]) =>
        (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
      const turn = Math.sign(cross(a, b, c))
      fc.pre(turn !== 0)
      // Rounding may have moved the point out of a thin triangle.
      for (const [p, q] of [
        [a, b],
        [b, c],
        [c, a],
      ] as const) {
        fc.pre(Math.sign(cross(p, q, inside)) === turn)
      }
      const whole = draw(at(a, b, c))
      const parts = [at(a, b, inside), at(b, c, inside), at(c, a, inside)].map((part) => draw(part))
      const wrong = whole.findIndex(
        (value, i) => parts.filter((part) => part[i] !== 0).length !== (value === 0 ? 0 : 1),
      )
      expect(wrong, `texel ${wrong % width}, ${Math.floor(wrong / width)}`).toBe(-1)
    },
  )
})

describe('wrong commands say what is wrong', () => {
  const device = new EmulatedDevice({ memory: 4 * MiB })
  const buffer = device.createBuffer({ size: 4096 })
  const surface = device.createSurface({ format: 'rgba8', width: 8, height: 8 })
  const grey = device.createSurface({ format: 'r8', width: 8, height: 8, mips: 2 })
  const multisampled = device.createSurface({ format: 'rgba8', width: 8, height: 8, samples: 4 })
  const part = (offset: number, size: number) => ({ resource: buffer, offset, size })
  const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]

  test.each([
    [{ op: 'scaleAdd', a: '1', x: buffer, y: buffer, to: buffer }, /"commands\[0\].a".*number/],
    [
      { op: 'scaleAdd', a: 1, x: part(2, 8), y: part(4, 8), to: part(8, 8) },
      /x.offset.*multiple of 4/,
    ],
    [
      { op: 'scaleAdd', a: 1, x: part(4, 6), y: part(4, 8), to: part(8, 8) },
      /x.size.*multiple of 4/,
    ],
    [
      { op: 'scaleAdd', a: 1, x: part(0, 8), y: part(0, 16), to: part(32, 16) },
      /"x" and "to".*same size/,
    ],
    [
      { op: 'scaleAdd', a: 1, x: part(0, 16), y: part(4, 16), to: part(0, 16) },
      /"y" and "to".*overlap/,
    ],
    [{ op: 'transform', matrix: [1, 2], from: buffer, to: buffer }, /matrix.*16 numbers/],
    [
      { op: 'transform', matrix: [...identity.slice(1), '0'], from: buffer, to: buffer },
      /matrix\[15\]/,
    ],
    [{ op: 'transform', matrix: identity, from: part(0, 8), to: part(0, 8) }, /multiple of 16/],
    [{ op: 'transform', matrix: identity, from: part(0, 32), to: part(16, 32) }, /overlap/],
    [{ op: 'downsample', surface: buffer }, /surface.*must be a Surface/],
    [{ op: 'downsample', surface }, /a surface with mips/],
    [{ op: 'downsample', surface: grey }, /format 'rgba8'/],
    [{ op: 'fillTriangles', vertices: part(0, 36), to: buffer }, /to.*must be a Surface/],
    [{ op: 'fillTriangles', vertices: part(0, 36), to: multisampled }, /one sample/],
    [{ op: 'fillTriangles', vertices: part(0, 35), to: surface }, /multiple of 36/],
    [{ op: 'fillTriangles', vertices: part(0, 36), to: { surface, layer: 1 } }, /to.layer/],
    [{ op: 'fillTriangles', vertices: part(0, 36), to: { surface, mips: 1 } }, /mips/],
    [
      { op: 'fillTriangles', vertices: part(0, 36), to: surface, shading: 'phong' },
      /'flat' or 'smooth'/,
    ],
    [{ op: 'discard', to: buffer, value: 1 }, /value/],
  ])('%j', (command, message) => {
    expect(() => device.submit([command as unknown as Command])).toThrow(message)
    expect(() => device.submit([command as unknown as Command])).toThrow(MkwriteError)
  })
})
