// Collects frames and sends them with one call. What the kernel refuses (the interface is just gone,
// the queue is full) is skipped: the next packet must not wait for it.
import { BATCH_FRAMES, Batch } from './batch.ts'
import { sendMessages } from './libc.ts'

/** Instead of a slot, for a frame that counts for no address. */
export const UNCOUNTED = -1

/** Told of every frame that left: the slot of its address. */
export type OnSent = (slot: number) => void

export class Sender {
  /** Where the next frame is to be written. */
  readonly bytes: Uint8Array
  readonly #fd: number
  readonly #batch = new Batch()
  readonly #slots = new Int32Array(BATCH_FRAMES)
  readonly #onSent: OnSent
  #count = 0

  constructor(fd: number, onSent: OnSent) {
    this.#fd = fd
    this.#onSent = onSent
    this.bytes = this.#batch.bytes
  }

  get at(): number {
    return this.#batch.frameAt(this.#count)
  }

  /** The frame at `at` is written. `slot` counts it once it has left. */
  push(index: number, length: number, slot: number): void {
    this.#batch.address(this.#count, index, length)
    this.#slots[this.#count] = slot
    this.#count += 1
    if (this.#count === BATCH_FRAMES) this.flush()
  }

  flush(): void {
    for (let from = 0; from < this.#count; ) {
      const sent = sendMessages(this.#fd, this.#batch.vectorAt(from), this.#count - from)
      for (let nth = from; nth < from + sent; nth++) {
        const slot = this.#slots[nth]!
        if (slot !== UNCOUNTED) this.#onSent(slot)
      }
      from += Math.max(1, sent)
    }
    this.#count = 0
  }
}
