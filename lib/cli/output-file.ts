// Files that a command writes. What runs for minutes makes sure beforehand that its results can be kept.

import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { UsageError } from './command.ts'

/** Makes the folders of a file, and makes sure that it can be written. */
export function prepareFile(path: string): void {
  attempt(path, () => {
    mkdirSync(dirname(path), { recursive: true })
    closeSync(openSync(path, 'a'))
  })
}

export function prepareFolder(path: string): void {
  attempt(path, () => mkdirSync(path, { recursive: true }))
}

export function writeText(path: string, text: string): void {
  attempt(path, () => writeFileSync(path, text))
}

function attempt(path: string, action: () => void): void {
  try {
    action()
  } catch (error) {
    throw new UsageError(`Cannot write ${path}: ${(error as Error).message}`)
  }
}
