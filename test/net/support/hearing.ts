// What the neighbour was told, with times: the table it has now, the moment a route came or went, and
// everything since a mark. Reads only what is new, so that waiting costs nothing with many routes.
import type { Announced } from '../../../src/lab/bgp-update.ts'
import type { ReceiverEvent } from '../../../src/lab/receiver.ts'
import { type UntilOptions, until } from '../../../src/lab/until.ts'
import type { Witness } from '../../../src/lab/witness.ts'

export interface Heard {
  /** Of the announcement that is in force. */
  readonly at: number
  readonly route: Announced
}

const PATIENCE: UntilOptions = { timeoutMs: 60_000, everyMs: 3 }

export class Hearing {
  readonly #witness: Witness
  readonly #peer: string
  readonly #table = new Map<string, Heard>()
  readonly #withdrawnAt = new Map<string, number>()
  #read = 0
  #isUp = false
  #sessions = 0
  #lastUpdateAt = 0

  constructor(witness: Witness, peer: string) {
    this.#witness = witness
    this.#peer = peer
  }

  get table(): ReadonlyMap<string, Heard> {
    this.#catchUp()
    return this.#table
  }

  get isUp(): boolean {
    this.#catchUp()
    return this.#isUp
  }

  /** How many sessions there were, the present one included. */
  get sessions(): number {
    this.#catchUp()
    return this.#sessions
  }

  /** When the latest UPDATE came, by the receiver's clock. */
  get lastUpdateAt(): number {
    this.#catchUp()
    return this.#lastUpdateAt
  }

  async established(): Promise<void> {
    await until('the session is established', () => this.isUp, PATIENCE)
  }

  async closed(): Promise<void> {
    await until('the session is closed', () => !this.isUp, PATIENCE)
  }

  /** Resolves with the time of the UPDATE. */
  async hears(prefix: string, fits: (route: Announced) => boolean = () => true): Promise<number> {
    const heard = () => {
      const found = this.table.get(prefix)
      return found && fits(found.route) && found.at
    }
    return await until(`the neighbour hears ${prefix}`, heard, PATIENCE)
  }

  async hearsWithdrawn(prefix: string): Promise<number> {
    const what = `the neighbour hears that ${prefix} is gone`
    const gone = () => !this.table.has(prefix) && this.#withdrawnAt.get(prefix)
    return await until(what, gone, PATIENCE)
  }

  /** Resolves with the time of the latest UPDATE when so many routes stand. */
  async counts(routes: number): Promise<number> {
    const what = `the neighbour has ${routes} routes`
    await until(what, () => this.table.size === routes, PATIENCE).catch((cause: unknown) => {
      throw new Error(`it has ${this.table.size} routes, not ${routes}`, { cause })
    })
    return this.#lastUpdateAt
  }

  async countsMoreThan(routes: number): Promise<void> {
    await until(`more than ${routes} routes`, () => this.table.size > routes, PATIENCE)
  }

  /** A place in what was heard, for `since`. */
  mark(): number {
    return this.#witness.events.length
  }

  /** Everything the neighbour was told after the mark, closed sessions included. */
  since(mark: number): ReceiverEvent[] {
    return this.#witness.events.slice(mark).filter((event) => event.event !== 'listening')
  }

  #catchUp(): void {
    const { events } = this.#witness
    while (this.#read < events.length) this.#take(events[this.#read++]!)
  }

  #take(event: ReceiverEvent): void {
    if (!('peer' in event) || event.peer !== this.#peer) return
    if (event.event === 'established') {
      this.#isUp = true
      this.#sessions++
    } else if (event.event === 'closed') {
      this.#isUp = false
      this.#table.clear()
    } else if (event.event === 'update') {
      this.#lastUpdateAt = event.at
      for (const prefix of event.withdrawn) {
        this.#table.delete(prefix)
        this.#withdrawnAt.set(prefix, event.at)
      }
      for (const route of event.announced) this.#table.set(route.prefix, { at: event.at, route })
    }
  }
}
