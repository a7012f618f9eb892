// What is different between two moments, as sentences: sessions, announcements, addresses, configuration,
// problems, who leads. Read off what is known anyway, so that nobody else has to tell.

import { type Problem, printRef } from '../config/problem.ts'
import { changesBetween as announcementChanges } from '../reconciler/announcement-changes.ts'
import type { ServiceAnnouncement } from '../reconciler/announcements.ts'
import { eventsBetween } from '../reconciler/service-events.ts'
import { type PeerSession, placeKey } from '../reconciler/sessions.ts'
import { count, grouped, type Said } from './grouped.ts'
import { isSameList } from './listed.ts'
import {
  type ControllerStatus,
  type ProcessStatus,
  problemsOf,
  type SpeakerStatus,
} from './role-status.ts'
import type { Change } from './status-report.ts'
import { troublesOf } from './troubles.ts'

export function changesBetween(before: ProcessStatus, after: ProcessStatus): Said[] {
  return [
    ...troubleChanges(before, after),
    ...sessionChanges(before.speaker, after.speaker),
    ...configChanges(before.speaker, after.speaker),
    ...problemChanges(before, after),
    ...leaderChanges(before.controller, after.controller),
    ...grouped([
      ...announced(before.speaker, after.speaker),
      ...allocated(before.controller, after.controller),
    ]),
  ]
}

function troubleChanges(before: ProcessStatus, after: ProcessStatus): Said[] {
  const [old, now] = [troublesOf(before), troublesOf(after)]
  const topic = 'trouble'
  return [
    ...missing(now, old).map(({ subject, text }): Said => ({ topic, tone: 'bad', subject, text })),
    ...missing(old, now).map(({ subject, over }): Said => {
      return { topic, tone: 'good', subject, text: over }
    }),
  ]
}

function problemChanges(before: ProcessStatus, after: ProcessStatus): Said[] {
  const [old, now] = [problemsOf(before), problemsOf(after)]
  const said =
    (tone: Change['tone'], word: string) =>
    (problem: Problem): Said => {
      const text = [word, problem.path, problem.message].filter((part) => part !== '').join(' ')
      return { topic: 'problem', tone, subject: printRef(problem), text }
    }
  return grouped([
    ...missing(now, old).map(said('bad', '')),
    ...missing(old, now).map(said('good', 'solved:')),
  ])
}

/** What the one has and the other does not, by key. */
const missing = <T>(has: ReadonlyMap<string, T>, lacks: ReadonlyMap<string, T>): T[] =>
  [...has].flatMap(([key, one]) => (lacks.has(key) ? [] : [one]))

function sessionChanges(
  before: SpeakerStatus | undefined,
  after: SpeakerStatus | undefined,
): Said[] {
  // At the start nobody has looked yet: what is seen first did not just begin.
  if (!before?.plan || !after) return []
  const [old, now] = [before, after].map(
    ({ sessions }) => new Map(sessions.map((one) => [placeKey(one), one])),
  )
  const flips = [...now!].flatMap(([key, one]) => sessionChange(old!.get(key), one))
  const gone = missing(old!, now!).map(({ name }) => session(name, 'plain', 'no session any more'))
  return grouped([...flips, ...gone])
}

function sessionChange(before: PeerSession | undefined, { name, isUp }: PeerSession): Said[] {
  if (!before) return [session(name, isUp ? 'good' : 'plain', isUp ? 'new, and up' : 'new')]
  if (before.isUp === isUp) return []
  return [session(name, isUp ? 'good' : 'bad', isUp ? 'up' : DOWN)]
}

export const DOWN = 'down'

const session = (subject: string, tone: Change['tone'], text: string): Said => ({
  ...{ topic: 'session', tone, subject, text },
})

function configChanges(
  before: SpeakerStatus | undefined,
  after: SpeakerStatus | undefined,
): Said[] {
  const applied = after?.applied
  if (!applied || applied === before?.applied) return []
  const { commands, resets, ms, isDrift } = applied
  const cost = resets === 0 ? 'no session reset' : `${count(resets, 'session')} reset`
  const why = isDrift ? 'did not run what it ran before; mended: ' : ''
  const text = `${why}took ${count(commands, 'command')} in ${Math.round(ms)} ms, ${cost}`
  const tone = isDrift || resets > 0 ? 'bad' : 'plain'
  return [{ topic: 'config', tone, subject: 'FRR', text }]
}

function leaderChanges(
  before: ControllerStatus | undefined,
  after: ControllerStatus | undefined,
): Said[] {
  if (!before || !after || before.isLeading === after.isLeading) return []
  const text = after.isLeading ? 'leads now' : 'stands by now; another controller leads'
  return [{ topic: 'leader', tone: 'plain', subject: 'This controller', text }]
}

function announced(before: SpeakerStatus | undefined, after: SpeakerStatus | undefined): Said[] {
  const [old, now] = [before?.plan?.services ?? [], after?.plan?.services ?? []]
  if (isSameList(old, now)) return []
  const owners = movesBetween(old, now)
  const moved = new Set(owners.map(({ subject }) => subject))
  const others = announcementChanges(old, now).filter(
    ({ key, protocol }) => protocol !== 'layer2' || !moved.has(key),
  )
  return [...owners, ...others.map(saidOf)]
}

function saidOf(change: ReturnType<typeof announcementChanges>[number]): Said {
  const { key: subject, addresses } = change
  const by = change.protocol === 'bgp' ? 'by BGP' : 'on layer 2'
  const at = addresses.length === 0 ? '' : ` (${addresses.join(', ')})`
  const topic = 'service'
  switch (change.kind) {
    case 'announced':
      return { topic, tone: 'good', subject, text: `announced ${by} from pool ${change.pool}${at}` }
    case 'withdrawn': {
      const reason = change.reason === 'serviceDeleted' ? 'it is gone' : change.reason
      return { topic, tone: 'bad', subject, text: `no longer announced ${by}: ${reason}${at}` }
    }
    case 'failed':
      return { topic, tone: 'bad', subject, text: `not announced ${by}: ${change.because}${at}` }
  }
}

/** From one node to another on layer 2, ours or not. */
function movesBetween(
  before: readonly ServiceAnnouncement[],
  after: readonly ServiceAnnouncement[],
): Said[] {
  const known = new Map(before.map((one) => [one.key, one]))
  return after.flatMap((one): Said[] => {
    const last = known.get(one.key)
    if (last === one) return []
    const [from, to] = [ownerOf(last), ownerOf(one)]
    if (from === undefined || to === undefined || from === to) return []
    const text = `moved on layer 2 from ${from} to ${to} (${one.addresses.join(', ')})`
    return [{ topic: 'service', tone: 'plain', subject: one.key, text }]
  })
}

const HERE = 'this node'

function ownerOf(one: ServiceAnnouncement | undefined): string | undefined {
  if (!one?.l2) return undefined
  return one.l2.announce ? HERE : one.l2.owner
}

function allocated(
  before: ControllerStatus | undefined,
  after: ControllerStatus | undefined,
): Said[] {
  if (!after?.plan || after.plan === before?.plan) return []
  return eventsBetween(before?.plan, after.plan).map(({ key, type, message }): Said => {
    return {
      topic: 'service',
      tone: type === 'Warning' ? 'bad' : 'good',
      subject: key,
      text: message,
    }
  })
}
