// The speaker's part of the report: its sessions, and every Service beside what becomes of it here.
import { PEER_REASONS } from '../reconciler/announce-reasons.ts'
import type { ServiceAnnouncement } from '../reconciler/announcements.ts'
import { type PeerSession, placeKey } from '../reconciler/sessions.ts'
import type { SpeakerPlan } from '../reconciler/speaker.ts'
import {
  announcedRow,
  announcedText,
  type Hearing,
  hearingOf,
  STATES,
  stateOf,
} from './announced.ts'
import { type Asked, listed } from './listed.ts'
import type { Remembered } from './memory.ts'
import type { SpeakerStatus } from './role-status.ts'
import type { AnnouncedState, SessionRow, SpeakerReport } from './status-report.ts'

/** Of every Service of one moment. */
export interface Overview {
  readonly hearing: Hearing
  readonly states: ReadonlyMap<ServiceAnnouncement, AnnouncedState>
  readonly counts: Readonly<Record<AnnouncedState, number>>
  /** How many different addresses are announced, by whatever protocol. */
  readonly addresses: number
}

/** Headline and report ask for the same, several times while nothing changes. */
const overviews = new WeakMap<SpeakerStatus, Overview>()

export function overviewOf(status: SpeakerStatus, plan: SpeakerPlan): Overview {
  const known = overviews.get(status)
  if (known) return known
  const hearing = hearingOf(plan, status.sessions)
  const states = new Map(plan.services.map((one) => [one, stateOf(one, hearing)]))
  const counts = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<
    AnnouncedState,
    number
  >
  for (const state of states.values()) counts[state] += 1
  const overview = { hearing, states, counts, addresses: announcedAddresses(plan) }
  overviews.set(status, overview)
  return overview
}

/** Of routes to a peer that is down, too: what is told is what the plan says. */
function announcedAddresses({ services }: SpeakerPlan): number {
  const told = new Set<string>()
  for (const { addresses, bgp, l2 } of services) {
    if (!bgp.announce && !l2?.announce) continue
    for (const address of addresses) told.add(address)
  }
  return told.size
}

export function speakerReport(
  status: SpeakerStatus,
  remembered: Remembered,
  asked: Asked,
): SpeakerReport | undefined {
  const { node, plan, sessions } = status
  if (!plan) return undefined
  const { hearing, states, counts, addresses } = overviewOf(status, plan)
  const others = plan.peers.flatMap(({ name, because }) => (because ? [{ name, because }] : []))
  return {
    ...{ node, addresses, states: counts },
    sessionsUp: sessions.filter(({ isUp }) => isUp).length,
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
      states: { order: STATES, of: (one) => states.get(one)! },
      rowOf: (one) => announcedRow(one, hearing),
    }),
  }
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
