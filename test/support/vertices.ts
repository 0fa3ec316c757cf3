// Vertices as fillTriangles reads them.

export interface Vertex {
  x: number
  y: number
  color: readonly [red: number, green: number, blue: number, alpha: number]
}

export const vertexBytes = 12

/** Writes `vertices` into `memory` from byte `offset` on. */
export function writeVertices(
  memory: ArrayBuffer,
  offset: number,
  vertices: readonly Vertex[],
): void {
  const view = new DataView(memory)
  vertices.forEach(({ x, y, color }, i) => {
    const at = offset + i * vertexBytes
    view.setFloat32(at, x, true)
    view.setFloat32(at + 4, y, true)
    color.forEach((channel, c) => {
      view.setUint8(at + 8 + c, channel)
    })
  })
}
