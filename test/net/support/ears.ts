// Our receivers as the routers of a case: each listens at the address the case names, and is kept as
// long as the next case wants the same router there.
import assert from 'node:assert/strict'
import type { Announced } from '../../../src/lab/bgp.ts'
import type { ReceiverEvent } from '../../../src/lab/receiver.ts'
import { startWitness, type Witness } from '../../../src/lab/witness.ts'
import { eventually } from '../../support/eventually.ts'
import type { RouterExpectation } from './expectation.ts'
import type { Place } from './network.ts'
import type { Seat } from './seats.ts'

export class Ears implements AsyncDisposable {
  /** By address. */
  readonly #witnesses = new Map<string, { router: string; witness: Witness }>()

  /** True when another router has to sit where one sits now. */
  mustMove(seats: readonly Seat[]): boolean {
    return seats.some((seat) => {
      const there = this.#witnesses.get(seat.neighbor)
      return there !== undefined && there.router !== routerOf(seat)
    })
  }

  async sit(seat: Seat): Promise<Ear> {
    const { expected, place, neighbor, port } = seat
    const router = routerOf(seat)
    const there = this.#witnesses.get(neighbor)
    if (there?.router === router) return new Ear(there.witness, seat)
    await there?.witness[Symbol.asyncDispose]()
    const who = { netns: place.netns, asn: expected.asn, listen: neighbor, port }
    const witness = await startWitness(who)
    this.#witnesses.set(neighbor, { router, witness })
    return new Ear(witness, seat)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { witness } of this.#witnesses.values()) await witness[Symbol.asyncDispose]()
  }
}

const routerOf = ({ port, expected }: Seat) => `AS ${expected.asn} on port ${port}`

/** A prefix and everything that came with it. */
export type Heard = Announced

/** One router during one case. */
export class Ear {
  readonly #witness: Witness
  readonly #seat: Seat
  readonly #from: number

  constructor(witness: Witness, seat: Seat) {
    this.#witness = witness
    this.#seat = seat
    this.#from = witness.events.length
  }

  /** Waits until the session stands and the table is exactly the expected one. */
  async hearsAll(): Promise<void> {
    const { expected, name } = this.#seat
    await eventually(() =>
      assert.equal(this.#asnOfSession(), expected.sees.asn, `${name}: session`),
    )
    const wanted = sorted(expectedRoutes(this.#seat))
    await eventually(() => assert.deepEqual(this.#table(), wanted, `${name}: table`))
  }

  /** Waits until it hears this and nothing else any more. */
  async hearsOnly(prefixes: readonly string[]): Promise<void> {
    await eventually(() => {
      const heard = this.#table().map(({ prefix }) => prefix)
      assert.deepEqual(heard.sort(), [...prefixes].sort(), this.#seat.name)
    })
  }

  /** Looks back: nothing wrong was heard at any moment, and the session never broke. */
  saidNothingElse(allowed: readonly string[]): void {
    const { name } = this.#seat
    const expected = new Map(expectedRoutes(this.#seat).map((route) => [route.prefix, route]))
    for (const event of this.#events()) {
      if (event.event !== 'update') continue
      for (const route of event.announced) {
        if (allowed.includes(route.prefix)) continue
        assert.deepEqual(inOrder(route), expected.get(route.prefix), `${name} heard for a moment`)
      }
    }
    const events = this.#events().map(({ event }) => event)
    const firstUpdate = events.indexOf('update')
    assert.ok(!events.slice(firstUpdate).includes('closed'), `${name}: the session broke`)
  }

  #events(): ReceiverEvent[] {
    return this.#witness.events.slice(this.#from).filter((event) => this.#isOurs(event))
  }

  /** Undefined while there is no session. */
  #asnOfSession(): number | undefined {
    const last = this.#witness.events.findLast(
      (event) => this.#isOurs(event) && (event.event === 'established' || event.event === 'closed'),
    )
    return last?.event === 'established' ? last.asn : undefined
  }

  #isOurs(event: ReceiverEvent): boolean {
    return 'peer' in event && event.peer === this.#seat.source
  }

  #table(): Heard[] {
    return sorted([...this.#witness.table(this.#seat.source).values()].map(inOrder))
  }
}

/** ORIGIN is IGP and MED 0 for what FRR originates by `network`; nothing else may be there. */
function expectedRoutes({ expected, place }: { expected: RouterExpectation; place: Place }) {
  return expected.hears.map(
    ({ nextHop, ...route }): Heard =>
      inOrder({
        ...route,
        nextHop: place.nextHops[nextHop] ?? nextHop,
        origin: 0,
        med: 0,
      } as Heard),
  )
}

/** Communities are a set, whatever order they travel in. */
const inOrder = ({ communities, largeCommunities, ...route }: Heard): Heard => ({
  ...route,
  communities: [...communities].sort(),
  largeCommunities: [...largeCommunities].sort(),
})

const sorted = (routes: Heard[]): Heard[] =>
  routes.sort((a, b) => (a.prefix < b.prefix ? -1 : a.prefix > b.prefix ? 1 : 0))
