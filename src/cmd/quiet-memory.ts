// Gives the memory of a burst back when the burst is over. V8 collects when more is allocated, and a
// role without work allocates nothing: what a thousand Services left behind would stay for hours.
import { getHeapStatistics } from 'node:v8'

/** Less garbage than this is not worth the 20 to 40 ms that a collection stops us. */
const WORTH_BYTES = 8 * 1024 * 1024
const LOOK_EVERY_MS = 5_000

export interface QuietMemoryOptions {
  /** Absent where node was not told to lend it (`--expose-gc`): then nothing is done. */
  readonly collect: (() => void) | undefined
  readonly usedBytes?: () => number
}

export class QuietMemory implements Disposable {
  readonly #collect: () => void
  readonly #usedBytes: () => number
  readonly #timer: NodeJS.Timeout | undefined
  #isBusy = true
  #leftBytes = 0

  constructor({ collect, usedBytes = usedHeap }: QuietMemoryOptions) {
    this.#collect = collect ?? (() => {})
    this.#usedBytes = usedBytes
    if (collect) this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref()
  }

  /** There is work: no time for this. */
  readonly busy = (): void => {
    this.#isBusy = true
  }

  /** Collects when nothing was done since the last look and there may be something to give back. */
  look(): void {
    const isQuiet = !this.#isBusy
    this.#isBusy = false
    if (!isQuiet || this.#usedBytes() - this.#leftBytes < WORTH_BYTES) return
    this.#collect()
    this.#leftBytes = this.#usedBytes()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

/** `last-resort` is the one flavour that also returns pages to the kernel; compiled code stays. */
export function collectAll(): (() => void) | undefined {
  const { gc } = globalThis
  return gc && (() => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }))
}

const usedHeap = (): number => getHeapStatistics().used_heap_size
