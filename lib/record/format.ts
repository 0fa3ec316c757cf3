// What a trace file is made of; docs/trace.md describes it.

/**
 * Versions that can be read: 1 does not say how much other threads ran.
 */
export const readableVersions = [1, 2] as const

/** The first line, within gzip; the number changes with anything that old readers cannot read. */
export const magic = 'mkwrite trace 2'

export const magicPattern: RegExp = /^mkwrite trace (\d+)$/

/** Of 1, in which a frame's share of other threads is given. */
export const shareUnits = 1000

/** What a record begins with. */
export const recordKinds = { frame: 0, submit: 1, collect: 2 } as const
