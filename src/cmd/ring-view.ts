// The ring of speakers as a pass may trust it. A member that has just started knows itself alone, and
// would be elected for every address there is; one that leaves would see the others go.
import { EventEmitter } from 'node:events'
import type { MembersEdge } from './speaker-role.ts'

/** What we need of the ring. */
export interface Ring {
  alive(): ReadonlySet<string>
  list(): readonly RingRow[]
  join(addresses: readonly string[]): void
  on(event: 'change' | 'revived', listener: () => void): unknown
  leave(): Promise<void>
}

interface RingRow {
  readonly address: string
  readonly state: string
  /** What it says of itself. */
  readonly meta: string
}

const NOBODY: ReadonlySet<string> = new Set()

/** To meet the others; who of them is not met by then is dead. */
const MEET_MS = 3_000

export interface RingViewOptions {
  readonly meetMs?: number
  /** What we say of ourselves. */
  readonly word?: string
}

type Events = {
  change: []
  /** Most of the others were out of reach, ourselves cut off rather than they, and are not any more. */
  regained: []
  /** We were called dead, and live: others may have taken over what is ours. */
  revived: []
}

export class RingView extends EventEmitter<Events> implements MembersEdge, Disposable {
  readonly #ring: Ring
  readonly #meetMs: number
  readonly #word: string
  #missing: readonly string[] | undefined
  #timer: NodeJS.Timeout | undefined
  #hasMet = false
  #isCutOff = false
  /** What it was when we began to leave. */
  #last: { readonly alive: ReadonlySet<string>; readonly isUnanimous: boolean } | undefined

  constructor(ring: Ring, { meetMs = MEET_MS, word = '' }: RingViewOptions = {}) {
    super()
    this.#word = word
    this.#ring = ring
    this.#meetMs = meetMs
    ring.on('change', () => this.#look())
    ring.on('revived', () => {
      if (!this.#last) this.emit('revived')
    })
  }

  /** Nobody lives, not even we, before the others are met: until then nothing is answered. */
  alive(): ReadonlySet<string> {
    if (this.#last) return this.#last.alive
    return this.#hasMet ? this.#ring.alive() : NOBODY
  }

  /** Whether all who live say of themselves what we say. */
  isUnanimous(): boolean {
    return this.#last?.isUnanimous ?? this.#living().every(({ meta }) => meta === this.#word)
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
    this.#last ??= { alive: this.alive(), isUnanimous: this.isUnanimous() }
    this[Symbol.dispose]()
    await this.#ring.leave()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #look(): void {
    if (this.#last) return
    if (this.#hasMet) this.#tell()
    else if (this.#missing && this.#areMembers(this.#missing)) this.#met()
  }

  #met(): void {
    clearTimeout(this.#timer)
    if (this.#hasMet) return
    this.#hasMet = true
    this.#isCutOff = this.#seesFew()
    this.emit('change')
  }

  #tell(): void {
    const wasCutOff = this.#isCutOff
    this.#isCutOff = this.#seesFew()
    this.emit('change')
    if (wasCutOff && !this.#isCutOff) this.emit('regained')
  }

  /** Of the others, those who left apart, no more than half. */
  #seesFew(): boolean {
    const here = this.#ring.list().filter(({ state }) => state !== 'left')
    return (this.#living().length - 1) * 2 <= here.length - 1
  }

  #areMembers(addresses: readonly string[]): boolean {
    const members = new Set(this.#living().map(({ address }) => address))
    return addresses.every((one) => members.has(one))
  }

  #living(): RingRow[] {
    return this.#ring.list().filter(({ state }) => state === 'alive' || state === 'suspect')
  }
}
