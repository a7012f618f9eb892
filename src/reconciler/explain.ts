// One Service followed from its pool to every router, on every node, and to the node that answers on
// layer 2, with the reason wherever the chain ends. It decides nothing: it reads the plans that the roles themselves would make.

import { type BgpAd, isFor } from '../config/config.ts'
import type { L2Decision, L2World } from './announce-l2.ts'
import {
  ANNOUNCE_REASONS,
  type AnnounceReason,
  PEER_REASONS,
  type PeerReason,
} from './announce-reasons.ts'
import type { ServiceDecision } from './controller.ts'
import type { Holders } from './ownership.ts'
import { planSpeaker, type SpeakerPlan } from './speaker.ts'

export interface Explanation {
  /** `namespace/name` */
  readonly service: string
  /** Absent when there is no such Service of ours. */
  readonly allocation?: ServiceDecision
  /** BGP. */
  readonly nodes: readonly NodeExplanation[]
  /** Absent in a configuration without an L2Advertisement. */
  readonly layer2?: Layer2Explanation
}

export interface Layer2Explanation {
  /** The node that is elected; absent where none may answer. */
  readonly owner?: string
  /** Nobody told who lives: every node counts as one whose speaker does. */
  readonly isAssumed: boolean
  /** Those that say they answer. Absent: what nodes say is not known, or there is nobody to say it. */
  readonly answering?: readonly string[]
  readonly nodes: readonly Layer2OnNode[]
}

export interface Layer2OnNode {
  readonly node: string
  readonly answers: boolean
  /** Of a node that answers; empty: all. */
  readonly interfaces: readonly string[]
  readonly because?: AnnounceReason
  readonly sentence?: string
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
  readonly world: Omit<L2World, 'node' | 'hostname' | 'linkNames'>
  readonly decisions: readonly ServiceDecision[]
  readonly service: string
  readonly nodes: readonly string[]
  /** Of a cluster that runs. */
  readonly holders?: Holders | undefined
}

export function explainService({
  world,
  decisions,
  service,
  nodes,
  holders,
}: ExplainInput): Explanation {
  const allocation = decisions.find((one) => one.key === service)
  const plans = nodes.map((node) => planSpeaker({ ...world, node, hostname: node }))
  const isAssumed = world.members === undefined
  const said = holders && { answering: [...(holders.get(service)?.keys() ?? [])].sort() }
  return {
    service,
    ...(allocation ? { allocation } : {}),
    nodes: plans.map((plan) => explainNode(plan, service)),
    ...(plans.some(({ l2 }) => l2)
      ? { layer2: { ...explainLayer2(plans, service, isAssumed), ...said } }
      : {}),
  }
}

function explainLayer2(
  plans: readonly SpeakerPlan[],
  service: string,
  isAssumed: boolean,
): Layer2Explanation {
  const found = plans.map(({ node, services }) => {
    const l2 = services.find(({ key }) => key === service)?.l2 ?? NO_LOAD_BALANCER
    return { node, l2 }
  })
  const owner = found.flatMap(({ node, l2 }) => (l2.announce ? node : (l2.owner ?? [])))[0]
  return {
    ...(owner === undefined ? {} : { owner }),
    isAssumed,
    nodes: found.map(({ node, l2 }) => layer2On(node, l2)),
  }
}

const NO_LOAD_BALANCER: L2Decision = { announce: false, because: 'notLoadBalancer' }

function layer2On(node: string, l2: L2Decision): Layer2OnNode {
  if (l2.announce) return { node, answers: true, interfaces: l2.interfaces }
  const { because } = l2
  const sentence = ANNOUNCE_REASONS[because]
  return { node, answers: false, interfaces: [], because, sentence }
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
