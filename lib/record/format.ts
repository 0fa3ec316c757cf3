// What a trace file is made of; docs/trace.md describes it.

/** The first line, within gzip; the number changes with anything that old readers cannot read. */
export const magic = 'mkwrite trace 1'

export const magicPattern: RegExp = /^mkwrite trace (\d+)$/

/** What a record begins with. */
export const recordKinds = { frame: 0, submit: 1, collect: 2 } as const
