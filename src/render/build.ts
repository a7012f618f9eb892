// Routes and configuration → the model of FRR's configuration. Here neighbours hear what their
// advertisements say, and equal routes become classes; the template only writes it down.
import { crc32 } from 'node:zlib'
import { type CommunityValue, compareCommunities } from '../api/community-value.ts'
import { type BgpAd, type Config, isFor, type Peer } from '../config/config.ts'
import type { Family } from '../net/address.ts'
import { comparePrefixes, type Prefix } from '../net/prefix.ts'
import { classKey } from './classes.ts'
import type { Attributes, FrrModel, Neighbor, Network, RouteClass, Router } from './model.ts'

export interface FrrInput {
  readonly config: Config
  /** Peers of this node, sorted by name. */
  readonly peers: readonly Peer[]
  readonly routes: Iterable<{ readonly prefix: Prefix; readonly ad: BgpAd }>
  readonly node: string
  /** The node's own addresses, as its status tells; empty when it does not. */
  readonly nodeFamilies: ReadonlySet<Family>
  readonly hostname: string
  readonly logLevel: string
}

/** `--log-level` → FRR's word. `errors`, not `error`: as FRR prints it. */
const FRR_LEVEL = new Map([
  ['all', 'debugging'],
  ['debug', 'debugging'],
  ['info', 'informational'],
  ['warn', 'warnings'],
  ['error', 'errors'],
  ['none', 'emergencies'],
])

export function buildFrrModel(input: FrrInput): FrrModel {
  const announced = advertisedPrefixes(input.routes)
  const logLevel = FRR_LEVEL.get(input.logLevel) ?? 'informational'
  return {
    hostname: input.hostname,
    logLevel,
    debug: logLevel === 'debugging',
    routers: groupByVrf(input.peers).map((peers) => buildRouter(input, peers, announced)),
    bfdProfiles: input.config.bfdProfiles,
    extras: input.config.extras,
  }
}

interface Announced {
  readonly prefix: Prefix
  readonly ads: readonly BgpAd[]
  /** Equal for prefixes that come from the same advertisements. */
  readonly adsKey: string
}

/** Prefix → the advertisements that ask for it, each once. Sorted by prefix. */
function advertisedPrefixes(routes: FrrInput['routes']): Announced[] {
  const idOf = new Map<BgpAd, number>()
  const byPrefix = new Map<string, { prefix: Prefix; ads: BgpAd[] }>()
  for (const { prefix, ad } of routes) {
    if (!idOf.has(ad)) idOf.set(ad, idOf.size)
    const entry = byPrefix.get(prefix.text)
    if (!entry) byPrefix.set(prefix.text, { prefix, ads: [ad] })
    else if (!entry.ads.includes(ad)) entry.ads.push(ad)
  }
  const ids = (ads: readonly BgpAd[]) => ads.map((ad) => idOf.get(ad)!)
  return [...byPrefix.values()]
    .sort((a, b) => comparePrefixes(a.prefix, b.prefix))
    .map((entry) => ({ ...entry, adsKey: ids(entry.ads).sort().join() }))
}

/** The default VRF first, then by name. */
function groupByVrf(peers: readonly Peer[]): Peer[][] {
  const groups = Map.groupBy(peers, (peer) => peer.vrf ?? '')
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
}

function buildRouter(input: FrrInput, peers: Peer[], announced: readonly Announced[]): Router {
  const neighbors = peers.map(buildNeighbor).sort((a, b) => (a.id < b.id ? -1 : 1))
  const { myASN = 0, vrf = '' } = peers[0] ?? {}
  return {
    asn: myASN,
    vrf,
    routerId: peers.find((peer) => peer.routerID)?.routerID?.text ?? derivedRouterId(input),
    neighbors,
    networks: buildNetworks(neighbors, announced),
  }
}

/**
 * FRR takes the highest IPv4 address of the node; where there is none the session cannot come up,
 * so a node known to have IPv6 only gets an identifier from its name. RFC 6286 allows any but 0, but
 * older routers still insist on RFC 4271's unicast address: no 127, nothing from 224 upwards.
 */
function derivedRouterId({ node, nodeFamilies }: FrrInput): string | undefined {
  if (!nodeFamilies.has(6) || nodeFamilies.has(4)) return undefined
  const hash = crc32(node)
  const first = 1 + ((hash >>> 24) % 222)
  const rest = [16, 8, 0].map((shift) => (hash >>> shift) & 255)
  return [first < 127 ? first : first + 1, ...rest].join('.')
}

/**
 * FRR's own 120 s would leave a node without routes for two minutes after one attempt that failed:
 * a router that was just reading its configuration, a BFD session that came up at the wrong moment.
 */
const CONNECT_SECONDS = 5

function buildNeighbor(peer: Peer): Neighbor {
  const name = peer.peerAddress?.text ?? peer.interface ?? ''
  const external =
    peer.dynamicASN === 'external' || (!peer.dynamicASN && peer.peerASN !== peer.myASN)
  const families = familiesOf(peer)
  return {
    id: peer.vrf ? `${name}-${peer.vrf}` : name,
    name,
    remoteAs: peer.dynamicASN ?? String(peer.peerASN),
    families,
    connectSeconds: peer.connectTime ?? CONNECT_SECONDS,
    disableConnectedCheck:
      peer.peerAddress?.family === 6 && external && !peer.ebgpMultiHop && families.length === 1,
    peer,
  }
}

/** Address families carried by the session with this peer. */
export function familiesOf(peer: Peer): Family[] {
  if (!peer.peerAddress || peer.dualStackAddressFamily) return [4, 6]
  return [peer.peerAddress.family]
}

function buildNetworks(neighbors: Neighbor[], announced: readonly Announced[]): Network[] {
  const classes = new Map<string, RouteClass | undefined>()
  const networks: Network[] = []
  for (const { prefix, ads, adsKey } of announced) {
    const memo = `${prefix.family} ${adsKey}`
    if (!classes.has(memo)) classes.set(memo, classOf(neighbors, prefix.family, ads))
    const found = classes.get(memo)
    // A prefix that no neighbour may hear is not originated.
    if (found) networks.push({ family: prefix.family, prefix: prefix.text, class: found })
  }
  return networks
}

function classOf(neighbors: Neighbor[], family: Family, ads: readonly BgpAd[]) {
  const members = new Map<string, Attributes>()
  const from = new Set<string>()
  for (const { id, families, peer } of neighbors) {
    if (!families.includes(family)) continue
    const heard = ads.filter((ad) => isFor(ad, peer))
    if (heard.length === 0) continue
    members.set(id, mergeAttributes(heard))
    for (const ad of heard) from.add(ad.name)
  }
  if (members.size === 0) return undefined
  return { key: classKey(members), members, from: [...from].sort() }
}

/**
 * Advertisements of one prefix: the union of their communities. Their local preferences agree,
 * except where two Services share an address under different ones; then the highest counts.
 */
function mergeAttributes(ads: readonly BgpAd[]): Attributes {
  const communities = new Map<string, CommunityValue>()
  for (const ad of ads) for (const one of ad.communities) communities.set(one.text, one)
  const sorted = [...communities.values()].sort(compareCommunities)
  const localPref = Math.max(...ads.map((ad) => ad.localPref))
  return {
    ...(localPref > 0 ? { localPref } : {}),
    communities: sorted.filter((one) => one.kind === 'standard').map((one) => one.text),
    largeCommunities: sorted.filter((one) => one.kind === 'large').map((one) => one.text),
  }
}
