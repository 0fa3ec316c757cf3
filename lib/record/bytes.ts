// Numbers as bytes: unsigned LEB128, seven bits to a byte, the lowest first, as in DWARF and
// WebAssembly; and runs of pages as distances.

/** Appends numbers to a growing buffer. */
export class ByteWriter {
  #bytes = new Uint8Array(4096)
  #length = 0

  /** An integer from 0 to `Number.MAX_SAFE_INTEGER`. */
  number(value: number): void {
    let rest = value
    // Not with shifts, which are of 32 bits.
    while (rest >= 0x80) {
      this.#byte((rest % 0x80) + 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.#byte(rest)
  }

  /** Pairs of first page and page count; ascending, and apart from each other. */
  runs(pairs: Uint32Array): void {
    this.number(pairs.length / 2)
    let end = 0
    for (let i = 0; i < pairs.length; i += 2) {
      const first = pairs[i] as number
      const count = pairs[i + 1] as number
      this.number(first - end)
      this.number(count)
      end = first + count
    }
  }

  /** What was written. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #byte(value: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes[this.#length++] = value
  }
}

/** Takes numbers from bytes. `fail` is called, and must throw, where these are damaged. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #fail: (what: string) => never
  #at = 0

  constructor(bytes: Uint8Array, fail: (what: string) => never) {
    this.#bytes = bytes
    this.#fail = fail
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  /** An integer from 0 to `limit`. */
  number(what: string, limit: number = Number.MAX_SAFE_INTEGER): number {
    let value = 0
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) this.#fail(`it ends within ${what}`)
      value += (byte & 0x7f) * factor
      if (value > limit) this.#fail(`${what} is larger than ${limit}`)
      if (byte < 0x80) return value
      // Zeros may follow for ever without making the number larger.
      if (factor > 2 ** 53) this.#fail(`${what} has too many digits`)
    }
  }

  /** Pairs of first page and page count within `pages` pages. */
  runs(what: string, pages: number): Uint32Array {
    // Each run takes a page, and all but the last one a gap.
    const pairs = new Uint32Array(2 * this.number(`the count of ${what}`, Math.ceil(pages / 2)))
    let end = 0
    for (let i = 0; i < pairs.length; i += 2) {
      const gap = this.number(what, pages - end)
      if (gap === 0 && i > 0) this.#fail(`${what} touch each other`)
      const count = this.number(what, pages - end - gap)
      if (count === 0) this.#fail(`one of ${what} is empty`)
      pairs[i] = end + gap
      pairs[i + 1] = count
      end += gap + count
    }
    return pairs
  }
}
