// World → what this node wants true: which Services it announces and why not, what FRR's
// configuration shall be, which peers hear which Service, and where ARP and NDP are answered.
import type { Node } from '../api/core.ts'
import { matchesAny } from '../api/selector.ts'
import { type Config, isFor, type Peer } from '../config/config.ts'
import type { Problem } from '../config/problem.ts'
import { type Family, parseAddress } from '../net/address.ts'
import { buildFrrModel, familiesOf } from '../render/build.ts'
import type { FrrModel } from '../render/model.ts'
import type { BgpDecision } from './announce.ts'
import { type L2World, usesLayer2 } from './announce-l2.ts'
import type { PeerReason } from './announce-reasons.ts'
import { AnnouncementMemo, announcementsOf, type ServiceAnnouncement } from './announcements.ts'
import { type Layer2Plan, planLayer2 } from './layer2.ts'

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
  /** Absent in a configuration without an L2Advertisement: then there is nothing to open or ask. */
  readonly l2?: Layer2Plan
  readonly problems: readonly Problem[]
}

/**
 * `without`: peers that FRR refused; they are left out so that the others are served.
 */
export function planSpeaker(
  world: L2World,
  without: ReadonlySet<string> = new Set(),
  memo = new AnnouncementMemo(),
): SpeakerPlan {
  const peers = world.config.peers.map((peer) => decidePeer(world, peer, without))
  const sessions = new Set(peers.filter((peer) => peer.session).map((peer) => peer.name))
  const ownPeers = world.config.peers.filter((peer) => sessions.has(peer.name))
  const services = announcementsOf(world, memo)
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
      logLevel: world.installedLogLevel ?? world.logLevel,
    }),
    bgpStatuses: services.flatMap(({ key, bgp }) => {
      const heardBy = bgp.announce ? peersOf(bgp.routes, ownPeers) : []
      return heardBy.length > 0 ? [{ service: key, peers: heardBy }] : []
    }),
    ...(usesLayer2(world) ? { l2: planLayer2(services) } : {}),
    problems: world.problems,
  }
}

function decidePeer(world: L2World, peer: Peer, without: ReadonlySet<string>): PeerDecision {
  const { name } = peer
  const labels = world.nodes.get(world.node)?.metadata.labels ?? {}
  if (!matchesAny(peer.nodeSelectors, labels)) {
    return { name, session: false, because: 'nodeNotSelected' }
  }
  if (without.has(name)) return { name, session: false, because: 'refusedByFrr' }
  return { name, session: true }
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
