// The one error class of the public API, and the wording of argument errors.

import { getSystemErrorName, inspect } from 'node:util'

/** What can go wrong; see docs/errors.md for what to do about each. */
export type MkwriteErrorCode =
  | 'ERR_MKWRITE_ALREADY_TRACKED'
  | 'ERR_MKWRITE_BUSY'
  | 'ERR_MKWRITE_DESTROYED'
  | 'ERR_MKWRITE_DEVICE_LOST'
  | 'ERR_MKWRITE_INVALID_ARGUMENT'
  | 'ERR_MKWRITE_INVALID_TRACE'
  | 'ERR_MKWRITE_MECHANISM_UNAVAILABLE'
  | 'ERR_MKWRITE_OUT_OF_DEVICE_MEMORY'
  | 'ERR_MKWRITE_OUT_OF_MEMORY'
  | 'ERR_MKWRITE_OUT_OF_RANGE'
  | 'ERR_MKWRITE_SYSTEM'
  | 'ERR_MKWRITE_UNSUPPORTED'

/** Everything that mkwrite throws or rejects with. The message says what to do. */
export class MkwriteError extends Error {
  /** `MkwriteError`. */
  override readonly name = 'MkwriteError'
  /** What went wrong. Meant for programs, as the message is for people. */
  readonly code: MkwriteErrorCode

  /**
   * @param errno the errno of the system call that failed, which becomes the `cause`; 0 if none did
   */
  constructor(code: MkwriteErrorCode, message: string, errno = 0) {
    super(message, errno === 0 ? undefined : { cause: systemError(errno) })
    this.code = code
  }
}

function systemError(errno: number): Error {
  const code = getSystemErrorName(-errno)
  return Object.assign(new Error(`System call failed: ${code}`), { errno, code })
}

/** The error for an argument of the wrong type or shape, worded as Node.js words its own. */
export function invalidArgument(name: string, expected: string, received: unknown): MkwriteError {
  return new MkwriteError(
    'ERR_MKWRITE_INVALID_ARGUMENT',
    `The "${name}" argument must be ${expected}. Received ${describe(received)}`,
  )
}

/** The error for a number that is a number, but not one that can be used here. */
export function outOfRange(name: string, expected: string, received: unknown): MkwriteError {
  return new MkwriteError(
    'ERR_MKWRITE_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${expected}. Received ${describe(received)}`,
  )
}

/** As much of a value as Node.js shows in such messages. */
function describe(value: unknown): string {
  const text = inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY })
  return text.length > 128 ? `${text.slice(0, 128)}...` : text
}
