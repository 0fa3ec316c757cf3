// What a measurement is made of: experiments, each of which is run once in every pass.

import type { Book } from './book.ts'

/** One pass of an experiment. */
export interface Turn {
  /** 0 for the first. */
  pass: number
  /** Its share of the time. */
  seconds: number
  /** Where samples go. */
  book: Book
}

export interface Experiment {
  /** For people. */
  step: string
  /** Share of the time, relative to that of others. */
  weight: number
  /** What it uses and others after it use as well; released when the next one does not. */
  uses?: Shared
  run(turn: Turn): void
}

/** Something expensive that several experiments in a row use: made at first use in each pass. */
interface Shared {
  release(): void
}

export class SharedResource<Resource extends Disposable> implements Shared {
  readonly #make: () => Resource
  #made: Resource | undefined

  constructor(make: () => Resource) {
    this.#make = make
  }

  get(): Resource {
    this.#made ??= this.#make()
    return this.#made
  }

  release(): void {
    this.#made?.[Symbol.dispose]()
    this.#made = undefined
  }
}
