// Writes status objects beside the passes. Thousands of them take seconds to write, and a route must
// not wait for a report about another one. Only the latest wish counts.
import type { StatusObject } from '../kube/source.ts'
import type { Log } from '../log.ts'
import { Loop } from '../reconciler/loop.ts'

export interface StatusWish {
  readonly kind: string
  readonly labels: Readonly<Record<string, string>>
  readonly objects: readonly StatusObject[]
}

export class StatusWriter {
  readonly #write: (wish: StatusWish) => Promise<void>
  readonly #stop = new AbortController()
  readonly #wishes = new Map<string, StatusWish>()
  readonly #loop: Loop
  readonly #running: Promise<void>

  constructor(write: (wish: StatusWish) => Promise<void>, log: Log) {
    this.#write = write
    this.#loop = new Loop({
      signal: this.#stop.signal,
      pass: () => this.#writeAll(),
      onFailure: ({ error, attempt }) => {
        if (attempt === 1) log.error({ op: 'status', error }, 'cannot write statuses; trying again')
      },
    })
    this.#running = this.#loop.run()
  }

  /** Replaces what was wished for this kind before. */
  wish(wish: StatusWish): void {
    const before = this.#wishes.get(wish.kind)?.objects
    if (before && sameObjects(before, wish.objects)) return
    this.#wishes.set(wish.kind, wish)
    this.#loop.markDirty()
  }

  /** Ends with the last wish written; throws when it cannot be. */
  async finish(): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    for (const wish of [...this.#wishes.values()]) await this.#write(wish)
  }
}

const sameObjects = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((one, index) => one === b[index])
