// The addresses wanted last, each with its place in the counters: what a new worker is told whole, and
// a running one by its difference.
import assert from 'node:assert/strict'
import type { Address } from '../net/address.ts'
import { ADDRESSES_MAX, SLOTS_MAX } from './counters.ts'
import type { Placed } from './orders.ts'
import { Slots } from './slots.ts'

export interface L2Address {
  readonly address: Address
  /** Sorted; empty: all. */
  readonly interfaces: readonly string[]
}

export interface Change {
  readonly put: readonly Placed[]
  readonly removed: readonly string[]
}

export class Wanted {
  readonly #slots = new Slots(SLOTS_MAX)
  readonly #onNewSlot: (slot: number) => void
  #placed: ReadonlyMap<string, Placed> = new Map()

  /** `onNewSlot`: what counted there before was somebody else's. */
  constructor(onNewSlot: (slot: number) => void) {
    this.#onNewSlot = onNewSlot
  }

  get all(): Placed[] {
    return [...this.#placed.values()]
  }

  /** Undefined when nothing changes. `generation` is that of the table after it. */
  change(addresses: readonly L2Address[], generation: number): Change | undefined {
    const wanted = new Map(addresses.map((one) => [one.address.text, one]))
    assert(wanted.size === addresses.length, 'an address must be wanted once')
    const gone = [...this.#placed.values()].filter(({ address }) => !wanted.has(address.text))
    const changed = addresses.filter((one) => !isSame(this.#placed.get(one.address.text), one))
    if (gone.length === 0 && changed.length === 0) return undefined
    if (wanted.size > ADDRESSES_MAX) {
      throw new Error(
        `layer 2 answers for at most ${ADDRESSES_MAX} addresses, not for ${wanted.size}`,
      )
    }
    for (const { slot } of gone) this.#slots.retire(slot, generation)
    const put = changed.map((one) => ({ ...one, slot: this.#slotOf(one.address.text) }))
    const fresh = new Map(put.map((one) => [one.address.text, one]))
    this.#placed = new Map(
      addresses.map(({ address: { text } }) => [text, fresh.get(text) ?? this.#placed.get(text)!]),
    )
    return { put, removed: gone.map(({ address }) => address.text) }
  }

  confirm(generation: number): void {
    this.#slots.confirm(generation)
  }

  #slotOf(text: string): number {
    const known = this.#placed.get(text)
    if (known) return known.slot
    const slot = this.#slots.take()
    if (slot === undefined) throw new Error('too many addresses change at once on layer 2')
    this.#onNewSlot(slot)
    return slot
  }
}

const isSame = (placed: Placed | undefined, { interfaces }: L2Address): boolean =>
  placed !== undefined && placed.interfaces.join() === interfaces.join()
