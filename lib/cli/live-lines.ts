// Lines at the end of a terminal that change in place, with other lines scrolling above them.

import type { WriteStream } from 'node:tty'

const hideCursor = '\x1b[?25l'
const showCursor = '\x1b[?25h'
const noWrap = '\x1b[?7l'
const wrap = '\x1b[?7h'

export class LiveLines {
  readonly #terminal: WriteStream
  #lines: readonly string[] = []

  constructor(terminal: WriteStream) {
    this.#terminal = terminal
    terminal.write(hideCursor)
  }

  /** Lines that there is room for. */
  get room(): number {
    const { rows } = this.#terminal // 0 where the terminal does not know
    return Math.max((rows > 0 ? rows : 24) - 1, 1)
  }

  /** Puts `lines` in the place of those that are there. What does not fit is cut off. */
  show(lines: readonly string[]): void {
    const shown = lines.slice(0, this.room)
    this.#terminal.write(
      `${this.#erase()}${noWrap}${shown.map((line) => `${line}\n`).join('')}${wrap}`,
    )
    this.#lines = shown
  }

  /** Prints a line above them, which stays. */
  print(line: string): void {
    const lines = this.#lines
    this.#terminal.write(`${this.#erase()}${line}\n`)
    this.#lines = []
    this.show(lines)
  }

  /** Leaves what is there, and the terminal as it was. */
  end(): void {
    this.#terminal.write(showCursor)
  }

  #erase(): string {
    return this.#lines.length === 0 ? '' : `\x1b[${this.#lines.length}A\r\x1b[J`
  }
}
