// Garbage collection gives memory back, and never takes any that is in use.

import { expect, test } from 'vitest'
import { runFixture, success } from '../support/child.ts'
import { available } from '../support/mechanisms.ts'

test.concurrent.each([
  'buffer objects',
  'mapped buffer objects',
  'destroyed buffer objects, whose arrays live',
  'tracked buffer objects',
  'buffer objects of a device',
  'devices',
  'an ArrayBuffer whose buffer object is forgotten',
  'a tracked ArrayBuffer whose buffer object and tracker are forgotten',
  'work in flight',
  'a fence that is awaited, of a forgotten device',
  'what the device wrote, read through a forgotten device',
])('%s', async (name) => {
  const result = await runFixture('garbage.mjs', [name, ...available], ['--expose-gc'])
  expect(result).toMatchObject(success)
})
