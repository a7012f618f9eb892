// One Service followed from its pool to every router, on every node, with the reason wherever the
// chain ends. It decides nothing: it reads the plans that the roles themselves would make.

import type { SpeakerWorld } from './announce.ts'
import { ANNOUNCE_REASONS, type AnnounceReason } from './announce-reasons.ts'
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
  readonly advertisements: readonly string[]
  readonly peers: readonly HeardBy[]
}

export interface HeardBy {
  /** Name of the BGPPeer. */
  readonly peer: string
  /** Its address or interface. */
  readonly neighbor: string
  readonly remoteAs: string
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
  const adsOf = new Map<string, Set<string>>()
  for (const { prefix, ad } of bgp.routes) {
    adsOf.set(prefix.text, (adsOf.get(prefix.text) ?? new Set()).add(ad.name))
  }
  const routes = [...adsOf].map(([prefix, ads]) => ({
    prefix,
    advertisements: [...ads].sort(),
    peers: heardBy(plan, prefix),
  }))
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

function heardBy(plan: SpeakerPlan, prefix: string): HeardBy[] {
  return plan.frr.routers.flatMap((router) => {
    const network = router.networks.find((one) => one.prefix === prefix)
    return router.neighbors.flatMap((neighbor) => {
      const heard = network?.class.members.get(neighbor.id)
      if (!heard) return []
      const { name, remoteAs, peer } = neighbor
      const vrf = router.vrf === '' ? {} : { vrf: router.vrf }
      return [{ peer: peer.name, neighbor: name, remoteAs, ...vrf, ...heard }]
    })
  })
}
