// What bgpd and bfdd say of their sessions, as JSON → what we know of them. Pure. Fields come and go
// with FRR's versions: only what is read is named, and a number that is missing is 0.
import { z } from 'zod'
import {
  type BfdCounters,
  type BfdSession,
  type Place,
  placeKey,
  type Session,
  type SessionCounters,
} from '../reconciler/sessions.ts'

const UP = 'Established'
const count = z.number().default(0)

const SummaryPeer = z.object({
  state: z.string(),
  pfxSnt: count,
  peerUptimeMsec: count,
  peerUptimeEstablishedEpoch: z.number().optional(),
  connectionsEstablished: count,
  connectionsDropped: count,
})
const Family = z.object({ peers: z.record(z.string(), SummaryPeer).default({}) })
const Summary = z.record(z.string(), z.looseObject({}))
const FAMILIES = { ipv4Unicast: 4, ipv6Unicast: 6 } as const

/** Of `show bgp vrf all summary json`, sorted by VRF and peer. */
export function readSessions(text: string): Session[] {
  const found = new Map<string, Session>()
  for (const [vrf, families] of Object.entries(parse(Summary, text))) {
    for (const [name, family] of Object.entries(FAMILIES)) {
      for (const [peer, row] of Object.entries(Family.parse(families[name] ?? {}).peers)) {
        const key = placeKey({ vrf, peer })
        const sent = { 4: 0, 6: 0, ...found.get(key)?.sent, [family]: row.pfxSnt }
        found.set(key, sessionOf({ vrf, peer }, row, sent))
      }
    }
  }
  return sorted([...found.values()])
}

function sessionOf(
  place: Place,
  row: z.output<typeof SummaryPeer>,
  sent: Session['sent'],
): Session {
  const { state, peerUptimeEstablishedEpoch: epoch } = row
  const isUp = state === UP
  return {
    ...{ ...place, state, isUp, sent },
    ...(isUp && epoch !== undefined ? { upAt: epoch * 1000 } : {}),
    ...{ established: row.connectionsEstablished, dropped: row.connectionsDropped },
  }
}

const Neighbor = z.object({
  bgpState: z.string(),
  lastResetDueTo: z.string().default(''),
  lastNotificationReason: z.string().default(''),
  messageStats: z
    .object({
      ...{ opensSent: count, opensRecv: count, notificationsSent: count, notificationsRecv: count },
      ...{ updatesSent: count, updatesRecv: count, keepalivesSent: count, keepalivesRecv: count },
      ...{ routeRefreshSent: count, totalSent: count, totalRecv: count },
    })
    .prefault({}),
  addressFamilyInfo: z.record(z.string(), z.object({ sentPrefixCounter: count })).default({}),
})

type CountedNeighbor = z.output<typeof Neighbor>

/** Of `show bgp vrf all neighbors json`, sorted. Among the neighbours stand two facts about the VRF. */
export function readCounters(text: string): SessionCounters[] {
  const vrfs = Object.entries(parse(Summary, text))
  const rows = vrfs.flatMap(([vrf, all]) =>
    Object.entries(all)
      .filter(([, value]) => typeof value === 'object')
      .map(([peer, value]) => countersOf({ vrf, peer }, Neighbor.parse(value))),
  )
  return sorted(rows)
}

function countersOf(place: Place, row: CountedNeighbor): SessionCounters {
  const { messageStats: stats, addressFamilyInfo: families } = row
  const sent = Object.values(families).map(({ sentPrefixCounter }) => sentPrefixCounter)
  return {
    ...{ ...place, isUp: row.bgpState === UP, lastReset: resetOf(row) },
    sentPrefixes: sent.reduce((sum, one) => sum + one, 0),
    ...{ opensSent: stats.opensSent, opensReceived: stats.opensRecv },
    ...{
      notificationsSent: stats.notificationsSent,
      notificationsReceived: stats.notificationsRecv,
    },
    ...{ updatesSent: stats.updatesSent, updatesReceived: stats.updatesRecv },
    ...{ keepalivesSent: stats.keepalivesSent, keepalivesReceived: stats.keepalivesRecv },
    ...{ routeRefreshSent: stats.routeRefreshSent },
    ...{ totalSent: stats.totalSent, totalReceived: stats.totalRecv },
  }
}

const Advertised = z.object({ advertisedRoutes: z.record(z.string(), z.unknown()).default({}) })

/** Of `show bgp … neighbors … advertised-routes json`: the prefixes. */
export const readAdvertised = (text: string): string[] =>
  Object.keys(parse(Advertised, text).advertisedRoutes)

/** The last notification may be of an earlier reset. */
const resetOf = ({ lastResetDueTo: due, lastNotificationReason: reason }: CountedNeighbor) =>
  due.includes('Notification') && reason !== '' ? `${due}: ${reason}` : due

const bfdPlace = {
  peer: z.string(),
  vrf: z.string().default('default'),
  multihop: z.boolean().default(false),
}
const BfdPeer = z.object({
  ...bfdPlace,
  local: z.string().optional(),
  interface: z.string().optional(),
  status: z.string(),
  ...{ 'receive-interval': count, 'transmit-interval': count, 'detect-multiplier': count },
  ...{ 'remote-receive-interval': count, 'remote-transmit-interval': count },
  'remote-detect-multiplier': count,
})

/** Of `show bfd peers json`, sorted. */
export function readBfdSessions(text: string): BfdSession[] {
  const rows = parse(z.array(BfdPeer), text).map((row): BfdSession => {
    const { vrf, peer, multihop, status, local } = row
    return {
      ...{ vrf, peer, multihop, status },
      ...(local === undefined ? {} : { local }),
      ...(row.interface === undefined ? {} : { interface: row.interface }),
      // RFC 5880 §6.8.4: the slower of what one offers and the other demands.
      receiveInterval: Math.max(row['receive-interval'], row['remote-transmit-interval']),
      transmitInterval: Math.max(row['transmit-interval'], row['remote-receive-interval']),
      detectMultiplier: row['remote-detect-multiplier'],
    }
  })
  return sorted(rows)
}

const BfdCounter = z.object({
  ...bfdPlace,
  interface: z.string().optional(),
  ...{ 'control-packet-input': count, 'control-packet-output': count },
  ...{ 'echo-packet-input': count, 'echo-packet-output': count },
  ...{ 'session-up': count, 'session-down': count, 'zebra-notifications': count },
})

/** Of `show bfd peers counters json`, sorted. */
export function readBfdCounters(text: string): BfdCounters[] {
  const rows = parse(z.array(BfdCounter), text).map((row) => ({
    ...{ vrf: row.vrf, peer: row.peer },
    ...(row.interface === undefined ? {} : { interface: row.interface }),
    ...{ controlReceived: row['control-packet-input'], controlSent: row['control-packet-output'] },
    ...{ echoReceived: row['echo-packet-input'], echoSent: row['echo-packet-output'] },
    ...{ ups: row['session-up'], downs: row['session-down'] },
    zebraNotifications: row['zebra-notifications'],
  }))
  return sorted(rows)
}

function parse<T extends z.ZodType>(schema: T, text: string): z.output<T> {
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error(`FRR answered what we cannot read: ${text.slice(0, 200)}`, { cause })
  }
}

const sorted = <T extends Place>(rows: T[]): T[] =>
  rows.sort((a, b) => (placeKey(a) < placeKey(b) ? -1 : 1))
