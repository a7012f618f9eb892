// One Service on this node: by which protocol it is announced, to whom, or why not, and whether somebody
// should look.
import type { L2Decision } from '../reconciler/announce-l2.ts'
import { ANNOUNCE_REASONS, type AnnounceReason } from '../reconciler/announce-reasons.ts'
import type { ServiceAnnouncement } from '../reconciler/announcements.ts'
import type { PeerSession } from '../reconciler/sessions.ts'
import type { SpeakerPlan } from '../reconciler/speaker.ts'
import type {
  AnnouncedRow,
  AnnouncedState,
  AnsweredFor,
  NotTold,
  ToldByBgp,
} from './status-report.ts'

/** In the order of a list. */
export const STATES: readonly AnnouncedState[] = [
  'fault',
  'degraded',
  'waiting',
  'announced',
  'elsewhere',
  'off',
]

/** What a reason means to who looks at this node. The ordinary ones need nobody. */
const MEANING: Readonly<Record<AnnounceReason, AnnouncedState>> = {
  notLoadBalancer: 'off',
  otherClass: 'off',
  noIPAllocated: 'waiting',
  invalidIP: 'fault',
  ipNotAllowed: 'fault',
  notOwner: 'off',
  noMatchingAdvertisement: 'off',
  conflictingAdvertisements: 'fault',
  nodeNetworkUnavailable: 'fault',
  nodeLabeledExcludeBalancers: 'off',
  noLocalEndpoints: 'off',
  noEndpoints: 'waiting',
  sharedIPWithServiceSelector: 'fault',
  speakerNotAlive: 'fault',
  noSuchNode: 'fault',
  otherOwner: 'elsewhere',
  otherHolder: 'elsewhere',
  noInterface: 'fault',
  noPeers: 'fault',
}

/** In a row; who hears a Service of a hundred peers is in the plan. */
const PEERS_MAX = 12

/** What all Services of one plan share. */
export interface Hearing {
  /** Service → names of the peers that shall hear it. */
  readonly peersOf: ReadonlyMap<string, readonly string[]>
  /** Names of the peers whose session is up. */
  readonly up: ReadonlySet<string>
  /** A node without a session has nobody to tell, and that is as somebody wanted it. */
  readonly hasSessions: boolean
}

export function hearingOf(plan: SpeakerPlan, sessions: readonly PeerSession[]): Hearing {
  return {
    peersOf: new Map(plan.bgpStatuses.map(({ service, peers }) => [service, peers])),
    up: new Set(sessions.filter(({ isUp }) => isUp).map(({ name }) => name)),
    hasSessions: sessions.length > 0,
  }
}

export function stateOf(one: ServiceAnnouncement, hearing: Hearing): AnnouncedState {
  const bgp = stateOfBgp(one, hearing)
  if (!one.l2) return bgp
  const states = [bgp, stateOfL2(one.l2)]
  if (states.includes('announced')) return states.includes('fault') ? 'degraded' : bestOf(states)
  return STATES.find((state) => states.includes(state))!
}

/** Of a Service that is announced: by the other protocol it may be so to a part only. */
const bestOf = (states: readonly AnnouncedState[]): AnnouncedState =>
  states.includes('degraded') ? 'degraded' : 'announced'

function stateOfBgp({ key, bgp }: ServiceAnnouncement, hearing: Hearing): AnnouncedState {
  if (!bgp.announce) return MEANING[bgp.because]
  const peers = hearing.peersOf.get(key) ?? []
  if (peers.length === 0) return hearing.hasSessions ? 'fault' : 'off'
  const up = peers.filter((name) => hearing.up.has(name)).length
  if (up === peers.length) return 'announced'
  return up === 0 ? 'fault' : 'degraded'
}

const stateOfL2 = (l2: L2Decision): AnnouncedState =>
  l2.announce ? 'announced' : MEANING[l2.because]

export function announcedRow(one: ServiceAnnouncement, hearing: Hearing): AnnouncedRow {
  const { key, addresses, bgp, l2 } = one
  const pool = bgp.pool ?? l2?.pool
  return {
    ...{ service: key, state: stateOf(one, hearing), addresses },
    ...(pool === undefined ? {} : { pool }),
    bgp: bgpOf(one, hearing),
    ...(l2 ? { layer2: layer2Of(l2) } : {}),
  }
}

function bgpOf({ key, bgp }: ServiceAnnouncement, hearing: Hearing): ToldByBgp | NotTold {
  if (!bgp.announce) return notTold(bgp.because)
  const names = hearing.peersOf.get(key) ?? []
  if (names.length === 0) return notTold('noPeers')
  const peers = names.map((name) => ({ name, isUp: hearing.up.has(name) }))
  const up = peers.filter(({ isUp }) => isUp)
  const downFirst = [...peers.filter(({ isUp }) => !isUp), ...up]
  return {
    announced: true,
    prefixes: [...new Set(bgp.routes.map(({ prefix }) => prefix.text))],
    ...{ peers: downFirst.slice(0, PEERS_MAX), peersUp: up.length, peersTotal: peers.length },
  }
}

function layer2Of(l2: L2Decision): AnsweredFor | NotTold {
  if (l2.announce) return { announced: true, interfaces: l2.interfaces }
  return { ...notTold(l2.because), ...(l2.owner === undefined ? {} : { owner: l2.owner }) }
}

const notTold = (because: AnnounceReason): NotTold => ({
  ...{ announced: false, because },
  sentence: ANNOUNCE_REASONS[because],
})

/** What a search looks at: all that its row shows. */
export function announcedText(one: ServiceAnnouncement, hearing: Hearing): string {
  const { key, addresses, bgp, l2 } = one
  const reasons = [bgp, l2].map((by) => (by && !by.announce ? by.because : ''))
  const owner = l2 && !l2.announce ? l2.owner : ''
  const interfaces = l2?.announce ? l2.interfaces : []
  const peers = hearing.peersOf.get(key) ?? []
  const pools = [bgp.pool, l2?.pool]
  return [key, owner, ...addresses, ...pools, ...reasons, ...interfaces, ...peers].join(' ')
}
