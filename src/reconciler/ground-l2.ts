// What there is to answer for on layer 2, and among whom its owner is elected: the part of the decision
// that is the same on every node. Separate from it because a spread looks at all Services before one.
import { ALLOW_SHARED_IP, userAnnotation } from '../api/annotations.ts'
import type { EndpointSlice, Service } from '../api/core.ts'
import { matchesAny } from '../api/selector.ts'
import type { L2Ad, Pool } from '../config/config.ts'
import type { PoolIndex } from '../ipam/pool-index.ts'
import { type Ground, groundOf } from './announce.ts'
import type { L2World } from './announce-l2.ts'
import type { AnnounceReason } from './announce-reasons.ts'
import { serves, servingNodes } from './endpoints.ts'
import { serviceKey } from './world.ts'

export interface L2Ground extends Ground {
  readonly ads: readonly L2Ad[]
  /** Only these can win, as the policy Local wants it. */
  readonly among: ReadonlySet<string> | undefined
}

export interface NoGround {
  readonly because: AnnounceReason
  readonly pool?: Pool
}

export function l2GroundOf(
  world: L2World,
  service: Service,
  pools: PoolIndex,
): L2Ground | NoGround {
  const ground = groundOf(world, service, pools)
  if (typeof ground === 'string') return { because: ground }
  const { pool } = ground
  if (pool.l2.length === 0) return { because: 'notOwner', pool }
  const ads = adsFor(pool, service)
  if (ads.length === 0) return { because: 'noMatchingAdvertisement', pool }
  // Services of one address have to elect the same node, and for that be on the same ballot.
  if (mayShare(service) && ads.some((ad) => ad.serviceSelectors.length > 0)) {
    return { because: 'sharedIPWithServiceSelector', pool }
  }
  const slices = world.slices.get(serviceKey(service)) ?? []
  if (!serves(slices)) return { because: 'noEndpoints', pool }
  return { ...ground, ads, among: amongWhom(service, slices) }
}

function adsFor({ l2 }: Pool, { metadata }: Service): readonly L2Ad[] {
  const selects = (ad: L2Ad) => matchesAny(ad.serviceSelectors, metadata.labels)
  return l2.every(selects) ? l2 : l2.filter(selects)
}

const mayShare = ({ metadata }: Service): boolean =>
  userAnnotation(metadata.annotations, ALLOW_SHARED_IP) !== undefined

const amongWhom = ({ spec }: Service, slices: readonly EndpointSlice[]) =>
  spec.externalTrafficPolicy === 'Local' ? servingNodes(slices) : undefined
