// Which sessions FRR has to be told to start. FRR 10.2 and 10.3 leave a neighbour `Idle`, without any
// timer, while its BFD session is down, be it the first time or after a loss; so one whose router has no
// BFD, or no more, would never come up. And an attempt that failed while BFD was coming up is repeated
// only when the connect timer expires, although BFD says that the router is there. Pure.
//
//   BGP \ BFD | not up                      | up
//   Idle      | once, HELD_MS after that    | FRR starts it
//   Active    | FRR goes on trying          | once, WAITING_MS after BFD came up
import { type PeerSession, placeKey } from './sessions.ts'

/** As long as between two attempts to connect: with BFD, FRR starts much earlier, by itself. */
export const HELD_MS = 5_000
/** By then an attempt that BFD itself set off has succeeded, or has failed. */
export const WAITING_MS = 1_000

interface Stay {
  readonly kind: 'held' | 'waiting'
  readonly since: number
  readonly isStarted: boolean
}

/** By place: those that are down in a way that may need a start. */
export type Stays = ReadonlyMap<string, Stay>

export interface SessionStarts {
  readonly stays: Stays
  readonly start: readonly PeerSession[]
  /** When to look again, whatever happens; absent: when something happens. */
  readonly nextAt: number | undefined
}

/** `now`: milliseconds of a clock that never jumps. Each stay is started once: it cannot become a storm. */
export function sessionStarts(
  before: Stays,
  sessions: readonly PeerSession[],
  now: number,
): SessionStarts {
  const stays = new Map<string, Stay>()
  const start: PeerSession[] = []
  let nextAt: number | undefined
  for (const session of sessions) {
    const kind = kindOf(session)
    if (!kind) continue
    const last = before.get(placeKey(session))
    const stay = last?.kind === kind ? last : { kind, since: now, isStarted: false }
    const dueAt = stay.since + (kind === 'held' ? HELD_MS : WAITING_MS)
    const isDue = !stay.isStarted && session.state === (kind === 'held' ? 'Idle' : 'Active')
    const isStarted = isDue && dueAt <= now
    if (isStarted) start.push(session)
    else if (isDue) nextAt = Math.min(nextAt ?? dueAt, dueAt)
    stays.set(placeKey(session), { ...stay, isStarted: stay.isStarted || isStarted })
  }
  return { stays, start, nextAt }
}

function kindOf({ isUp, state, bfd }: PeerSession): Stay['kind'] | undefined {
  if (isUp || !bfd) return undefined
  if (bfd.status === 'up') return 'waiting'
  return state === 'Idle' ? 'held' : undefined
}
