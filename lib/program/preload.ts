// What modules that run before a user's program have in common.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { isMainThread } from 'node:worker_threads'

/**
 * The options that `runProgram` was given for this process; undefined in its workers and in the
 * programs that it starts.
 */
export function takeOptions<Options>(variable: string): Options | undefined {
  const { [variable]: given } = process.env
  delete process.env[variable]
  return given !== undefined && isMainThread ? (JSON.parse(given) as Options) : undefined
}

/** Calls `finish` when the program ends, in whatever way but a crash, and after its devices have. */
export function atTheEnd(finish: () => void): void {
  // Devices end in an exit listener of their own, which comes with the first of them. What they tell in
  // it is to be heard, so ours has to come later.
  const listenLate = (): void => {
    unsubscribe('mkwrite:submit', listenLate)
    process.removeListener('exit', finish)
    process.once('exit', finish)
  }
  process.once('exit', finish)
  subscribe('mkwrite:submit', listenLate)

  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.on(signal, () => {
      // A program that handles it itself ends, or not, as it likes.
      if (process.listenerCount(signal) === 1) process.exit(128 + number)
    })
  }
}
