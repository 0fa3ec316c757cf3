// Lines at the end of a terminal that change in place, with other lines scrolling above them.

import type { WriteStream } from 'node:tty'

const hideCursor = '\x1b[?25l'
const showCursor = '\x1b[?25h'

export class LiveLines {
  readonly #terminal: WriteStream
  #lines: readonly string[] = []
  /** How many of them are there. */
  #height = 0

  constructor(terminal: WriteStream) {
    this.#terminal = terminal
    terminal.write(hideCursor)
  }

  /** Columns and lines that there is room for. */
  get room(): { width: number; height: number } {
    const { rows, columns } = this.#terminal // 0 where the terminal does not know
    return { width: columns > 0 ? columns : 80, height: Math.max((rows > 0 ? rows : 24) - 1, 1) }
  }

  /** Puts `lines` in the place of those that are there. What does not fit is cut off. */
  show(lines: readonly string[]): void {
    const { width, height } = this.room
    const shown = lines.slice(0, height).map((line) => `${cut(line, width)}\n`)
    this.#terminal.write(`${this.#erase()}${shown.join('')}`)
    this.#lines = lines
    this.#height = shown.length
  }

  /** Prints a line above them, which stays. */
  print(line: string): void {
    this.#terminal.write(`${this.#erase()}${line}\n`)
    this.#height = 0
    this.show(this.#lines)
  }

  /** Leaves what is there, and the terminal as it was. */
  end(): void {
    this.#terminal.write(showCursor)
  }

  #erase(): string {
    return this.#height === 0 ? '' : `\x1b[${this.#height}A\r\x1b[J`
  }
}

/** The first `width` characters. What sets colours is none. */
function cut(line: string, width: number): string {
  let room = width
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it finds those that set colours
  return line.replace(/\x1b\[[\d;]*m|./gu, (part) => {
    if (part.startsWith('\x1b')) return part
    return room-- > 0 ? part : ''
  })
}
