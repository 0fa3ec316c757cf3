// Commands that run a program of the user's, and are told to end.

/**
 * On a terminal, Ctrl-C reaches the program by itself, and it ends in order; so the command only has to
 * outlive it. Somebody who sends SIGTERM means the program: it is passed on.
 */
export async function interruptible<Result>(
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const stayAlive = (): void => {}
  const stop = (): void => controller.abort()
  process.on('SIGINT', stayAlive)
  process.on('SIGTERM', stop)
  try {
    return await run(controller.signal)
  } finally {
    process.off('SIGINT', stayAlive)
    process.off('SIGTERM', stop)
  }
}
