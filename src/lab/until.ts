// Waiting for a condition of the outside world (a socket that answers, a process that is gone), with
// a limit and a sentence that says what did not happen. Separate, because every part of the lab waits.
import { setTimeout as delay } from 'node:timers/promises'

export interface UntilOptions {
  /** Give up after this long; the error then says what was waited for and what was last seen. */
  timeoutMs?: number
  everyMs?: number
  signal?: AbortSignal
}

/**
 * Resolves with the first value that is neither undefined nor false. A check that throws counts as
 * "not yet", and its last error becomes the cause when time is up: half-started daemons answer with
 * errors, and the last of them is what a person needs to read.
 */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  { timeoutMs = 15_000, everyMs = 20, signal }: UntilOptions = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    signal?.throwIfAborted()
    let cause: unknown
    try {
      const value = await check()
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>
    } catch (error) {
      cause = error
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${timeoutMs / 1000} s in vain: ${what}`, { cause })
    }
    await delay(everyMs, undefined, signal ? { signal } : {})
  }
}
