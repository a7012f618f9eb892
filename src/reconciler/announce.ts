// Does this node announce this Service over BGP, as which routes, and if not, why. Every node
// decides alone; all it needs is in the world. What layer 2 asks in the same words stands here, too.
import { EXCLUDE_FROM_LB } from '../api/annotations.ts'
import type { Node, Service } from '../api/core.ts'
import { matchesAny } from '../api/selector.ts'
import { localPrefConflict } from '../config/advertisements.ts'
import { type BgpAd, includesNode, type Pool } from '../config/config.ts'
import { indexPools, type PoolIndex, poolOfAll } from '../ipam/pool-index.ts'
import { type Address, parseAddress } from '../net/address.ts'
import { type Prefix, prefixAround } from '../net/prefix.ts'
import type { AnnounceReason } from './announce-reasons.ts'
import { usableEndpoints } from './endpoints.ts'
import { isOurs, serviceKey, type World } from './world.ts'

export interface SpeakerWorld extends World {
  /** The name of this node. */
  readonly node: string
  /** `--ignore-exclude-lb` */
  readonly ignoreExcludeLb: boolean
  readonly hostname: string
  readonly logLevel: string
}

/** One prefix, announced because of one advertisement. */
export interface Route {
  readonly prefix: Prefix
  readonly ad: BgpAd
}

export type BgpDecision =
  | { readonly announce: true; readonly pool: string; readonly routes: readonly Route[] }
  | { readonly announce: false; readonly because: AnnounceReason; readonly pool?: string }

const no = (because: AnnounceReason, pool?: Pool): BgpDecision =>
  pool ? { announce: false, because, pool: pool.name } : { announce: false, because }

/** `pools`: the index of the world's own pools; a pass over many Services makes it once. */
export function decideBgp(
  world: SpeakerWorld,
  service: Service,
  pools: PoolIndex = indexPools(world.config.pools),
): BgpDecision {
  const ground = groundOf(world, service, pools)
  if (typeof ground === 'string') return no(ground)
  const { pool, addresses } = ground

  const here = pool.bgp.filter((ad) => includesNode(ad, world.node))
  if (here.length === 0) return no('notOwner', pool)
  const { labels } = service.metadata
  const ads = here.filter((ad) => matchesAny(ad.serviceSelectors, labels))
  if (ads.length === 0) return no('noMatchingAdvertisement', pool)
  if (conflicts(pool, ads)) return no('conflictingAdvertisements', pool)

  const unfit = unfitness(world, world.nodes.get(world.node))
  if (unfit) return no(unfit, pool)
  const usable = usableEndpoints(world.slices.get(serviceKey(service)) ?? [], world.node)
  if (service.spec.externalTrafficPolicy === 'Local' && !usable.onThisNode) {
    return no('noLocalEndpoints', pool)
  }
  if (!usable.anywhere) return no('noEndpoints', pool)
  return { announce: true, pool: pool.name, routes: routesOf(addresses, ads) }
}

export interface Ground {
  readonly pool: Pool
  readonly addresses: readonly Address[]
}

/** What there is to announce, by whatever protocol; or why there is nothing. */
export function groundOf(
  world: SpeakerWorld,
  service: Service,
  pools: PoolIndex,
): Ground | AnnounceReason {
  if (service.spec.type !== 'LoadBalancer') return 'notLoadBalancer'
  if (!isOurs(world, service)) return 'otherClass'
  const addresses = allocatedAddresses(service)
  if (addresses === undefined) return 'invalidIP'
  if (addresses.length === 0) return 'noIPAllocated'
  const pool = poolOfAll(pools, addresses)
  return pool ? { pool, addresses } : 'ipNotAllowed'
}

/** Why a node may announce nothing at all. One that nobody knows has nothing against it. */
export function unfitness(
  { ignoreExcludeLb }: Pick<SpeakerWorld, 'ignoreExcludeLb'>,
  node: Node | undefined,
): 'nodeNetworkUnavailable' | 'nodeLabeledExcludeBalancers' | undefined {
  if (!node) return undefined
  if (networkUnavailable(node)) return 'nodeNetworkUnavailable'
  const isExcluded = !ignoreExcludeLb && EXCLUDE_FROM_LB in node.metadata.labels
  return isExcluded ? 'nodeLabeledExcludeBalancers' : undefined
}

/** What the Service's status says; undefined when an entry is no address (a host name, say). */
function allocatedAddresses(service: Service): Address[] | undefined {
  const addresses = service.status.loadBalancer.ingress.map(({ ip = '' }) => parseAddress(ip))
  return addresses.every((at) => at !== undefined) ? addresses : undefined
}

function routesOf(addresses: readonly Address[], ads: readonly BgpAd[]): Route[] {
  return addresses.flatMap((at) =>
    ads.map((ad) => ({
      prefix: prefixAround(at, at.family === 4 ? ad.aggregationLength : ad.aggregationLengthV6),
      ad,
    })),
  )
}

function conflicts(pool: Pool, ads: readonly BgpAd[]): boolean {
  return ads.some((a, i) => ads.slice(i + 1).some((b) => localPrefConflict(pool, a, b)))
}

const networkUnavailable = (node: Node): boolean =>
  node.status.conditions.some((one) => one.type === 'NetworkUnavailable' && one.status === 'True')
