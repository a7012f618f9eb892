// Virtual time: what is due next happens next, and no time passes in between.

interface Due {
  readonly at: number
  readonly sequence: number
  readonly run: () => void
}

export class Clock {
  now = 0
  #heap: Due[] = []
  #sequence = 0

  at(time: number, run: () => void): void {
    this.#push({ at: Math.max(time, this.now), sequence: this.#sequence++, run })
  }

  after(ms: number, run: () => void): void {
    this.at(this.now + ms, run)
  }

  runUntil(time: number): void {
    for (;;) {
      const [first] = this.#heap
      if (!first || first.at > time) break
      this.#pop()
      this.now = first.at
      first.run()
    }
    this.now = time
  }

  #push(due: Due): void {
    const heap = this.#heap
    let at = heap.push(due) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isSooner(due, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = due
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isSooner(heap[child + 1]!, heap[child]!)) child++
      if (!isSooner(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

const isSooner = (a: Due, b: Due): boolean =>
  a.at < b.at || (a.at === b.at && a.sequence < b.sequence)
