// Which rows measure the machine, and which of them stands beside a row of the library.

/** Rows in which the library has no part: floors, loops written by hand, and what needs no tracking. */
export const isControl = (key: string): boolean =>
  /^floor\/|\/bare$|\/bare-[\w-]+(\/|$)|\/(explicit|upload)(\/|$)/.test(key)

/** A row that was measured in turn with another. */
export interface Control {
  key: string
  /** Whether it does the same by hand, so that nothing but the library's part is between them. */
  isOwn: boolean
}

/** The control of a row: the first of these that the document has. */
export function controlFor(key: string, keys: Iterable<string>): Control | undefined {
  if (isControl(key)) return undefined
  const known = new Set(keys)
  const own = ownControls(key).find((name) => known.has(name))
  if (own !== undefined) return { key: own, isOwn: true }
  const foreign = [...known].find((name) => name.startsWith(`${key}/bare-`))
  return foreign === undefined ? undefined : { key: foreign, isOwn: false }
}

function ownControls(key: string): string[] {
  const names = [`${key}/bare`]
  if (key.endsWith('/library')) names.push(key.replace(/library$/, 'bare'))
  // Of a benchmark: pattern, contender, and what else there is.
  const [pattern = '', contender = '', ...rest] = key.split('/')
  const beside = contender === 'full' ? 'upload' : `bare-${contender}`
  names.push([pattern, beside, ...rest].join('/'))
  return names
}
