// The one timer of a member. When it goes off, what waits in the socket is read first: the step counts
// what did not come, and after a pause of ours everything that did come is still unread.

/** Each turn reads some dozens of packets; a flood must not keep the timer waiting for ever. */
const TURNS_MAX = 64
/** A longer one would go off at once. */
const DELAY_MAX_MS = 2 ** 31 - 1

export interface AlarmOptions {
  readonly onDue: () => void
  /** How many packets there were. */
  readonly received: () => number
}

export class Alarm implements Disposable {
  readonly #options: AlarmOptions
  #at = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #turn: NodeJS.Immediate | undefined

  constructor(options: AlarmOptions) {
    this.#options = options
  }

  /** Infinity: never. */
  set(at: number): void {
    // It goes off in a moment, and whoever is told then sets it again.
    if (this.#turn || at === this.#at) return
    this.#at = at
    clearTimeout(this.#timer)
    if (at === Number.POSITIVE_INFINITY) return
    const delayMs = Math.min(DELAY_MAX_MS, Math.max(0, Math.ceil(at - performance.now())))
    this.#timer = setTimeout(() => this.#takeTurn(TURNS_MAX), delayMs)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#turn)
  }

  #takeTurn(left: number): void {
    const before = this.#options.received()
    this.#turn = setImmediate(() => {
      if (left > 1 && this.#options.received() > before) {
        this.#takeTurn(left - 1)
        return
      }
      this.#turn = undefined
      this.#at = Number.POSITIVE_INFINITY
      this.#options.onDue()
    })
  }
}
