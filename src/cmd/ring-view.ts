// The ring of speakers as a pass may trust it. A member that has just started knows itself alone, and
// would be elected for every address there is; one that leaves would see the others go.
import { EventEmitter } from 'node:events'
import type { MembersEdge } from './speaker-role.ts'

/** What we need of the ring. */
export interface Ring {
  alive(): ReadonlySet<string>
  list(): readonly { readonly address: string; readonly state: string }[]
  join(addresses: readonly string[]): void
  on(event: 'change', listener: () => void): unknown
  leave(): Promise<void>
}

const NOBODY: ReadonlySet<string> = new Set()

/** To meet the others; who of them is not met by then is dead. */
const MEET_MS = 3_000

export class RingView extends EventEmitter<{ change: [] }> implements MembersEdge, Disposable {
  readonly #ring: Ring
  readonly #meetMs: number
  #missing: readonly string[] | undefined
  #timer: NodeJS.Timeout | undefined
  #hasMet = false
  /** What it was when we began to leave. */
  #last: ReadonlySet<string> | undefined

  constructor(ring: Ring, { meetMs = MEET_MS }: { readonly meetMs?: number } = {}) {
    super()
    this.#ring = ring
    this.#meetMs = meetMs
    ring.on('change', () => this.#look())
  }

  /** Nobody lives, not even we, before the others are met: until then nothing is answered. */
  alive(): ReadonlySet<string> {
    if (this.#last) return this.#last
    return this.#hasMet ? this.#ring.alive() : NOBODY
  }

  /** The addresses of all speakers, ours among them; again whenever they are others. */
  meet(addresses: readonly string[]): void {
    this.#missing = addresses
    this.#ring.join(addresses)
    this.#timer ??= setTimeout(() => this.#met(), this.#meetMs)
    this.#look()
  }

  /** This node goes on with what it has while the others take over. */
  async leave(): Promise<void> {
    this.#last ??= this.alive()
    this[Symbol.dispose]()
    await this.#ring.leave()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #look(): void {
    if (this.#last) return
    if (this.#hasMet) this.emit('change')
    else if (this.#missing && this.#areMembers(this.#missing)) this.#met()
  }

  #met(): void {
    clearTimeout(this.#timer)
    if (this.#hasMet) return
    this.#hasMet = true
    this.emit('change')
  }

  #areMembers(addresses: readonly string[]): boolean {
    const living = this.#ring.list().filter(({ state }) => state === 'alive' || state === 'suspect')
    const members = new Set(living.map(({ address }) => address))
    return addresses.every((one) => members.has(one))
  }
}
