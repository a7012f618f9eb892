// One Service followed from its pool to every router, on every node, with the reason wherever the
// chain ends. It decides nothing: it reads the plans that the roles themselves would make.

import { type BgpAd, isFor } from '../config/config.ts'
import type { SpeakerWorld } from './announce.ts'
import {
  ANNOUNCE_REASONS,
  type AnnounceReason,
  PEER_REASONS,
  type PeerReason,
} from './announce-reasons.ts'
import type { ServiceDecision } from './controller.ts'
import { planSpeaker, type SpeakerPlan } from './speaker.ts'

export interface Explanation {
  /** `namespace/name` */
  readonly service: string
  /** Absent when there is no such Service of ours. */
  readonly allocation?: ServiceDecision
  readonly nodes: readonly NodeExplanation[]
}

export interface NodeExplanation {
  readonly node: string
  readonly announced: boolean
  readonly because?: AnnounceReason
  readonly sentence?: string
  readonly routes: readonly RouteExplanation[]
}

export interface RouteExplanation {
  readonly prefix: string
  readonly peers: readonly HeardBy[]
  readonly notTo: readonly NotTo[]
}

/** A peer of the configuration that does not hear the route. */
export interface NotTo {
  readonly peer: string
  readonly because: PeerReason
  readonly sentence: string
}

export interface HeardBy {
  /** Name of the BGPPeer. */
  readonly peer: string
  /** Its address or interface. */
  readonly neighbor: string
  readonly remoteAs: string
  /** The BGPAdvertisements that say so. */
  readonly advertisements: readonly string[]
  readonly vrf?: string
  readonly localPref?: number
  readonly communities: readonly string[]
  readonly largeCommunities: readonly string[]
}

export interface ExplainInput {
  /** With the addresses that the controller gives already in the Services' status. */
  readonly world: Omit<SpeakerWorld, 'node' | 'hostname'>
  readonly decisions: readonly ServiceDecision[]
  readonly service: string
  readonly nodes: readonly string[]
}

export function explainService({ world, decisions, service, nodes }: ExplainInput): Explanation {
  const allocation = decisions.find((one) => one.key === service)
  return {
    service,
    ...(allocation ? { allocation } : {}),
    nodes: nodes.map((node) =>
      explainNode(planSpeaker({ ...world, node, hostname: node }), service),
    ),
  }
}

function explainNode(plan: SpeakerPlan, service: string): NodeExplanation {
  const { node } = plan
  const bgp = plan.services.find((one) => one.key === service)?.bgp
  if (!bgp) return notAnnounced(node, 'notLoadBalancer')
  if (!bgp.announce) return notAnnounced(node, bgp.because)
  const adsOf = Map.groupBy(bgp.routes, ({ prefix }) => prefix.text)
  const routes = [...adsOf].map(([prefix, because]) => {
    const ads = because.map(({ ad }) => ad)
    const peers = heardBy(plan, prefix, ads)
    return { prefix, peers, notTo: notTo(plan, peers, ads) }
  })
  if (routes.every((route) => route.peers.length === 0)) return notAnnounced(node, 'noPeers')
  return { node, announced: true, routes }
}

const notAnnounced = (node: string, because: AnnounceReason): NodeExplanation => ({
  node,
  announced: false,
  because,
  sentence: ANNOUNCE_REASONS[because],
  routes: [],
})

function heardBy(plan: SpeakerPlan, prefix: string, ads: readonly BgpAd[]): HeardBy[] {
  return plan.frr.routers.flatMap((router) => {
    const network = router.networks.find((one) => one.prefix === prefix)
    return router.neighbors.flatMap((neighbor) => {
      const heard = network?.class.members.get(neighbor.id)
      if (!heard) return []
      const { name, remoteAs, peer } = neighbor
      const vrf = router.vrf === '' ? {} : { vrf: router.vrf }
      const advertisements = ads.filter((ad) => isFor(ad, peer)).map((ad) => ad.name)
      return [{ peer: peer.name, neighbor: name, remoteAs, advertisements, ...vrf, ...heard }]
    })
  })
}

function notTo(plan: SpeakerPlan, heard: readonly HeardBy[], ads: readonly BgpAd[]): NotTo[] {
  return plan.peers.flatMap(({ name, because }) => {
    if (heard.some((one) => one.peer === name)) return []
    const named = ads.some((ad) => isFor(ad, { name }))
    const reason = because ?? (named ? 'familyNotCarried' : 'notInAdvertisement')
    return [{ peer: name, because: reason, sentence: PEER_REASONS[reason] }]
  })
}
