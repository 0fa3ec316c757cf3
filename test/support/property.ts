// Properties as tests, with fast-check alone: its vitest binding builds every chain of test modifiers
// when it is imported, which takes an emulated machine 20 seconds a file.

import fc from 'fast-check'
import { test } from 'vitest'

export { fc }

/** Emulated machines check a quarter of the cases. */
const share = process.env.MKWRITE_VM === '1' ? 4 : 1

export const propertyTest = {
  prop<Values extends [unknown, ...unknown[]]>(
    arbitraries: { [Index in keyof Values]: fc.Arbitrary<Values[Index]> },
    parameters: fc.Parameters<Values> & { numRuns: number },
  ) {
    const runs = Math.ceil(parameters.numRuns / share)
    return (name: string, check: (...values: Values) => boolean | void): void => {
      test(name, () => {
        fc.assert(fc.property(...arbitraries, check), { ...parameters, numRuns: runs })
      })
    }
  },
}
