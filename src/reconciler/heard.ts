// Who hears a Service: of the peers that shall, those to whom FRR has sent it. Numbers tell: when FRR sent
// a neighbour as many prefixes as it shall, it sent those. When it goes on sending others, it is asked.
// A step, because a session that flaps must not write a status for each of thousands of Services.
//
//   session   | same  | different       | down
//   it hears  | all   | what it heard   | what it heard, for a while
//             |       | or FRR says     | then nothing
import { isFor } from '../config/config.ts'
import type { Neighbor } from '../render/model.ts'
import type { Route } from './announce.ts'
import type { PeerSession } from './sessions.ts'
import type { SpeakerPlan } from './speaker.ts'

/** A session that is down for so long is not one that flaps. */
export const DOWN_MS = 5_000
/** FRR sends what changed within a second. */
export const DIFFERENT_MS = 2_000
/** From one question about a neighbour to the next: the answer names all of its prefixes. */
export const ASK_EVERY_MS = 10_000
/** After the start: a status that stands is not removed because a session is just coming up. */
export const START_MS = 5_000

type HeardBy = SpeakerPlan['bgpStatuses']

interface Hearing {
  readonly phase: 'same' | 'different' | 'down'
  readonly since: number
  readonly askedAt: number
  /** Keys of the Services it is known to hear; `all` that it shall. */
  readonly services: 'all' | ReadonlySet<string>
}

export interface Heard {
  readonly startedAt: number | undefined
  /** It is not too early any more. */
  readonly isSettled: boolean
  /** By name of the peer. */
  readonly hearings: ReadonlyMap<string, Hearing>
  /** As planned when it was looked at last. */
  readonly planned: HeardBy
}

export const NOTHING_HEARD: Heard = {
  ...{ startedAt: undefined, isSettled: false },
  ...{ hearings: new Map(), planned: [] },
}

export interface HeardEvent {
  readonly plan: Pick<SpeakerPlan, 'bgpStatuses' | 'services' | 'frr'>
  /** FRR runs this plan: what it sends is to be compared with it. */
  readonly isTaken: boolean
  readonly sessions: readonly PeerSession[]
  /** By name of the peer: the prefixes that FRR says it sends. */
  readonly answers: ReadonlyMap<string, ReadonlySet<string>>
  /** Milliseconds of a clock that never jumps. */
  readonly now: number
}

export interface Ruling {
  /** Absent: it is too early to say. */
  readonly statuses?: HeardBy
  /** About whom FRR is to be asked. */
  readonly ask: readonly PeerSession[]
  /** When to come back if nothing happens. */
  readonly nextAt?: number
}

export function hear(before: Heard, event: HeardEvent): [Heard, Ruling] {
  const { plan, sessions, now } = event
  const hearings = new Map<string, Hearing>()
  const ask: PeerSession[] = []
  for (const session of sessions) {
    const next = hearingOf(before, event, session)
    const isDue = next.phase === 'different' && now >= dueAt(next)
    if (isDue) ask.push(session)
    hearings.set(session.name, isDue ? { ...next, askedAt: now } : next)
  }
  const startedAt = before.startedAt ?? now
  const isSettled =
    before.isSettled ||
    now >= startedAt + START_MS ||
    [...hearings.values()].every(({ phase }) => phase === 'same')
  const times = [...hearings.values()].flatMap((one) => nextOf(one, now))
  const nextAt = Math.min(...times, ...(isSettled ? [] : [startedAt + START_MS]))
  const ruling = {
    ...(isSettled ? { statuses: statusesOf(plan.bgpStatuses, hearings) } : {}),
    ...{ ask, ...(Number.isFinite(nextAt) ? { nextAt } : {}) },
  }
  return [{ startedAt, isSettled, hearings, planned: plan.bgpStatuses }, ruling]
}

function hearingOf(before: Heard, event: HeardEvent, session: PeerSession): Hearing {
  const { name } = session
  const { now } = event
  const last = before.hearings.get(name)
  const phase = phaseOf(session, event.isTaken)
  const since = last?.phase === phase ? last.since : now
  const askedAt = last?.askedAt ?? Number.NEGATIVE_INFINITY
  const hearing = { phase, since, askedAt }
  if (phase === 'same') return { ...hearing, services: 'all' }
  if (phase === 'down' && now >= since + DOWN_MS) return { ...hearing, services: NONE }
  const answer = phase === 'different' ? event.answers.get(name) : undefined
  if (answer) return { ...hearing, services: servicesIn(event.plan, name, answer) }
  const services = last?.services ?? NONE
  // What it shall hear may be more by now than what it was sent.
  return { ...hearing, services: services === 'all' ? namedIn(before.planned, name) : services }
}

const NONE: ReadonlySet<string> = new Set()

function phaseOf({ isUp, sent, wanted }: PeerSession, isTaken: boolean): Hearing['phase'] {
  if (!isUp) return 'down'
  return isTaken && sent[4] === wanted[4] && sent[6] === wanted[6] ? 'same' : 'different'
}

const dueAt = ({ since, askedAt }: Hearing): number =>
  Math.max(since + DIFFERENT_MS, askedAt + ASK_EVERY_MS)

function nextOf(hearing: Hearing, now: number): number[] {
  const { phase, since } = hearing
  if (phase === 'different') return [dueAt(hearing)]
  return phase === 'down' && now < since + DOWN_MS ? [since + DOWN_MS] : []
}

const namedIn = (planned: HeardBy, peer: string): ReadonlySet<string> =>
  new Set(planned.filter(({ peers }) => peers.includes(peer)).map(({ service }) => service))

/** Those of which FRR sends everything that this peer shall hear. */
function servicesIn(
  { services, frr, bgpStatuses }: HeardEvent['plan'],
  name: string,
  sent: ReadonlySet<string>,
): ReadonlySet<string> {
  const neighbors = frr.routers.flatMap((router) => router.neighbors)
  const neighbor = neighbors.find(({ peer }) => peer.name === name)
  const planned = namedIn(bgpStatuses, name)
  const isSent = (routes: readonly Route[]) =>
    neighbor !== undefined &&
    routes.every((route) => !isHeardBy(route, neighbor) || sent.has(route.prefix.text))
  const heard = services.filter(
    ({ key, bgp }) => planned.has(key) && bgp.announce && isSent(bgp.routes),
  )
  return new Set(heard.map(({ key }) => key))
}

const isHeardBy = ({ prefix, ad }: Route, { peer, families }: Neighbor): boolean =>
  families.includes(prefix.family) && isFor(ad, peer)

/** The very same rows where every peer hears what it shall. */
function statusesOf(planned: HeardBy, hearings: ReadonlyMap<string, Hearing>): HeardBy {
  const isHeard = (service: string, peer: string) => {
    const services = hearings.get(peer)?.services ?? NONE
    return services === 'all' || services.has(service)
  }
  return planned.flatMap((row) => {
    const peers = row.peers.filter((peer) => isHeard(row.service, peer))
    if (peers.length === row.peers.length) return [row]
    return peers.length === 0 ? [] : [{ service: row.service, peers }]
  })
}
