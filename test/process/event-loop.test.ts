// A process with a device ends when it should: not before what is awaited, and never hangs.

import { expect, test } from 'vitest'
import { runFixture, success } from '../support/child.ts'

test.concurrent.each([
  ['a fence that is awaited keeps it alive until it signals', 'signaled'],
  ['a fence that signaled does not keep it alive', 'signaled'],
  ['a device that nobody asks does not keep it alive', ''],
  ['destroying the device signals what is awaited', 'signaled'],
  ['losing the device rejects what is awaited', 'ERR_MKWRITE_DEVICE_LOST'],
  ['process.exit() with fences pending', ''],
  ['process.exit() within an exit handler', ''],
  ['a worker terminated with fences pending', 'terminated'],
  ['a worker terminated while it waits in a read, for its own device', 'terminated'],
  ['process.exit() while a worker waits in a read, for its own device', ''],
  ["process.exit() while a worker waits in a read, for the main thread's device", ''],
  ["a worker's device goes with the worker", 'ended'],
])('%s', async (name, stdout) => {
  expect(await runFixture('event-loop.mjs', [name])).toEqual({ ...success, stdout })
})

test.concurrent.each([
  ['an error that nobody catches', 'Error: expected'],
  ['a rejection that nobody handles', 'ERR_MKWRITE_DEVICE_LOST'],
])('%s ends it with status 1', async (name, stderr) => {
  expect(await runFixture('event-loop.mjs', [name])).toMatchObject({
    code: 1,
    signal: null,
    stdout: '',
    stderr: expect.stringContaining(stderr),
  })
})
