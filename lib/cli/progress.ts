// Progress on stderr: one line that changes on a terminal, a line per step elsewhere.

export interface Progress {
  step(done: number, total: number, text: string): void
  /** Takes the changing line away. */
  end(): void
}

const silent: Progress = { step() {}, end() {} }

/** @param wanted what --progress says; undefined: only on a terminal */
export function createProgress(wanted: boolean | undefined): Progress {
  const { stderr } = process
  if (!(wanted ?? stderr.isTTY)) return silent
  const show = (done: number, total: number, text: string) => `[${done + 1}/${total}] ${text}`
  if (!stderr.isTTY) {
    return {
      step: (done, total, text) => stderr.write(`${show(done, total, text)}\n`),
      end() {},
    }
  }
  const clearLine = '\r\x1b[K'
  return {
    step: (done, total, text) =>
      stderr.write(`${clearLine}${show(done, total, text).slice(0, (stderr.columns ?? 80) - 1)}`),
    end: () => stderr.write(clearLine),
  }
}
