// toUpdateAtMost

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { BufferObject } from '../buffer-object.ts'
import { EmulatedDevice } from '../device.ts'
import { invalidArgument } from '../errors.ts'
import type { FlushMessage, SubmitMessage } from '../events.ts'
import { checkInteger } from '../validate.ts'
import { countOf, pagesOfPairs, showPages } from './pages.ts'
import type { Verdict } from './verdict.ts'

export function toUpdateAtMost(received: unknown, bytes: number): Verdict | Promise<Verdict> {
  checkInteger('bytes', bytes, 0, Number.MAX_SAFE_INTEGER)
  if (received instanceof BufferObject || received instanceof EmulatedDevice) {
    const what = received instanceof BufferObject ? 'buffer object' : 'device'
    const { bytesUpdated } = received.stats
    return judge(bytesUpdated, bytes, [`by this ${what}, since it was made`])
  }
  if (typeof received === 'function') return watch(received as () => unknown, bytes)
  throw invalidArgument('received', 'a function, a BufferObject or an EmulatedDevice', received)
}

/** What one submission or flush sent. */
interface Update {
  bytes: number
  what: string
}

function watch(action: () => unknown, limit: number): Verdict | Promise<Verdict> {
  const updates: Update[] = []
  const onSubmit = (message: unknown): void => {
    updates.push(...updatesOf(message as SubmitMessage))
  }
  const onFlush = (message: unknown): void => {
    const { bytesUpdated: bytes, offset, size } = message as FlushMessage
    updates.push({ bytes, what: `flush of ${size} bytes from byte ${offset} on` })
  }
  subscribe('mkwrite:submit', onSubmit)
  subscribe('mkwrite:flush', onFlush)
  const finish = (): void => {
    unsubscribe('mkwrite:submit', onSubmit)
    unsubscribe('mkwrite:flush', onFlush)
  }
  let outcome: unknown
  try {
    outcome = action()
  } catch (error) {
    finish()
    throw error
  }
  if (!(outcome instanceof Promise)) {
    finish()
    return judgeUpdates(updates, limit)
  }
  return outcome.finally(finish).then(() => judgeUpdates(updates, limit))
}

function updatesOf({ seqno, buffers }: SubmitMessage): Update[] {
  return buffers
    .filter(({ bytesUpdated }) => bytesUpdated > 0)
    .map(({ bytesUpdated: bytes, dirty, mechanism, buffer }) => ({
      bytes,
      what: `submission ${seqno}, pages ${showPages(pagesOfPairs(dirty))} of a buffer object of ${buffer.size} bytes under ${mechanism}`,
    }))
}

const mostLines = 8

function judgeUpdates(updates: readonly Update[], limit: number): Verdict {
  const sum = updates.reduce((total, { bytes }) => total + bytes, 0)
  const lines = updates
    .toSorted((a, b) => b.bytes - a.bytes)
    .map(({ bytes, what }) => `${countOf(bytes, 'byte')}: ${what}`)
  const hidden = lines.length - mostLines
  return judge(sum, limit, [
    ...lines.slice(0, mostLines),
    ...(hidden > 0 ? [`and ${countOf(hidden, 'smaller one')}`] : []),
  ])
}

function judge(sum: number, limit: number, lines: readonly string[]): Verdict {
  const pass = sum <= limit
  return {
    pass,
    actual: sum,
    expected: limit,
    message: () =>
      [
        pass
          ? `expected more than ${countOf(limit, 'byte')} to be sent to the device, but only ${sum} were`
          : `expected at most ${countOf(limit, 'byte')} to be sent to the device, but ${sum} were`,
        ...lines.map((line) => `  ${line}`),
      ].join('\n'),
  }
}
