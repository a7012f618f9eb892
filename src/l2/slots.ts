// Places in the counters: each address has one as long as it is answered for, and a place is given
// away again only when the worker has confirmed that it writes there no longer.

export class Slots {
  readonly #free: number[] = []
  readonly #retired: { readonly slot: number; readonly generation: number }[] = []
  readonly #max: number
  #next = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Undefined when all are taken. */
  take(): number | undefined {
    const slot = this.#free.pop()
    if (slot !== undefined) return slot
    return this.#next < this.#max ? this.#next++ : undefined
  }

  /** Not used from this generation of the table on. */
  retire(slot: number, generation: number): void {
    this.#retired.push({ slot, generation })
  }

  confirm(generation: number): void {
    while (this.#retired[0] && this.#retired[0].generation <= generation) {
      this.#free.push(this.#retired.shift()!.slot)
    }
  }
}
