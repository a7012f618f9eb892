// Who answers on layer 2 where more than the hash decides: an address stays with the node that answers
// for it, and in a spread one that nobody answers for goes to a node that has not enough yet. Every
// node comes to the same answer from the same world. Nothing that is held is ever moved to balance.
import assert from 'node:assert/strict'
import type { EndpointSlice, Service } from '../api/core.ts'
import type { PoolIndex } from '../ipam/pool-index.ts'
import { type Address, compareAddresses } from '../net/address.ts'
import type { L2World } from './announce-l2.ts'
import type { Ballots } from './ballots.ts'
import { type L2Ground, l2GroundOf } from './ground-l2.ts'
import { serviceKey } from './world.ts'

export const OWNERSHIP_MODES = ['hash', 'sticky', 'spread'] as const
export type OwnershipMode = (typeof OWNERSHIP_MODES)[number]

/** `namespace/name` of a Service → the nodes that say they answer for it → since when. */
export type Holders = ReadonlyMap<string, ReadonlyMap<string, number>>

export interface Ownership {
  readonly mode: Exclude<OwnershipMode, 'hash'>
  readonly holders: Holders
}

/** Of one address: among whom of those who may stand it is decided. */
export interface Claim {
  readonly nodes: ReadonlySet<string>
  /** They answer for it already; if not, it was given to this one. */
  readonly isHeld: boolean
  /** Equal for claims that say the same. */
  readonly text: string
}

/** By `namespace/name` of the Service; those that share an address have one claim. */
export type Claims = ReadonlyMap<string, Claim>

const NO_CLAIMS: Claims = new Map()

/** `grounds`: kept from pass to pass where there are many Services. */
export function claimsOf(
  world: L2World,
  pools: PoolIndex,
  ballots: Ballots,
  grounds = new L2Grounds(),
): Claims {
  const { ownership } = world
  if (!ownership) return NO_CLAIMS
  const seats = seatsIn(grounds.of(world, pools), ownership.holders, ballots)
  const given = ownership.mode === 'spread' ? spread(seats, ballots) : NOTHING_GIVEN
  const claims = new Map<string, Claim>()
  for (const seat of seats) {
    const claim = claimOn(seat, given.get(seat))
    if (claim) for (const service of seat.services) claims.set(service, claim)
  }
  return claims
}

/** An address, who may answer for it, and which of those do. */
interface Seat {
  readonly address: Address
  readonly services: string[]
  readonly standing: readonly string[]
  /** Those that have it longest: who was cut off claims it anew when it is back. */
  readonly holders: Set<string>
  since: number
}

/** Services that share an address share its holders: they have to agree. */
function seatsIn(
  grounds: Iterable<readonly [string, L2Ground]>,
  holders: Holders,
  ballots: Ballots,
): Seat[] {
  const seats = new Map<string, Seat>()
  for (const [service, { ads, addresses, among }] of grounds) {
    const address = addresses[0]!
    let seat = seats.get(address.text)
    if (!seat) {
      const standing = ballots.standing(ads, among)
      seat = { address, services: [], standing, holders: new Set(), since: Infinity }
      seats.set(address.text, seat)
    }
    seat.services.push(service)
    for (const [node, since] of holders.get(service) ?? []) hold(seat, node, since)
  }
  return [...seats.values()]
}

function hold(seat: Seat, node: string, since: number): void {
  if (since > seat.since || !seat.standing.includes(node)) return
  if (since < seat.since) seat.holders.clear()
  seat.holders.add(node)
  seat.since = since
}

function claimOn({ holders }: Seat, given: string | undefined): Claim | undefined {
  if (holders.size > 0) return claimOf(holders, true)
  return given === undefined ? undefined : claimOf(new Set([given]), false)
}

function claimOf(nodes: ReadonlySet<string>, isHeld: boolean): Claim {
  const text = [isHeld ? 'held' : 'given', ...[...nodes].sort()].join(' ')
  return { nodes, isHeld, text }
}

type Given = ReadonlyMap<Seat, string>
const NOTHING_GIVEN: Given = new Map()

function spread(seats: readonly Seat[], ballots: Ballots): Given {
  const names = new Map<readonly string[], string>()
  const nameOf = ({ standing }: Seat) => {
    const name = names.get(standing) ?? JSON.stringify(standing)
    names.set(standing, name)
    return name
  }
  const groups = [...Map.groupBy(seats, nameOf).values()]
  return new Map(groups.flatMap((group) => spreadAlike(group, ballots)))
}

/**
 * Of addresses for which the same nodes may stand, each node gets its share: first what it holds, then,
 * in the order of addresses, what the hash would give it while it is not full.
 *
 * It comes to the same whichever of its results have become holdings meanwhile. A node that gets an
 * address is not full before it, so what it gets later, counted from the start, leaves room for what it
 * got before. That holds only because nobody is ever given more than a share, and so the addresses of
 * one group must not count in another: where few may stand they would have to overflow.
 */
function spreadAlike(group: readonly Seat[], ballots: Ballots): [Seat, string][] {
  const { standing } = group[0]!
  if (standing.length === 0) return []
  const share = Math.ceil(group.length / standing.length)
  const counts = new Map(standing.map((node) => [node, 0]))
  let open = standing
  const take = (node: string) => {
    const count = counts.get(node)! + 1
    counts.set(node, count)
    if (count === share) open = open.filter((one) => one !== node)
  }
  const free: Seat[] = []
  for (const seat of group) {
    if (seat.holders.size === 0) free.push(seat)
    else take(ballots.elections.winner([...seat.holders], seat.address)!)
  }
  free.sort((a, b) => compareAddresses(a.address, b.address))
  return free.map((seat) => {
    const node = ballots.elections.winner(open, seat.address)
    assert(node !== undefined, 'the shares together are enough for all')
    take(node)
    return [seat, node]
  })
}

interface KnownGround {
  readonly pools: PoolIndex
  readonly lbClass: string
  readonly slices: readonly EndpointSlice[] | undefined
  readonly ground: L2Ground | undefined
}

/** What there is to answer for, worked out once for each version of a Service and its endpoints. */
export class L2Grounds {
  readonly #known = new WeakMap<Service, KnownGround>()

  /** By Service, in the order of their keys. */
  of(world: L2World, pools: PoolIndex): (readonly [string, L2Ground])[] {
    const grounds: [string, L2Ground][] = []
    for (const [key, service] of world.services) {
      if (service.spec.type !== 'LoadBalancer') continue
      const ground = this.#groundOf(world, service, pools)
      if (ground) grounds.push([key, ground])
    }
    return grounds
  }

  #groundOf(world: L2World, service: Service, pools: PoolIndex): L2Ground | undefined {
    const { lbClass } = world
    const slices = world.slices.get(serviceKey(service))
    const known = this.#known.get(service)
    if (known?.slices === slices && known?.pools === pools && known.lbClass === lbClass) {
      return known.ground
    }
    const found = l2GroundOf(world, service, pools)
    const ground = 'because' in found ? undefined : found
    this.#known.set(service, { pools, lbClass, slices, ground })
    return ground
  }
}
