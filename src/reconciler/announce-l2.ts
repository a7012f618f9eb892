// Does this node answer ARP and NDP for this Service, on which interfaces, and if not, why and who
// does. The owner is elected among all nodes, so that every speaker comes to the same one.
import type { Service } from '../api/core.ts'
import { includesNode, type L2Ad, type Pool } from '../config/config.ts'
import { indexPools, type PoolIndex } from '../ipam/pool-index.ts'
import type { Address } from '../net/address.ts'
import { type SpeakerWorld, unfitness } from './announce.ts'
import type { AnnounceReason } from './announce-reasons.ts'
import { type Ballots, ballotsOf } from './ballots.ts'
import { type L2Ground, l2GroundOf } from './ground-l2.ts'
import { type Claims, claimsOf, type Ownership } from './ownership.ts'
import { serviceKey, type World } from './world.ts'

export interface L2World extends SpeakerWorld {
  /** Nodes whose speakers live, ours among them. Absent: nobody knows, so that every node counts. */
  readonly members?: ReadonlySet<string> | undefined
  /** Interfaces of this node. Absent: not known yet. */
  readonly linkNames?: ReadonlySet<string> | undefined
  /** Absent: the hash alone decides, as MetalLB does it. */
  readonly ownership?: Ownership | undefined
}

export type L2Decision =
  | {
      readonly announce: true
      readonly pool: string
      readonly addresses: readonly Address[]
      /** Sorted; empty: all. */
      readonly interfaces: readonly string[]
    }
  | {
      readonly announce: false
      readonly because: AnnounceReason
      readonly pool?: string
      /** The node that is elected; this one, where only its interfaces are missing. */
      readonly owner?: string
    }

/** Whether there is anything to decide: many clusters with BGP have no L2Advertisement. */
export const usesLayer2 = ({ config }: Pick<World, 'config'>): boolean =>
  config.pools.some(({ l2 }) => l2.length > 0)

const no = (because: AnnounceReason, pool?: Pool, owner?: string): L2Decision => ({
  announce: false,
  because,
  ...(pool ? { pool: pool.name } : {}),
  ...(owner === undefined ? {} : { owner }),
})

/** All but the Service: of the world itself; a pass over many Services makes them once. */
export function decideL2(
  world: L2World,
  service: Service,
  pools: PoolIndex = indexPools(world.config.pools),
  ballots: Ballots = ballotsOf(world),
  claims: Claims = claimsOf(world, pools, ballots),
): L2Decision {
  const ground = l2GroundOf(world, service, pools)
  if ('because' in ground) return no(ground.because, ground.pool)
  const { pool, addresses, ads } = ground
  // The first address decides for both, so that two families are not two owners.
  const address = addresses[0]!
  const claim = claims.get(serviceKey(service))
  const owner = ballots.owner(ground, address, claim?.nodes)
  if (owner !== world.node) {
    const isHeld = claim?.isHeld === true && owner !== undefined && claim.nodes.has(owner)
    return no(whyNotHere(world, ground, isHeld), pool, owner)
  }
  const interfaces = interfacesOf(ads, world.node)
  if (isMissing(interfaces, world.linkNames)) return no('noInterface', pool, owner)
  return { announce: true, pool: pool.name, addresses, interfaces }
}

/** Of a node that was not elected: what kept it off the ballot, or that another one won. */
function whyNotHere(
  world: L2World,
  { pool, ads, among }: L2Ground,
  isHeld: boolean,
): AnnounceReason {
  const { node, nodes, members } = world
  const includesUs = (ad: L2Ad) => includesNode(ad, node)
  if (!pool.l2.some(includesUs)) return 'notOwner'
  if (!ads.some(includesUs)) return 'noMatchingAdvertisement'
  if (members && !members.has(node)) return 'speakerNotAlive'
  if (!members && nodes.size > 0 && !nodes.has(node)) return 'noSuchNode'
  const unfit = unfitness(world, nodes.get(node))
  if (unfit) return unfit
  if (among && !among.has(node)) return 'noLocalEndpoints'
  return isHeld ? 'otherHolder' : 'otherOwner'
}

/** One advertisement without a list means all interfaces, whatever the others say. */
function interfacesOf(ads: readonly L2Ad[], node: string): string[] {
  const lists = ads.filter((ad) => includesNode(ad, node)).map(({ interfaces }) => interfaces)
  return lists.some((list) => list.length === 0) ? [] : [...new Set(lists.flat())].sort()
}

/** By name only: an interface that is down today may be up tomorrow. */
function isMissing(
  interfaces: readonly string[],
  linkNames: ReadonlySet<string> | undefined,
): boolean {
  if (interfaces.length === 0 || !linkNames) return false
  return !interfaces.some((name) => linkNames.has(name))
}
