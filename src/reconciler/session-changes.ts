// What is different between two looks at this node's sessions: for the log, and for whoever reads the
// events of a BGPPeer. Told when it happens, never because a pass ran again.
import { type PeerSession, placeKey } from './sessions.ts'
import type { PeerDecision } from './speaker.ts'

export interface SessionsSeen {
  readonly sessions: readonly PeerSession[]
  /** FRR was looked at. Until then it says nothing of a session that it is not up. */
  readonly isLooked: boolean
}

export const NO_SESSIONS_SEEN: SessionsSeen = { sessions: [], isLooked: false }

export type SessionChange = { readonly session: PeerSession } & (
  | { readonly kind: 'peerAdded' | 'sessionUp' | 'sessionDown' | 'bfdUp' | 'bfdDown' }
  | { readonly kind: 'peerRemoved'; readonly reason: RemovalReason }
  /** It was up when this process looked for the first time: nothing happened. */
  | { readonly kind: 'sessionStands' }
)

/** MetalLB's words; the last one is ours. */
export type RemovalReason = 'removedFromConfig' | 'filteredByNodeSelector' | 'refusedByFrr'

export function sessionChanges(
  before: SessionsSeen,
  now: SessionsSeen,
  peers: readonly PeerDecision[],
): SessionChange[] {
  const known = new Map(before.sessions.map((one) => [identityOf(one), one]))
  const isFirst = now.isLooked && !before.isLooked
  const changes: SessionChange[] = []
  for (const session of now.sessions) {
    const last = known.get(identityOf(session))
    known.delete(identityOf(session))
    if (!last) changes.push({ kind: 'peerAdded', session })
    if (isFirst && session.isUp) changes.push({ kind: 'sessionStands', session })
    else if (now.isLooked && !isFirst) changes.push(...changesOf(last, session))
  }
  const removed = [...known.values()].map((session) => {
    const reason = removalOf(session, peers)
    return { kind: 'peerRemoved', session, reason } as const
  })
  return [...removed, ...changes]
}

function changesOf(last: PeerSession | undefined, session: PeerSession): SessionChange[] {
  const wasUp = last?.isUp ?? false
  // FRR counts what is over before anybody looks.
  const wasDown = wasUp && session.isUp && session.dropped > last!.dropped
  const changes: SessionChange[] = []
  const [had, has] = [isBfdUp(last), isBfdUp(session)]
  if (had && !has) changes.push({ kind: 'bfdDown', session })
  if (wasUp && (!session.isUp || wasDown)) changes.push({ kind: 'sessionDown', session })
  if (!had && has) changes.push({ kind: 'bfdUp', session })
  if (session.isUp && (!wasUp || wasDown)) changes.push({ kind: 'sessionUp', session })
  return changes
}

const isBfdUp = (session: PeerSession | undefined): boolean => session?.bfd?.status === 'up'

/** A peer with another address is another session. */
const identityOf = (session: PeerSession): string => `${session.name} ${placeKey(session)}`

function removalOf({ name }: PeerSession, peers: readonly PeerDecision[]): RemovalReason {
  const because = peers.find((peer) => peer.name === name)?.because
  if (because === 'nodeNotSelected') return 'filteredByNodeSelector'
  return because ?? 'removedFromConfig'
}
