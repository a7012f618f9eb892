// A value that must not be shown. Kept apart so that every print of it has one place to go wrong.

/** A password: prints as `***` wherever it is logged or serialised. Only `render` opens it. */
export class Secret {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  reveal(): string {
    return this.#text
  }
  toString(): string {
    return '***'
  }
  toJSON(): string {
    return '***'
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***'
  }
}
