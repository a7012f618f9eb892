// Does this node answer ARP and NDP for this Service, on which interfaces, and if not, why and who
// does. The owner is elected among all nodes, so that every speaker comes to the same one.
import { ALLOW_SHARED_IP, userAnnotation } from '../api/annotations.ts'
import type { Service } from '../api/core.ts'
import { matchesAny } from '../api/selector.ts'
import { includesNode, type L2Ad, type Pool } from '../config/config.ts'
import { indexPools, type PoolIndex } from '../ipam/pool-index.ts'
import type { Address } from '../net/address.ts'
import { groundOf, type SpeakerWorld, unfitness } from './announce.ts'
import type { AnnounceReason } from './announce-reasons.ts'
import { type Ballots, ballotsOf } from './ballots.ts'
import { serves, servingNodes } from './endpoints.ts'
import { serviceKey, type World } from './world.ts'

export interface L2World extends SpeakerWorld {
  /** Nodes whose speakers live, ours among them. Absent: nobody knows, so that every node counts. */
  readonly members?: ReadonlySet<string> | undefined
  /** Interfaces of this node. Absent: not known yet. */
  readonly linkNames?: ReadonlySet<string> | undefined
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

/** `pools`, `ballots`: of the world itself; a pass over many Services makes them once. */
export function decideL2(
  world: L2World,
  service: Service,
  pools: PoolIndex = indexPools(world.config.pools),
  ballots: Ballots = ballotsOf(world),
): L2Decision {
  const ground = groundOf(world, service, pools)
  if (typeof ground === 'string') return no(ground)
  const { pool, addresses } = ground
  if (pool.l2.length === 0) return no('notOwner', pool)
  const ads = adsFor(pool, service)
  if (ads.length === 0) return no('noMatchingAdvertisement', pool)
  // Services of one address have to elect the same node, and for that be on the same ballot.
  if (mayShare(service) && ads.some((ad) => ad.serviceSelectors.length > 0)) {
    return no('sharedIPWithServiceSelector', pool)
  }
  const slices = world.slices.get(serviceKey(service)) ?? []
  if (!serves(slices)) return no('noEndpoints', pool)
  const isLocal = service.spec.externalTrafficPolicy === 'Local'
  const among = isLocal ? servingNodes(slices) : undefined
  // The first address decides for both, so that two families are not two owners.
  const owner = ballots.owner(ads, addresses[0]!, among)
  if (owner !== world.node) return no(whyNotHere(world, pool, ads, among), pool, owner)

  const interfaces = interfacesOf(ads, world.node)
  if (isMissing(interfaces, world.linkNames)) return no('noInterface', pool, owner)
  return { announce: true, pool: pool.name, addresses, interfaces }
}

function adsFor({ l2 }: Pool, { metadata }: Service): readonly L2Ad[] {
  const selects = (ad: L2Ad) => matchesAny(ad.serviceSelectors, metadata.labels)
  return l2.every(selects) ? l2 : l2.filter(selects)
}

const mayShare = ({ metadata }: Service): boolean =>
  userAnnotation(metadata.annotations, ALLOW_SHARED_IP) !== undefined

/** Of a node that was not elected: what kept it off the ballot, or that another one won. */
function whyNotHere(
  world: L2World,
  pool: Pool,
  ads: readonly L2Ad[],
  among: ReadonlySet<string> | undefined,
): AnnounceReason {
  const { node, nodes, members } = world
  const includesUs = (ad: L2Ad) => includesNode(ad, node)
  if (!pool.l2.some(includesUs)) return 'notOwner'
  if (!ads.some(includesUs)) return 'noMatchingAdvertisement'
  if (members && !members.has(node)) return 'speakerNotAlive'
  if (!members && nodes.size > 0 && !nodes.has(node)) return 'noSuchNode'
  const unfit = unfitness(world, nodes.get(node))
  if (unfit) return unfit
  return among && !among.has(node) ? 'noLocalEndpoints' : 'otherOwner'
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
