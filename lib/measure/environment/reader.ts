// Reading what the kernel tells through files.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** The files of a machine, so that tests can make one up. */
export interface MachineFiles {
  /** A file's text without the space around it; undefined if it cannot be read. */
  text(path: string): string | undefined
  /** The same of one that is compressed. */
  unzipped(path: string): string | undefined
  /** Names of the files in a folder; none if it cannot be read. */
  list(path: string): string[]
  exists(path: string): boolean
}

/** Not mounted, not readable, or not in this kernel. */
function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}

/** The machine that this runs on. */
export const realFiles: MachineFiles = {
  text: (path) => attempt(() => readFileSync(path, 'utf8').trim()),
  unzipped: (path) => attempt(() => gunzipSync(readFileSync(path)).toString('utf8')),
  list: (path) => attempt(() => readdirSync(path).sort()) ?? [],
  exists: existsSync,
}

/** A file that holds a number. */
export function readNumber(files: MachineFiles, path: string): number | null {
  const text = files.text(path)
  return text === undefined || !/^-?\d+$/.test(text) ? null : Number(text)
}

/** A file that lists choices, the one in force in brackets: `always [madvise] never`. */
export function readChoice(files: MachineFiles, path: string): string | null {
  return /\[([\w-]+)\]/.exec(files.text(path) ?? '')?.[1] ?? null
}
