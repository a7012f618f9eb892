// Writes statuses beside the passes. Thousands of them take seconds to write, and a route must not
// wait for a report about another one. Only the latest wish counts.
import { setTimeout as delay } from 'node:timers/promises'
import type { StatusObject } from '../kube/source.ts'
import type { Log } from '../log.ts'
import { Loop } from '../reconciler/loop.ts'

export interface StatusWish {
  readonly kind: string
  readonly labels: Readonly<Record<string, string>>
  readonly objects: readonly StatusObject[]
}

type Wish = Pick<StatusWish, 'kind'> & { readonly objects: readonly unknown[] }

export interface StatusWriterOptions<W extends Wish> {
  readonly write: (wish: W) => Promise<void>
  readonly log: Log
  /** From one write to the next; the first of a burst is written at once. */
  readonly everyMs?: number
}

export class StatusWriter<W extends Wish = StatusWish> {
  readonly #write: (wish: W) => Promise<void>
  readonly #everyMs: number
  readonly #stop = new AbortController()
  readonly #wishes = new Map<string, W>()
  readonly #loop: Loop
  readonly #running: Promise<void>
  #writtenAt = Number.NEGATIVE_INFINITY

  constructor({ write, log, everyMs = 0 }: StatusWriterOptions<W>) {
    this.#write = write
    this.#everyMs = everyMs
    this.#loop = new Loop({
      signal: this.#stop.signal,
      pass: () => this.#writeInTime(),
      onFailure: ({ error, attempt }) => {
        if (attempt === 1) log.error({ op: 'status', error }, 'cannot write statuses; trying again')
      },
    })
    this.#running = this.#loop.run()
  }

  /** Replaces what was wished for this kind before. */
  wish(wish: W): void {
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

  async #writeInTime(): Promise<void> {
    // The loop begins with a pass, whatever there is.
    if (this.#wishes.size === 0) return
    const { signal } = this.#stop
    const leftMs = this.#writtenAt + this.#everyMs - performance.now()
    if (leftMs > 0) await delay(leftMs, undefined, { signal }).catch(ifAborted(signal))
    // Then `finish` writes what is left.
    if (signal.aborted) return
    this.#writtenAt = performance.now()
    await this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    for (const wish of [...this.#wishes.values()]) await this.#write(wish)
  }
}

const sameObjects = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((one, index) => one === b[index])

/** The one reason for a pause to end early. */
const ifAborted = (signal: AbortSignal) => (error: unknown) => {
  if (!signal.aborted) throw error
}
