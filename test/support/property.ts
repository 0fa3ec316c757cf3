// Properties as tests, with fast-check alone: its vitest binding builds every chain of test modifiers
// when it is imported, which takes an emulated machine 20 seconds a file.

import fc from 'fast-check'
import { test } from 'vitest'
import { rounds } from './rounds.ts'

export { fc }

export const propertyTest = {
  prop<Values extends [unknown, ...unknown[]]>(
    arbitraries: { [Index in keyof Values]: fc.Arbitrary<Values[Index]> },
    parameters: fc.Parameters<Values> & { numRuns: number },
  ) {
    return (name: string, check: (...values: Values) => unknown): void => {
      test(name, () => {
        const property = fc.property(...arbitraries, (...values) => check(...values) !== false)
        fc.assert(property, { ...parameters, numRuns: rounds(parameters.numRuns) })
      })
    }
  },
}
