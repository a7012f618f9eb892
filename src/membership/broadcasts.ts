// News still to be told: one item to a node, told a fixed number of times, the least told first. Which
// receivers get it is the caller's; how long an item is, the codec's.
import type { Alive, Dead, Suspect } from './message.ts'
import { encodeMessage } from './wire.ts'

export type News = Alive | Suspect | Dead

interface Item {
  readonly news: News
  /** Encoded, with its place in the compound's list of lengths. */
  readonly bytes: number
  readonly sequence: number
  transmits: number
}

/** A compound's type byte and count, and what sealing adds. */
const FRAME_BYTES = 2 + 29
const PART_BYTES = 2

const bytesOf = (message: Parameters<typeof encodeMessage>[0]) =>
  encodeMessage(message).length + PART_BYTES

// Mutable, as the table is: see swim.ts.
export class Broadcasts {
  readonly #budget: number
  #items: Item[] = []
  #sequence = 0
  #isSorted = true

  constructor(udpBufferSize: number) {
    this.#budget = udpBufferSize - FRAME_BYTES
  }

  get size(): number {
    return this.#items.length
  }

  has(node: string): boolean {
    return this.#items.some(({ news }) => news.node === node)
  }

  clear(): void {
    this.#items = []
  }

  /** What was to be told of the same node is out of date. */
  put(news: News): void {
    this.#items = this.#items.filter((item) => item.news.node !== news.node)
    const bytes = bytesOf(news)
    // Never fits, so it would stay for ever: such a name travels in tables only.
    if (bytes > this.#budget) return
    this.#items.push({ news, bytes, sequence: this.#sequence++, transmits: 0 })
    this.#isSorted = false
  }

  /** What goes along with `own` in one packet. Each item drawn counts as told once more. */
  draw(transmitsMax: number, own?: Parameters<typeof encodeMessage>[0]): News[] {
    if (this.#items.length === 0) return []
    this.#sort()
    let room = this.#budget - (own ? bytesOf(own) : 0)
    const drawn: Item[] = []
    for (const item of this.#items) {
      if (item.bytes > room) continue
      room -= item.bytes
      item.transmits++
      drawn.push(item)
    }
    if (drawn.length > 0) this.#isSorted = false
    if (drawn.some(({ transmits }) => transmits >= transmitsMax))
      this.#items = this.#items.filter(({ transmits }) => transmits < transmitsMax)
    return drawn.map(({ news }) => news)
  }

  // In this order a greedy walk is the protocol's: within a tier the longest that still fits, and when
  // nothing of it fits any more, the next tier.
  #sort(): void {
    if (this.#isSorted) return
    this.#isSorted = true
    this.#items.sort(
      (a, b) => a.transmits - b.transmits || b.bytes - a.bytes || b.sequence - a.sequence,
    )
  }
}
