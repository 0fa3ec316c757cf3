// Reading names from the command line.

import { toList, UsageError } from './command.ts'
import { nearest } from './suggest.ts'

/** The names that an option was given, all of which must be known. */
export function parseNames<Name extends string>(
  option: string,
  value: unknown,
  known: readonly Name[],
): Name[] {
  return toList(value).map((given) => {
    const found = known.find((name) => name === given)
    if (found !== undefined) return found
    const near = nearest(given, known)
    throw new UsageError(
      `The value of ${option} must be one of ${known.join(', ')}. Received ${given}${near === undefined ? '' : `. Did you mean ${near}?`}`,
    )
  })
}
