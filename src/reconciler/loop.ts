// Runs passes: one at a time, at once when something changed, once more for all that changed during
// one, and later after a failure. No debounce: the first change does not wait for the others. Nor does it
// wait for what failed before it came: an FRR that is not there must not delay what needs none.

export interface LoopOptions {
  /** Makes the world match. A throw means: try again, something may be left to do. */
  readonly pass: () => Promise<void>
  readonly onFailure: (failure: { error: unknown; attempt: number; delayMs: number }) => void
  readonly signal: AbortSignal
  /** Resolves after this time, or at once when the signal aborts. */
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<void>
  /** From 0 to 1; spreads the retries of many nodes. */
  readonly random?: () => number
}

const FIRST_MS = 50
const MAX_MS = 10_000

/** How long to wait after so many failures in a row: doubled each time, up to a bound, ± 25 %. */
export function backoffMs(attempt: number, random: number): number {
  const base = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 20))
  return Math.round(base * (0.75 + random / 2))
}

export class Loop {
  readonly #options: LoopOptions
  #isDirty = true
  #wake: (() => void) | undefined

  constructor(options: LoopOptions) {
    this.#options = options
  }

  /** Something changed. Any number of calls before the next pass are one. */
  readonly markDirty = (): void => {
    this.#isDirty = true
    this.#wake?.()
  }

  /** Returns when the signal aborts; a pass that is running then is finished first. */
  async run(): Promise<void> {
    const { signal, pass, onFailure, random = Math.random } = this.#options
    const wake = () => this.#wake?.()
    signal.addEventListener('abort', wake)
    let failures = 0
    while (!signal.aborted) {
      if (!this.#isDirty) {
        await this.#untilWoken()
        continue
      }
      this.#isDirty = false
      try {
        await pass()
        failures = 0
      } catch (error) {
        failures++
        // What changed during the pass waits the shortest time only, and not none: a pass that itself
        // causes a change whenever it fails would never rest.
        const delayMs = backoffMs(this.#isDirty ? 1 : failures, random())
        this.#isDirty = true
        onFailure({ error, attempt: failures, delayMs })
        await this.#pause(delayMs)
      }
    }
    signal.removeEventListener('abort', wake)
  }

  /** A change ends the wait: it may be what was missing. */
  async #pause(ms: number): Promise<void> {
    const { signal, delay = pause } = this.#options
    const woken = new AbortController()
    await Promise.race([delay(ms, AbortSignal.any([signal, woken.signal])), this.#untilWoken()])
    woken.abort()
  }

  #untilWoken(): Promise<void> {
    if (this.#options.signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
