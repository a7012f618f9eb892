// Which sessions FRR has to be told to start. FRR 10.2 and 10.3 leave a neighbour `Idle`, without any
// timer, while its BFD session is down, be it the first time or after a loss; so one whose router has no
// BFD, or no more, would never come up. Pure.
import { type PeerSession, placeKey } from './sessions.ts'

/** Of a router that never had BFD: as long as between two attempts to connect. */
export const HELD_MS = 5_000
/** Of one that had: when it is back, so is BFD, and FRR starts the session by itself, and sooner. */
export const GONE_MS = 30_000

interface Watched {
  readonly hadBfd: boolean
  /** Since when BFD keeps it idle; absent: it does not. */
  readonly since: number | undefined
  readonly isStarted: boolean
}

/** By place: sessions with BFD. */
export type WatchedSessions = ReadonlyMap<string, Watched>

export interface SessionStarts {
  readonly watched: WatchedSessions
  readonly start: readonly PeerSession[]
  /** When to look again, whatever happens; absent: when something happens. */
  readonly nextAt: number | undefined
}

/** `now`: milliseconds of a clock that never jumps. One that stays idle all the same is started once. */
export function sessionStarts(
  before: WatchedSessions,
  sessions: readonly PeerSession[],
  now: number,
): SessionStarts {
  const watched = new Map<string, Watched>()
  const start: PeerSession[] = []
  let nextAt: number | undefined
  for (const session of sessions) {
    const { state, bfd } = session
    if (!bfd) continue
    const last = before.get(placeKey(session))
    const isBfdUp = bfd.status === 'up'
    const hadBfd = isBfdUp || (last?.hadBfd ?? false)
    const since = state === 'Idle' && !isBfdUp ? (last?.since ?? now) : undefined
    const wasStarted = since !== undefined && (last?.isStarted ?? false)
    const dueAt = since === undefined || wasStarted ? undefined : since + waitOf(hadBfd)
    const isDue = dueAt !== undefined && dueAt <= now
    if (isDue) start.push(session)
    else if (dueAt !== undefined) nextAt = Math.min(nextAt ?? dueAt, dueAt)
    watched.set(placeKey(session), { hadBfd, since, isStarted: wasStarted || isDue })
  }
  return { watched, start, nextAt }
}

const waitOf = (hadBfd: boolean): number => (hadBfd ? GONE_MS : HELD_MS)
