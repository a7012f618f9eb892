// How many packets may leave an interface: a rate, with what a twentieth of a second allows in one go.
// Apart because it is a bucket of tokens and knows nothing of addresses.
import assert from 'node:assert/strict'

const BURST_SECONDS = 0.05
/** An announcement in ARP is two frames, and is sent whole. */
export const BURST_MIN = 2
/** Waiting for single tokens would be a timer for every packet. */
const WAIT_MIN_MS = 10

export class PacketBudget {
  readonly #perMs: number
  readonly #burst: number
  #tokens: number
  #filledAt = Number.NEGATIVE_INFINITY

  constructor(packetsPerSecond: number) {
    assert(packetsPerSecond > 0, `a budget of ${packetsPerSecond} packets per second sends nothing`)
    this.#perMs = packetsPerSecond / 1000
    this.#burst = Math.max(BURST_MIN, packetsPerSecond * BURST_SECONDS)
    this.#tokens = this.#burst
  }

  refill(now: number): void {
    // A clock that goes back gives nothing, and takes nothing.
    const elapsed = Math.max(0, now - this.#filledAt)
    this.#tokens = Math.min(this.#burst, this.#tokens + elapsed * this.#perMs)
    this.#filledAt = now
  }

  spend(packets: number): boolean {
    if (this.#tokens < packets) return false
    this.#tokens -= packets
    return true
  }

  readyAt(now: number): number {
    if (this.#tokens >= BURST_MIN) return now
    // A hair later than computed: at the very moment rounding may leave the token a hair short.
    return now + Math.max(WAIT_MIN_MS, (BURST_MIN - this.#tokens) / this.#perMs + 0.001)
  }
}
