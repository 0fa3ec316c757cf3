// What an action throws, as a value to make assertions about.

import { MkwriteError } from '../../lib/index.ts'

/** The MkwriteError that `action` throws. Anything else, or nothing, fails the test. */
export function errorOf(action: () => unknown): MkwriteError {
  try {
    action()
  } catch (error) {
    if (error instanceof MkwriteError) return error
    throw error
  }
  throw new Error('Expected a MkwriteError; nothing was thrown')
}

/** Only its code: what most tests are about. */
export function codeOf(action: () => unknown): string {
  return errorOf(action).code
}
