// Messages of the API in the words of the command line.

import { spelled } from './program.ts'

/** Options that are not called what the API calls them. */
const otherNames: Record<string, string> = {
  dirtyFractions: '--dirty',
  bytesPerPage: '--write-bytes',
}

/**
 * `The value of "options.threads" is out of range. … Received NaN` becomes `The value of --threads is
 * out of range. … Received abc`, when `typed` knows that this is what was typed for `--threads`.
 */
export function inOptionWords(
  message: string,
  typed: (option: string) => string | undefined,
): string {
  const [words, name] = /The (?:value of )?"options\.(\w+)"(?: argument)?/.exec(message) ?? []
  if (words === undefined || name === undefined) return message
  const option = otherNames[name] ?? spelled(name)
  const given = typed(option)
  const said = given === undefined ? message : message.replace(/Received .*$/s, `Received ${given}`)
  return said.replace(words, `The value of ${option}`).replace('an array of numbers', 'a number')
}
