// The network between simulated nodes: late, lossy, doubling, out of order by chance, and cut in two when
// told so. It decides when something arrives, if at all; who it is for is the cluster's.
import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

export interface Conditions {
  /** One way; half of the packets take the least, few the most. */
  readonly latencyMs: readonly [least: number, most: number]
  readonly loss: number
  readonly duplicated: number
}

export const GOOD: Conditions = { latencyMs: [0.1, 2], loss: 0, duplicated: 0 }
/** What a stream waits for a segment that was lost. */
const RETRANSMIT_MS = 200
const TAIL = 8

export class Network {
  conditions: Conditions
  /** Since when no packet was lost or cut off, for whoever asks whether a verdict was fair. */
  soundSince = 0
  readonly #clock: Clock
  readonly #random: Random
  /** Indexes of the nodes on the other side. */
  #far: ReadonlySet<number> = new Set()

  constructor(clock: Clock, random: Random, conditions: Conditions) {
    this.#clock = clock
    this.#random = random
    this.conditions = conditions
  }

  isSound(): boolean {
    return this.#far.size === 0 && this.conditions.loss === 0
  }

  cut(far: ReadonlySet<number>): void {
    this.#far = far
    this.soundSince = this.#clock.now
  }

  become(conditions: Conditions): void {
    this.conditions = conditions
    this.soundSince = this.#clock.now
  }

  datagram(from: number, to: number, arrive: () => void): void {
    const { loss, duplicated } = this.conditions
    if (this.#isCut(from, to)) return
    if (!this.#random.chance(loss)) this.#clock.after(this.#latency(), arrive)
    if (this.#random.chance(duplicated)) this.#clock.after(this.#latency(), arrive)
  }

  /** One direction of a stream. Cut off, it is simply never heard of again. */
  stream(from: number, to: number, arrive: () => void): void {
    if (this.#isCut(from, to)) return
    const again = this.#random.chance(this.conditions.loss) ? RETRANSMIT_MS : 0
    this.#clock.after(2 * this.#latency() + again, arrive)
  }

  #isCut(from: number, to: number): boolean {
    return this.#far.size > 0 && this.#far.has(from) !== this.#far.has(to)
  }

  #latency(): number {
    const [least, most] = this.conditions.latencyMs
    return least + (most - least) * this.#random.next() ** TAIL
  }
}
