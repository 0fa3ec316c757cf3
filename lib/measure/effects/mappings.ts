// What a fault costs in a process that has many mappings.

import { native } from '../../native.ts'
import type { Mechanism } from '../../policy.ts'
import type { Plan } from '../options.ts'
import type { OpenSubject } from '../take-turns.ts'
import { openSingleFaults } from './armed.ts'
import { type Effect, type EffectRow, effect, joined } from './effect.ts'

export function mappings({ mechanisms, limits, mappingCounts }: Plan): Effect {
  const faulting = mechanisms.filter((name) => name === 'write-fault' || name === 'userfault')
  // A count is a state of the whole process, so only contenders of one count can take turns.
  const { experiments, read } = joined(
    mappingCounts.map((value) => {
      let crowd: { release(): void } | undefined
      let users = 0
      const enter = (): void => {
        if (value > 0 && users === 0) crowd = new native.measure.MappingCrowd(value)
        users++
      }
      const leave = (): void => {
        users--
        if (users === 0) crowd?.release()
      }
      const open = (mechanism: Mechanism) => (): OpenSubject => {
        enter()
        try {
          const { sample, close } = openSingleFaults(mechanism, 'random')
          return {
            sample,
            close() {
              close?.()
              leave()
            },
          }
        } catch (error) {
          leave()
          throw error
        }
      }
      const variants = faulting.map((mechanism) => ({
        effect: 'mappings' as const,
        mechanism,
        by: 'bare' as const,
        value,
        open: open(mechanism),
      }))
      return effect(`${value} mappings more`, 2 * variants.length, variants, limits)
    }),
  )
  const byMechanism = (rows: EffectRow[]): EffectRow[] =>
    faulting.flatMap((mechanism) => rows.filter((row) => row.mechanism === mechanism))
  return { experiments, read: (book) => byMechanism(read(book)) }
}
