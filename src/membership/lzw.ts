// LZW as Go's compress/lzw does it in its LSB order with 8-bit literals (GIF's way: codes of 9 to 12
// bits, no early change). Its own file because it knows nothing of messages.
import { Drop } from './drop.ts'

const CLEAR = 256
const END = 257
const CODES = 4096
const WIDTH_MAX = 12
const NONE = -1

/**
 * The encoder's clock, `high`, counts the codes since the last clear and so numbers the table's entries;
 * the decoder counts the same. A code grows by a bit as soon as `high` no longer fits.
 */
export function deflateLzw(bytes: Uint8Array): Uint8Array {
  const out = new BitWriter()
  const table = new Map<number, number>()
  let width = 9
  let high = END
  const write = (code: number): void => {
    out.write(code, width)
    high++
    if (high === 1 << width) width++
    if (high !== CODES - 1) return
    // One code early, as Go does it: the last one is never given out.
    out.write(CLEAR, width)
    table.clear()
    width = 9
    high = END
  }
  out.write(CLEAR, width)
  let prefix = NONE
  for (const byte of bytes) {
    const known = prefix === NONE ? byte : table.get((prefix << 8) | byte)
    if (known !== undefined) {
      prefix = known
      continue
    }
    write(prefix)
    if (high > END) table.set((prefix << 8) | byte, high)
    prefix = byte
  }
  if (prefix !== NONE) write(prefix)
  out.write(END, width)
  return out.end()
}

class BitWriter {
  readonly #bytes: number[] = []
  #bits = 0
  #count = 0

  write(code: number, width: number): void {
    this.#bits |= code << this.#count
    this.#count += width
    for (; this.#count >= 8; this.#count -= 8) {
      this.#bytes.push(this.#bits & 0xff)
      this.#bits >>>= 8
    }
  }

  end(): Uint8Array {
    if (this.#count > 0) this.#bytes.push(this.#bits & 0xff)
    return Uint8Array.from(this.#bytes)
  }
}

/** Refuses more than `max` bytes: twelve bits may stand for almost four thousand. */
export function inflateLzw(bytes: Uint8Array, max: number): Uint8Array {
  const out = new Output(max)
  const input = new BitReader(bytes)
  const words = new Words()
  for (;;) {
    const code = input.read(words.width)
    if (code === END) return out.end()
    if (code === CLEAR) words.clear()
    else out.write(words.next(code))
  }
}

class BitReader {
  readonly #bytes: Uint8Array
  #at = 0
  #bits = 0
  #count = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  read(width: number): number {
    for (; this.#count < width; this.#count += 8) {
      if (this.#at === this.#bytes.length) throw new Drop('truncated')
      this.#bits |= this.#bytes[this.#at++]! << this.#count
    }
    const code = this.#bits & ((1 << width) - 1)
    this.#bits >>>= width
    this.#count -= width
    return code
  }
}

/** The decoder's table: an entry is an earlier code and one more byte. */
class Words {
  readonly #prefix = new Uint16Array(CODES)
  readonly #suffix = new Uint8Array(CODES)
  /** A word is found from its end; longer than the table it cannot be. */
  readonly #word = new Uint8Array(CODES)
  #high = END
  #last = NONE
  width = 9

  clear(): void {
    this.#high = END
    this.#last = NONE
    this.width = 9
  }

  /** The word of `code`; every code but the first defines an entry as well. */
  next(code: number): Uint8Array {
    if (code > this.#high) throw new Drop('malformed')
    // The entry that this very code defines: the last word and its own first byte once more.
    const isOwn = code === this.#high && this.#last !== NONE
    const word = this.#expand(isOwn ? this.#last : code, isOwn ? 1 : 0)
    if (isOwn) word[word.length - 1] = word[0]!
    if (this.#last !== NONE) {
      this.#prefix[this.#high] = this.#last
      this.#suffix[this.#high] = word[0]!
    }
    this.#last = code
    this.#high++
    if (this.#high === 1 << this.width) this.#grow()
    return word
  }

  #expand(code: number, spare: number): Uint8Array {
    let at = CODES - spare
    let rest = code
    for (; rest > END; rest = this.#prefix[rest]!) this.#word[--at] = this.#suffix[rest]!
    this.#word[--at] = rest
    return this.#word.subarray(at)
  }

  /** With all codes given out and no clear, the table stays as it is. */
  #grow(): void {
    if (this.width < WIDTH_MAX) {
      this.width++
      return
    }
    this.#high--
    this.#last = NONE
  }
}

class Output {
  readonly #max: number
  #bytes = new Uint8Array(4096)
  #length = 0

  constructor(max: number) {
    this.#max = max
  }

  write(word: Uint8Array): void {
    const length = this.#length + word.length
    if (length > this.#max) throw new Drop('too-large')
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(word, this.#length)
    this.#length = length
  }

  end(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}
