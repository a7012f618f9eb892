// What the report knows beyond the present moment: since when things are as they are, and what changed
// last. A step from one look to the next; it holds a bounded number of words however long it runs.
import { placeKey } from '../reconciler/sessions.ts'
import { changesBetween, DOWN } from './changes.ts'
import { type ProcessStatus, problemsOf } from './role-status.ts'
import type { Change, Trouble } from './status-report.ts'
import { troublesOf } from './troubles.ts'

export interface Remembered {
  readonly status: ProcessStatus
  /** By place. */
  readonly sessions: ReadonlyMap<string, SessionMemory>
  readonly troubles: readonly Trouble[]
  /** As a problem is printed → since when it is there. */
  readonly problems: ReadonlyMap<string, number>
  /** Newest first. */
  readonly changes: readonly Change[]
}

export interface SessionMemory {
  readonly isUp: boolean
  /** When it was seen to come or go; absent while it is as it was found. */
  readonly since?: number
  /** Why it is down. */
  readonly because?: string
}

const CHANGES_MAX = 50

export function begin(now: number): Remembered {
  const started: Change = {
    ...{ at: now, topic: 'start', tone: 'plain', subject: 'This process', text: 'started' },
  }
  return {
    status: {},
    sessions: new Map(),
    troubles: [],
    problems: new Map(),
    changes: [started],
  }
}

export function remember(before: Remembered, status: ProcessStatus, now: number): Remembered {
  const said = changesBetween(before.status, status).map((one) => ({ at: now, ...one }))
  const sessions = sessionsOf(before.sessions, status, now)
  // Oldest last: what is told of one look stays in its order.
  const changes = [...said, ...before.changes].slice(0, CHANGES_MAX)
  const troubles = new Map(before.troubles.map((one) => [one.subject, one]))
  return {
    ...{ status, sessions, changes: withReasons(changes, status) },
    troubles: [...troublesOf(status).values()].map(({ subject, text }) => {
      return { subject, text, since: troubles.get(subject)?.since ?? now }
    }),
    problems: new Map(
      [...problemsOf(status).keys()].map((key) => [key, before.problems.get(key) ?? now]),
    ),
  }
}

function sessionsOf(
  before: Remembered['sessions'],
  { speaker }: ProcessStatus,
  now: number,
): Map<string, SessionMemory> {
  return new Map(
    (speaker?.sessions ?? []).map((session) => {
      const { isUp } = session
      const key = placeKey(session)
      const last = before.get(key)
      const since = last && last.isUp !== isUp ? now : last?.since
      const because = isUp ? undefined : speaker?.resets?.get(key)
      return [
        key,
        { isUp, ...(since === undefined ? {} : { since }), ...(because ? { because } : {}) },
      ]
    }),
  )
}

/** FRR is asked for the reason when a session is seen to be down, so it comes a moment later. */
function withReasons(changes: readonly Change[], { speaker }: ProcessStatus): readonly Change[] {
  const resets = new Map<string, string>()
  for (const one of speaker?.sessions ?? []) {
    const because = one.isUp ? undefined : speaker?.resets?.get(placeKey(one))
    if (because) resets.set(one.name, because)
  }
  // Of each session the last change only: what it is down for now is not what it was down for before.
  return changes.map((one) => {
    const because = one.topic === 'session' ? resets.get(one.subject) : undefined
    if (because === undefined) return one
    resets.delete(one.subject)
    return one.text === DOWN ? { ...one, text: `${DOWN} (${because})` } : one
  })
}
