// The bytes of a stream as far as they have come. Whoever reads asks for some and, where they are not
// there yet, yields how many are missing; nothing is read twice but a map that was cut in two.
import { Drop } from './drop.ts'
import { type ReadMap, readMap, Short } from './msgpack.ts'

export class Input {
  readonly #max: number
  #bytes = new Uint8Array()
  #length = 0
  #at = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Space is taken for what has come, never for what was only announced. */
  append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length
    if (length > this.#max) throw new Drop('too-large')
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(chunk, this.#length)
    this.#length = length
  }

  *peek(length: number): Generator<number, Uint8Array, void> {
    for (;;) {
      const missing = this.#at + length - this.#length
      if (missing <= 0) return this.#bytes.subarray(this.#at, this.#at + length)
      yield missing
    }
  }

  *take(length: number): Generator<number, Uint8Array, void> {
    const taken = yield* this.peek(length)
    this.#at += length
    return taken
  }

  *takeMap(): Generator<number, ReadMap, void> {
    for (;;) {
      const found = this.#mapHere()
      if (typeof found !== 'number') return found
      yield found
    }
  }

  /** The map that begins here, or how many bytes of it are missing. */
  #mapHere(): ReadMap | number {
    try {
      const { map, end } = readMap(this.#bytes.subarray(0, this.#length), this.#at)
      this.#at = end
      return map
    } catch (error) {
      if (error instanceof Short) return error.missing
      throw error
    }
  }
}
