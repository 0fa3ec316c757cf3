// What a larger buffer costs when as many of its pages are written.

import { freemem } from 'node:os'
import { MkwriteError } from '../../errors.ts'
import { faultingMechanisms } from '../../policy.ts'
import type { Plan } from '../options.ts'
import { type Effect, effect, joined } from './effect.ts'
import { openFrames } from './tracked.ts'

const MiB = 1024 * 1024
const dirtyPages = 64

export function sizes({ mechanisms, limits, sizesMiB }: Plan): Effect {
  return joined(
    mechanisms
      .filter((mechanism) => faultingMechanisms.includes(mechanism))
      .map((mechanism) => {
        const variants = sizesMiB.map((value) => ({
          effect: 'size' as const,
          mechanism,
          by: 'library' as const,
          value,
          open() {
            checkMemory(value * MiB)
            return openFrames(mechanism, value * MiB, dirtyPages)
          },
        }))
        return effect(`buffer sizes, ${mechanism}`, 2 * variants.length, variants, limits)
      }),
  )
}

/** A measurement that makes the machine swap, or gets its container killed, measures nothing. */
function checkMemory(bytes: number): void {
  const limit = process.constrainedMemory()
  const free = limit > 0 ? Math.min(freemem(), limit - process.memoryUsage.rss()) : freemem()
  if (bytes <= free / 2) return
  throw new MkwriteError(
    'ERR_MKWRITE_OUT_OF_MEMORY',
    `It would take more than half of the ${Math.floor(free / MiB)} MiB of memory that are free.`,
  )
}
