// mkwrite shares SIGSEGV with V8's WebAssembly and with real crashes, and disturbs neither.

import { describe, expect, test } from 'vitest'
import { runFixture, success } from '../support/child.ts'

test('WebAssembly traps work before loading, after it, among tracked views, and in workers', async () => {
  expect(await runFixture('wasm-traps.mjs')).toMatchObject(success)
})

test('WebAssembly traps work after the only worker that loaded the addon has ended', async () => {
  expect(await runFixture('only-in-a-worker.mjs')).toMatchObject(success)
})

describe('a crash stays a crash:', () => {
  test.each([
    ['a real fault', 'fault', 'SIGSEGV'],
    ['SIGSEGV from outside', 'sent', 'SIGSEGV'],
    ['process.abort()', 'aborted', 'SIGABRT'],
  ])('%s', async (_, way, signal) => {
    const result = await runFixture('crash.mjs', [way], ['--no-wasm-bounds-checks'])
    expect(result).toMatchObject({ code: null, signal, stdout: 'before' })
  })
})
