// The speaker's part of the report: its sessions, and every Service beside what becomes of it here.
import { PEER_REASONS } from '../reconciler/announce-reasons.ts'
import type { ServiceAnnouncement } from '../reconciler/announcements.ts'
import { type PeerSession, placeKey } from '../reconciler/sessions.ts'
import type { SpeakerPlan } from '../reconciler/speaker.ts'
import { announcedRow, announcedText, hearingOf, STATES, stateOf } from './announced.ts'
import { type Asked, listed } from './listed.ts'
import type { Remembered } from './memory.ts'
import type { SpeakerStatus } from './role-status.ts'
import type { AnnouncedState, SessionRow, SpeakerReport } from './status-report.ts'

export function speakerReport(
  { node, plan, sessions }: SpeakerStatus,
  remembered: Remembered,
  asked: Asked,
): SpeakerReport | undefined {
  if (!plan) return undefined
  const hearing = hearingOf(plan, sessions)
  const stateBy = new Map(plan.services.map((one) => [one, stateOf(one, hearing)]))
  const state = (one: ServiceAnnouncement) => stateBy.get(one)!
  const others = plan.peers.flatMap(({ name, because }) => (because ? [{ name, because }] : []))
  return {
    node,
    sessionsUp: sessions.filter(({ isUp }) => isUp).length,
    addresses: announcedAddresses(plan).size,
    states: countsOf(stateBy.values()),
    sessions: listed(sessions, asked, {
      textOf: ({ name, peer, vrf, state, bfd }) => [name, peer, vrf, state, bfd?.profile].join(' '),
      states: { order: ['down', 'up'], of: ({ isUp }) => (isUp ? 'up' : 'down') },
      rowOf: (one) => sessionRow(one, remembered),
    }),
    otherPeers: listed(others, asked, {
      textOf: ({ name, because }) => `${name} ${because}`,
      rowOf: ({ name, because }) => ({ name, because, sentence: PEER_REASONS[because] }),
    }),
    services: listed(plan.services, asked, {
      textOf: (one) => announcedText(one, hearing),
      states: { order: STATES, of: state },
      rowOf: (one) => announcedRow(one, hearing),
    }),
  }
}

/** By whatever protocol; of routes to a peer that is down, too: what is told is what the plan says. */
export function announcedAddresses({ services }: SpeakerPlan): Set<string> {
  return new Set(
    services.flatMap(({ addresses, bgp, l2 }) => (bgp.announce || l2?.announce ? addresses : [])),
  )
}

/** How many Services are in each state. */
export function standingsOf(plan: SpeakerPlan, sessions: readonly PeerSession[]) {
  const hearing = hearingOf(plan, sessions)
  return countsOf(plan.services.map((one) => stateOf(one, hearing)))
}

function countsOf(states: Iterable<AnnouncedState>): Record<AnnouncedState, number> {
  const counts = Object.fromEntries(STATES.map((state) => [state, 0]))
  for (const state of states) counts[state]! += 1
  return counts as Record<AnnouncedState, number>
}

function sessionRow(session: PeerSession, { sessions }: Remembered): SessionRow {
  const { name, peer, vrf, state, isUp, upAt, dropped, sent, wanted, bfd } = session
  const seen = sessions.get(placeKey(session))
  const since = upAt ?? seen?.since
  const because = isUp ? undefined : seen?.because
  return {
    ...{ name, peer, state, isUp, dropped, sent, wanted },
    ...(vrf === 'default' ? {} : { vrf }),
    ...(since === undefined ? {} : { since }),
    ...(because === undefined || because === '' ? {} : { because }),
    ...(bfd ? { bfd } : {}),
  }
}
