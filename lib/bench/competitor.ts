// One contender with its memory.

import { native } from '../native.ts'
import type { NativeContender, NativeCpuWork } from '../native-bench.ts'
import { frameResultLength } from '../native-bench.ts'
import { type ContenderName, readsBack } from './contenders.ts'
import { decodeResults, type FrameResult } from './frame-result.ts'
import type { Frames, Layout } from './frames.ts'
import type { BenchPattern } from './writes.ts'

export class Competitor implements Disposable {
  readonly name: ContenderName
  readonly #native: NativeContender

  /** Whether `name` has to do with `pattern` at all. */
  static canRun(name: ContenderName, pattern: BenchPattern): boolean {
    return pattern.writer !== 'device' || readsBack(name)
  }

  constructor(name: ContenderName, pattern: BenchPattern, { buffers, pagesEach }: Layout) {
    const deviceWrites = pattern.writer === 'device'
    this.name = name
    this.#native = new native.measure.Contender(name, buffers, pagesEach, deviceWrites)
  }

  /** Lets it find out how to do such frames most cheaply, where there is more than one way. */
  choose({ batch, written }: Frames): void {
    if (written !== -1) this.#native.choose(batch, written)
  }

  run({ batch, count }: Frames, work: NativeCpuWork | null): FrameResult[] {
    const results = new Float64Array(count * frameResultLength)
    this.#native.run(batch, work, results)
    return decodeResults(results)
  }

  [Symbol.dispose](): void {
    this.#native.end()
  }
}
