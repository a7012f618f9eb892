// What a small watch says of a failure: that a right is missing, once. That the server is away is for
// others to say, and a forgotten version is followed by a list.
import type { WatchFailure } from './watch.ts'

/** 400: a selector that is none. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404])

export class Refusals {
  readonly #onRefused: (error: Error) => void
  #isRefused = false

  constructor(onRefused: (error: Error) => void) {
    this.#onRefused = onRefused
  }

  failed({ message, status }: WatchFailure): void {
    const isRefused = status !== undefined && REFUSALS.has(status)
    if (isRefused && !this.#isRefused) this.#onRefused(new Error(message))
    this.#isRefused = isRefused
  }

  recovered(): void {
    this.#isRefused = false
  }
}
