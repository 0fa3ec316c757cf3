// The messages of lib/events.ts as entries of the performance time line.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type {
  ChannelMessages,
  CollectMessage,
  FaultMessage,
  FlushMessage,
  ReadBackMessage,
  SubmitMessage,
  TimedMessage,
} from './events.ts'

/** What ends performance entries. */
export interface PerformanceTrace extends Disposable {
  /** No more entries from here on. Those that were made stay. Calling it again does nothing. */
  stop(): void
}

/** Numbers and names, since entries copy their detail. */
type Details = {
  [Name in keyof ChannelMessages]: (message: ChannelMessages[Name]) => Record<string, unknown>
}

const details: Details = {
  'mkwrite:submit': ({ seqno, commands, pagesReported, bytesUpdated }: SubmitMessage) => ({
    seqno,
    commands,
    pagesReported,
    bytesUpdated,
  }),
  'mkwrite:collect': ({ buffer, mechanism, firstPage, pages, pagesReported }: CollectMessage) => ({
    bufferSize: buffer.size,
    mechanism,
    firstPage,
    pages,
    pagesReported,
  }),
  'mkwrite:flush': ({ offset, size, bytesUpdated }: FlushMessage) => ({
    offset,
    size,
    bytesUpdated,
  }),
  'mkwrite:fault': ({ buffer, mechanism, writeFaults, readFaults, waits }: FaultMessage) => ({
    bufferSize: buffer.size,
    mechanism,
    writeFaults,
    readFaults,
    waits,
  }),
  'mkwrite:readback': ({ buffer, pages, bytes }: ReadBackMessage) => ({
    bufferSize: buffer.size,
    pages,
    bytes,
  }),
}

/**
 * Makes an entry of the performance time line (`node:perf_hooks`) of every message that this thread's
 * buffer objects, trackers and devices publish, until it is stopped: a measure for what takes time
 * (`mkwrite:submit`, `mkwrite:collect`, `mkwrite:flush`), a mark for counts (`mkwrite:fault`,
 * `mkwrite:readback`). Entries stay on the time line until `performance.clearMeasures` and
 * `performance.clearMarks`.
 *
 * ```ts
 * const trace = tracePerformance()
 * new PerformanceObserver((list) => console.log(list.getEntries())).observe({ type: 'measure' })
 * ```
 */
export function tracePerformance(): PerformanceTrace {
  const names = Object.keys(details) as (keyof ChannelMessages)[]
  const listeners = names.map((name) => {
    const detailOf = details[name] as (message: unknown) => Record<string, unknown>
    const listener = (message: unknown): void => {
      const detail = detailOf(message)
      const { startTime: start, duration } = message as Partial<TimedMessage>
      if (start === undefined || duration === undefined) performance.mark(name, { detail })
      else performance.measure(name, { start, duration, detail })
    }
    subscribe(name, listener)
    return { name, listener }
  })
  const stop = (): void => {
    for (const { name, listener } of listeners.splice(0)) unsubscribe(name, listener)
  }
  return { stop, [Symbol.dispose]: stop }
}
