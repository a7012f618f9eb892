// Reading bytes that somebody else sent: forward, never past the end, and with a reason instead of an
// exception for whoever asked. Shared by the parsers of BGP messages.

export interface Bad {
  readonly bad: string
}

/** Thrown inside a parser only; `orBad` turns it into the answer. */
export class Malformed extends Error {}

export function orBad<T>(parse: () => T): T | Bad {
  try {
    return parse()
  } catch (error) {
    if (error instanceof Malformed) return { bad: error.message }
    throw error
  }
}

/** Reads forward and never past its end. */
export class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  take(count: number): Buffer {
    const left = this.#bytes.length - this.#at
    if (count > left) throw new Malformed(`truncated: ${count} bytes wanted, ${left} left`)
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  uint(bytes: 1 | 2 | 4): number {
    return this.take(bytes).readUIntBE(0, bytes)
  }

  part(length: number): Cursor {
    return new Cursor(this.take(length))
  }
}
