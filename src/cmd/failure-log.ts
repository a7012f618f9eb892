// What a loop that tries again says of its failures: one line when one begins, one when it is over.
import { describe } from '../describe.ts'
import type { Log } from '../log.ts'

export class FailureLog {
  readonly #log: Log
  #last = ''

  constructor(log: Log) {
    this.#log = log
  }

  /** The same again at another attempt is not said again. */
  failure({ error, delayMs }: { error: unknown; delayMs: number }): void {
    const text = describe(error)
    if (text === this.#last) return
    this.#last = text
    this.#log.error(
      { op: 'pass', error, retryMs: delayMs },
      'not everything could be done; trying again',
    )
  }

  success(): void {
    if (this.#last !== '') this.#log.info({ op: 'pass' }, 'everything is done again')
    this.#last = ''
  }
}
