// What this node's sessions are, beside what they shall be: FRR's view of each, matched with the peer that
// it is opened for. Pure; `frr/observer.ts` sees, `frr/sessions.ts` reads FRR's words.
import type { Peer } from '../config/config.ts'
import type { Family } from '../net/address.ts'
import type { FrrModel, Neighbor, Router } from '../render/model.ts'

/** Where a session is found: peers of two VRFs may have one address. */
export interface Place {
  /** `default` is the main table. */
  readonly vrf: string
  /** The address; of an unnumbered neighbour the name of its interface. */
  readonly peer: string
}

export interface Session extends Place {
  /** RFC 4271 §8.2.2, with FRR's additions: `Idle (Admin)`, `Clearing`. */
  readonly state: string
  readonly isUp: boolean
  /** When it came up, in milliseconds since 1970; absent while it is not up. */
  readonly upAt?: number
  /** How often it came up and went down since FRR knows it. */
  readonly established: number
  readonly dropped: number
  /** Prefixes that were sent and stand. */
  readonly sent: { readonly 4: number; readonly 6: number }
}

export interface BfdSession extends Place {
  readonly local?: string
  readonly interface?: string
  readonly multihop: boolean
  /** `up`, `down`, `init`, `shutdown`. */
  readonly status: string
  /** Milliseconds, as negotiated from ours and the other side's. */
  readonly receiveInterval: number
  readonly transmitInterval: number
  readonly detectMultiplier: number
}

/** Messages of one session since FRR knows it. */
export interface SessionCounters extends Place {
  /** Of all families; 0 while the session is not up. */
  readonly sentPrefixes: number
  readonly isUp: boolean
  readonly opensSent: number
  readonly opensReceived: number
  readonly notificationsSent: number
  readonly notificationsReceived: number
  readonly updatesSent: number
  readonly updatesReceived: number
  readonly keepalivesSent: number
  readonly keepalivesReceived: number
  readonly routeRefreshSent: number
  readonly totalSent: number
  readonly totalReceived: number
  /** Why it went down last, in FRR's words; empty when it never did. */
  readonly lastReset: string
}

export interface BfdCounters extends Place {
  readonly interface?: string
  readonly controlReceived: number
  readonly controlSent: number
  readonly echoReceived: number
  readonly echoSent: number
  readonly ups: number
  readonly downs: number
  readonly zebraNotifications: number
}

/** One text for a place; equal for a session and its counters. */
export const placeKey = ({ vrf, peer }: Place): string => `${vrf} ${peer}`

/** A session that this node shall have. */
export interface PeerSession extends Place {
  /** The BGPPeer it is opened for. */
  readonly name: string
  /** As configured; the one that FRR tells changes with each connection. */
  readonly port: number
  /** `Unknown` while FRR does not answer, or does not have it yet. */
  readonly state: string
  readonly isUp: boolean
  readonly upAt?: number
  readonly established: number
  readonly dropped: number
  /** Prefixes that FRR sent, and those it shall send. */
  readonly sent: Session['sent']
  readonly wanted: Session['sent']
  /** Absent: the peer has no BFD profile. */
  readonly bfd?: { readonly profile: string; readonly status: string }
}

/** As MetalLB's metrics and users name it: an IPv6 address without brackets. */
export const endpointOf = ({ peer, port }: Pick<PeerSession, 'peer' | 'port'>): string =>
  `${peer}:${port}`

export interface Seen {
  readonly sessions: readonly Session[]
  readonly bfd: readonly BfdSession[]
}

const DEFAULT_VRF = 'default'
const UNKNOWN = 'Unknown'

/** Sorted by VRF and peer. Sessions that somebody else gave FRR are not ours to tell of. */
export function peerSessions({ routers }: Pick<FrrModel, 'routers'>, seen: Seen): PeerSession[] {
  const sessions = new Map(seen.sessions.map((one) => [placeKey(one), one]))
  const all = routers.flatMap((router) => {
    const wanted = wantedOf(router)
    return router.neighbors.map((neighbor) => {
      const place = { vrf: router.vrf || DEFAULT_VRF, peer: neighbor.name }
      const session = sessions.get(placeKey(place))
      const bfd = bfdOf(neighbor.peer, place, seen.bfd)
      return { ...viewOf(place, neighbor, session), wanted: wanted(neighbor), ...bfd }
    })
  })
  return all.sort((a, b) => (placeKey(a) < placeKey(b) ? -1 : 1))
}

function viewOf(place: Place, { peer }: Neighbor, session: Session | undefined) {
  const { state = UNKNOWN, isUp = false, upAt, established = 0, dropped = 0 } = session ?? {}
  return {
    ...{ ...place, name: peer.name, port: peer.peerPort, state, isUp },
    ...(upAt === undefined ? {} : { upAt }),
    ...{ established, dropped, sent: session?.sent ?? { 4: 0, 6: 0 } },
  }
}

/** Of a neighbour: how many prefixes it shall hear. Neighbours are many, classes few. */
function wantedOf({ networks }: Router): (neighbor: Neighbor) => Session['sent'] {
  const classes = Map.groupBy(networks, (network) => network.class)
  return ({ id, families }) => {
    const count = (family: Family): number => {
      if (!families.includes(family)) return 0
      const heard = [...classes].filter(([{ members }]) => members.has(id))
      const ofFamily = heard.map(([, all]) => all.filter((one) => one.family === family).length)
      return ofFamily.reduce((sum, one) => sum + one, 0)
    }
    return { 4: count(4), 6: count(6) }
  }
}

/** Of an unnumbered neighbour BFD knows the link-local address, and the interface beside it. */
function bfdOf(
  { bfd: profile }: Peer,
  { vrf, peer }: Place,
  seen: readonly BfdSession[],
): Pick<PeerSession, 'bfd'> {
  if (!profile) return {}
  const found = seen.find((one) => one.vrf === vrf && (one.peer === peer || one.interface === peer))
  return { bfd: { profile: profile.name, status: found?.status ?? 'unknown' } }
}
