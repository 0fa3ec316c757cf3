// Messages of the API in the words of the command line.

import { spelled } from './program.ts'

/** Options that are not called what the API calls them. */
const otherNames: Record<string, string> = {
  dirtyFractions: '--dirty',
  bytesPerPage: '--write-bytes',
}

/** `The value of "options.threads" is out of range.` becomes `The value of --threads is out of range.` */
export const inOptionWords = (message: string): string =>
  message.replace(
    /The (?:value of )?"options\.(\w+)"(?: argument)?/,
    (_, name: string) => `The value of ${otherNames[name] ?? spelled(name)}`,
  )
