// What this node announces of every Service, by either protocol. Decisions are kept from pass to pass
// for Services whose inputs are the very same objects, which most are; each protocol has its own inputs.
import type { EndpointSlice, Service } from '../api/core.ts'
import type { Config } from '../config/config.ts'
import { indexPools, type PoolIndex } from '../ipam/pool-index.ts'
import { type BgpDecision, decideBgp } from './announce.ts'
import { decideL2, type L2Decision, type L2World, usesLayer2 } from './announce-l2.ts'
import { type Ballots, ballotsOf } from './ballots.ts'
import { type Claims, claimsOf, L2Grounds } from './ownership.ts'

export type Protocol = 'bgp' | 'layer2'

export interface ServiceAnnouncement {
  /** `namespace/name` */
  readonly key: string
  readonly addresses: readonly string[]
  readonly bgp: BgpDecision
  /** Absent in a configuration without an L2Advertisement. */
  readonly l2?: L2Decision
}

interface Kept<Decision> {
  readonly slices: readonly EndpointSlice[] | undefined
  /** Who is to keep its first address, or to get it. */
  readonly claim?: string | undefined
  /** All else that it depends on, the same for every Service. */
  readonly around: Around
  readonly decision: Decision
}

type Around = readonly unknown[]

interface MemoEntry {
  readonly bgp: Kept<BgpDecision>
  readonly l2: Kept<L2Decision> | undefined
  readonly announcement: ServiceAnnouncement
}

export class AnnouncementMemo {
  readonly entries = new WeakMap<Service, MemoEntry>()
  #pools: Config['pools'] | undefined
  #index = indexPools([])
  #ballots: Ballots | undefined
  readonly #grounds = new L2Grounds()
  #claims: Claims = new Map()
  #claimed: Around = []
  readonly #around = new Map<Protocol, Around>()

  indexOf(pools: Config['pools']): PoolIndex {
    if (pools !== this.#pools) {
      this.#pools = pools
      this.#index = indexPools(pools)
    }
    return this.#index
  }

  ballotsOf(world: L2World): Ballots {
    this.#ballots = ballotsOf(world, this.#ballots)
    return this.#ballots
  }

  claimsOf(world: L2World, ballots: Ballots): Claims {
    const { ownership, services, slices, lbClass, config } = world
    const { mode, holders } = ownership ?? {}
    const inputs = [mode, holders, services, slices, lbClass, config.pools, ballots]
    if (isSameList(inputs, this.#claimed)) return this.#claims
    this.#claimed = inputs
    this.#claims = claimsOf(world, this.indexOf(config.pools), ballots, this.#grounds)
    return this.#claims
  }

  /** The very same list while all in it is: one comparison for each Service instead of many. */
  around(protocol: Protocol, inputs: Around): Around {
    const before = this.#around.get(protocol)
    if (before && isSameList(inputs, before)) return before
    this.#around.set(protocol, inputs)
    return inputs
  }
}

/** Services of type LoadBalancer, by key. */
export function announcementsOf(world: L2World, memo: AnnouncementMemo): ServiceAnnouncement[] {
  const { config, node, nodes, lbClass, ignoreExcludeLb, linkNames, members } = world
  const pools = memo.indexOf(config.pools)
  const ballots = usesLayer2(world) ? memo.ballotsOf(world) : undefined
  const claims = ballots && memo.claimsOf(world, ballots)
  const inputs = [config.pools, nodes.get(node), node, lbClass, ignoreExcludeLb]
  const forBgp = memo.around('bgp', inputs)
  const forL2 = memo.around('layer2', [...inputs, ballots, linkNames, members?.has(node)])
  const announced: ServiceAnnouncement[] = []
  for (const [key, service] of world.services) {
    if (service.spec.type !== 'LoadBalancer') continue
    const slices = world.slices.get(key)
    const known = memo.entries.get(service)
    const bgp = kept(known?.bgp, { slices, around: forBgp }, () => decideBgp(world, service, pools))
    const claim = claims?.get(key)?.text
    const l2 =
      ballots &&
      kept(known?.l2, { slices, around: forL2, claim }, () =>
        decideL2(world, service, pools, ballots, claims),
      )
    if (known && known.bgp === bgp && known.l2 === l2) {
      announced.push(known.announcement)
      continue
    }
    const announcement = announcementOf(key, service, bgp.decision, l2?.decision)
    memo.entries.set(service, { bgp, l2, announcement })
    announced.push(announcement)
  }
  return announced
}

function kept<Decision>(
  known: Kept<Decision> | undefined,
  { slices, around, claim }: Omit<Kept<Decision>, 'decision'>,
  decide: () => Decision,
): Kept<Decision> {
  const isSame = known?.slices === slices && known?.around === around && known.claim === claim
  return isSame ? known : { slices, around, claim, decision: decide() }
}

const isSameList = (a: Around, b: Around): boolean =>
  a.length === b.length && a.every((one, at) => one === b[at])

const announcementOf = (
  key: string,
  { status }: Service,
  bgp: BgpDecision,
  l2: L2Decision | undefined,
): ServiceAnnouncement => ({
  key,
  addresses: status.loadBalancer.ingress.map(({ ip, hostname }) => ip ?? hostname ?? ''),
  bgp,
  ...(l2 ? { l2 } : {}),
})
