// MKWRITE_POLICY puts another policy in the place of the one that a program asks for.

import { afterEach, describe, expect, test } from 'vitest'
import { BufferObject, DirtyTracker, EmulatedDevice, type Policy } from '../../lib/index.ts'
import { available } from '../support/mechanisms.ts'

afterEach(() => {
  delete process.env.MKWRITE_POLICY
})

function mechanismOfBuffer(policy?: Policy | 'none'): string | undefined {
  const device = new EmulatedDevice()
  const options = policy === undefined ? {} : { policy }
  try {
    return device.createBufferObject({ size: 1, ...options }).stats.mechanism
  } finally {
    device.destroy()
  }
}

function mechanismOfTracker(policy: Policy): string {
  const tracker = DirtyTracker.track(new BufferObject({ size: 1 }), { policy })
  try {
    return tracker.stats.mechanism
  } finally {
    tracker.dispose()
  }
}

describe('with MKWRITE_POLICY', () => {
  test.each(available)('%s is what buffer objects and trackers get', (policy) => {
    process.env.MKWRITE_POLICY = policy
    expect(mechanismOfBuffer('full')).toBe(policy)
    expect(mechanismOfBuffer('auto')).toBe(policy)
    expect(mechanismOfBuffer()).toBe(policy)
    expect(mechanismOfTracker('write-fault')).toBe(policy)
  })

  test('what is synchronised explicitly stays so', () => {
    process.env.MKWRITE_POLICY = 'write-fault'
    expect(mechanismOfBuffer('none')).toBeUndefined()
  })

  test('none takes tracking away from buffer objects, and trackers keep theirs', () => {
    process.env.MKWRITE_POLICY = 'none'
    expect(mechanismOfBuffer('full')).toBeUndefined()
    expect(mechanismOfTracker('full')).toBe('full')
  })

  test('empty it does nothing', () => {
    process.env.MKWRITE_POLICY = ''
    expect(mechanismOfBuffer('full')).toBe('full')
  })

  test('a name that is none is an error', () => {
    process.env.MKWRITE_POLICY = 'fast'
    expect(() => mechanismOfBuffer('full')).toThrow('process.env.MKWRITE_POLICY')
    expect(() => mechanismOfTracker('full')).toThrow("Received 'fast'")
  })

  test('a wrong argument stays wrong', () => {
    process.env.MKWRITE_POLICY = 'full'
    expect(() => mechanismOfBuffer('fast' as Policy)).toThrow('options.policy')
    expect(() => mechanismOfTracker('none' as Policy)).toThrow('options.policy')
  })
})
