// World → what this node wants true: which Services it announces and why not, what FRR's
// configuration shall be, and which peers hear which Service.
import type { Node, Service } from '../api/core.ts'
import { matchesAny } from '../api/selector.ts'
import { type Config, isFor, type Peer } from '../config/config.ts'
import type { Problem } from '../config/problem.ts'
import { indexPools, type PoolIndex } from '../ipam/pool-index.ts'
import { type Family, parseAddress } from '../net/address.ts'
import { buildFrrModel, familiesOf } from '../render/build.ts'
import type { FrrModel } from '../render/model.ts'
import { type BgpDecision, decideBgp, type SpeakerWorld } from './announce.ts'
import type { PeerReason } from './announce-reasons.ts'

export interface ServiceAnnouncement {
  /** `namespace/name` */
  readonly key: string
  readonly addresses: readonly string[]
  readonly bgp: BgpDecision
}

export interface PeerDecision {
  readonly name: string
  readonly session: boolean
  readonly because?: Extract<PeerReason, 'nodeNotSelected' | 'refusedByFrr'>
}

export interface SpeakerPlan {
  readonly node: string
  /** Services of type LoadBalancer, by key. */
  readonly services: readonly ServiceAnnouncement[]
  /** Every peer of the configuration, and whether this node opens its session. */
  readonly peers: readonly PeerDecision[]
  readonly frr: FrrModel
  /** Service → names of the peers that hear it, both sorted. */
  readonly bgpStatuses: readonly { readonly service: string; readonly peers: readonly string[] }[]
  readonly problems: readonly Problem[]
}

/** Decisions of the last pass, reused for Services whose inputs are the very same objects. */
export class AnnouncementMemo {
  readonly entries = new WeakMap<Service, MemoEntry>()
  #pools: Config['pools'] | undefined
  #index = indexPools([])

  indexOf(pools: Config['pools']): PoolIndex {
    if (pools !== this.#pools) {
      this.#pools = pools
      this.#index = indexPools(pools)
    }
    return this.#index
  }
}

interface MemoEntry {
  readonly inputs: readonly unknown[]
  readonly announcement: ServiceAnnouncement
}

/**
 * `without`: peers that FRR refused; they are left out so that the others are served.
 */
export function planSpeaker(
  world: SpeakerWorld,
  without: ReadonlySet<string> = new Set(),
  memo = new AnnouncementMemo(),
): SpeakerPlan {
  const peers = world.config.peers.map((peer) => decidePeer(world, peer, without))
  const sessions = new Set(peers.filter((peer) => peer.session).map((peer) => peer.name))
  const ownPeers = world.config.peers.filter((peer) => sessions.has(peer.name))
  const services = announcements(world, memo)
  return {
    node: world.node,
    services,
    peers,
    frr: buildFrrModel({
      config: world.config,
      peers: ownPeers,
      routes: services.flatMap(({ bgp }) => (bgp.announce ? bgp.routes : [])),
      node: world.node,
      nodeFamilies: familiesOfNode(world.nodes.get(world.node)),
      hostname: world.hostname,
      logLevel: world.logLevel,
    }),
    bgpStatuses: services.flatMap(({ key, bgp }) => {
      const heardBy = bgp.announce ? peersOf(bgp.routes, ownPeers) : []
      return heardBy.length > 0 ? [{ service: key, peers: heardBy }] : []
    }),
    problems: world.problems,
  }
}

function decidePeer(world: SpeakerWorld, peer: Peer, without: ReadonlySet<string>): PeerDecision {
  const { name } = peer
  const labels = world.nodes.get(world.node)?.metadata.labels ?? {}
  if (!matchesAny(peer.nodeSelectors, labels)) {
    return { name, session: false, because: 'nodeNotSelected' }
  }
  if (without.has(name)) return { name, session: false, because: 'refusedByFrr' }
  return { name, session: true }
}

function announcements(world: SpeakerWorld, memo: AnnouncementMemo): ServiceAnnouncement[] {
  const announced: ServiceAnnouncement[] = []
  const pools = memo.indexOf(world.config.pools)
  for (const [key, service] of world.services) {
    if (service.spec.type !== 'LoadBalancer') continue
    const node = world.nodes.get(world.node)
    const slices = world.slices.get(key)
    const { lbClass, ignoreExcludeLb } = world
    const inputs = [world.config.pools, node, slices, world.node, lbClass, ignoreExcludeLb]
    const known = memo.entries.get(service)
    if (known && inputs.every((input, i) => input === known.inputs[i])) {
      announced.push(known.announcement)
      continue
    }
    const announcement = {
      key,
      addresses: service.status.loadBalancer.ingress.map(
        ({ ip, hostname }) => ip ?? hostname ?? '',
      ),
      bgp: decideBgp(world, service, pools),
    }
    memo.entries.set(service, { inputs, announcement })
    announced.push(announcement)
  }
  return announced
}

type Routes = Extract<BgpDecision, { announce: true }>['routes']

/** The peers that hear a route: chosen by its advertisement, with its family on the session. */
export function peersOf(routes: Routes, peers: Config['peers']): string[] {
  const hears = (peer: Peer) =>
    routes.some(({ prefix, ad }) => isFor(ad, peer) && familiesOf(peer).includes(prefix.family))
  return peers.filter(hears).map((peer) => peer.name)
}

function familiesOfNode(node: Node | undefined): Set<Family> {
  const own = node?.status.addresses ?? []
  return new Set(
    own
      .filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP')
      .flatMap((one) => parseAddress(one.address)?.family ?? []),
  )
}
