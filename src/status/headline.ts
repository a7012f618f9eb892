// The answer in one look: one sentence on how this process is, the worst first.
import { printRef } from '../config/problem.ts'
import { type PeerSession, placeKey } from '../reconciler/sessions.ts'
import { isWaiting, wanting } from './controller-report.ts'
import type { Remembered } from './memory.ts'
import { type ControllerStatus, problemsOf, type SpeakerStatus } from './role-status.ts'
import { overviewOf } from './speaker-report.ts'
import type { Headline, Mood } from './status-report.ts'

export function headlineOf(remembered: Remembered): Headline {
  const { status, troubles, problems } = remembered
  const { unready, speaker, controller } = status
  const [trouble] = troubles
  if (unready !== undefined && !trouble) return { mood: 'idle', text: `Starting: ${unready}` }
  const roles = [
    ...(speaker ? [ofSpeaker(speaker, remembered)] : []),
    ...(controller ? [ofController(controller)] : []),
  ]
  const [worst] = roles.toSorted((a, b) => MOODS.indexOf(a.mood) - MOODS.indexOf(b.mood))
  if (worst?.mood === 'bad') return worst
  if (trouble) {
    const text = `${trouble.subject} ${trouble.text}`
    return { mood: speaker?.silent.size ? 'bad' : 'warn', text, since: trouble.since }
  }
  if (worst?.mood === 'warn') return worst
  const [problem] = problemsOf(status).values()
  if (problem) {
    const what = problems.size === 1 ? '1 problem' : `${problems.size} problems, the first`
    const where = `${printRef(problem)} ${problem.path}`.trim()
    return { mood: 'warn', text: `${sayAll(roles)}, but ${what}: ${where}` }
  }
  if (!worst) return { mood: 'idle', text: 'This process has no role but to answer others' }
  if (roles.every(({ mood }) => mood === 'idle')) return { mood: 'idle', text: sayAll(roles) }
  return { mood: 'well', text: `All is well: ${sayAll(roles)}` }
}

/** The worst first. */
const MOODS: readonly Mood[] = ['bad', 'warn', 'well', 'idle']

const sayAll = (roles: readonly Headline[]): string => roles.map(({ text }) => text).join(', ')

function ofSpeaker(speaker: SpeakerStatus, { sessions: known }: Remembered): Headline {
  const { plan, sessions, silent, isUnseen } = speaker
  if (!plan) return { mood: 'idle', text: 'nothing is planned yet' }
  if (isUnseen && sessions.length > 0)
    return { mood: 'idle', text: 'FRR is asked for its sessions' }
  const up = sessions.filter(({ isUp }) => isUp).length
  const share = `${up} of ${sessions.length} sessions up`
  // Who does not answer says nothing of its sessions; that is the trouble, and it is told.
  if (up < sessions.length && silent.size === 0) {
    return { mood: 'bad', ...sayDown(share, sessions, known) }
  }
  const { addresses, counts } = overviewOf(speaker, plan)
  const told = addresses === 0 ? 'no address' : count(addresses, 'address', 'addresses')
  const text = `${sessions.length > 0 ? `${share}, ` : ''}${told} announced`
  const { fault } = counts
  if (fault === 0) return { mood: 'well', text }
  const faults = fault === 1 ? '1 Service has' : `${fault} Services have`
  return { mood: 'warn', text: `${text}, but ${faults} a problem here` }
}

const NAMES_MAX = 3

function sayDown(share: string, sessions: readonly PeerSession[], known: Remembered['sessions']) {
  const down = sessions.filter(({ isUp }) => !isUp)
  const names = down.map(({ name }) => name)
  const more = names.length - NAMES_MAX
  const some = more > 0 ? [...names.slice(0, NAMES_MAX), `${more} more`] : names
  const list = some.length > 1 ? `${some.slice(0, -1).join(', ')} and ${some.at(-1)}` : some[0]
  const text = `${share}: ${list} ${names.length === 1 ? 'is' : 'are'} down`
  if (down.length > 1) return { text }
  const { since, because } = known.get(placeKey(down[0]!)) ?? {}
  return {
    text,
    ...(since === undefined ? {} : { since }),
    ...(because === undefined ? {} : { because }),
  }
}

function ofController({ isLeading, plan }: ControllerStatus): Headline {
  if (!isLeading) return { mood: 'idle', text: 'Standing by: another controller leads' }
  const services = wanting(plan?.decisions ?? [])
  const waiting = services.filter(isWaiting)
  const [first] = waiting
  if (!first) {
    const text = `${services.length} of ${services.length} Services have an address`
    return { mood: 'well', text: services.length === 0 ? 'no Service asks for an address' : text }
  }
  const share = `${waiting.length} of ${services.length} Services ${waiting.length === 1 ? 'waits' : 'wait'} for an address`
  return {
    mood: 'warn',
    text: `${share}: ${first.key}`,
    ...(first.sentence ? { because: first.sentence } : {}),
  }
}

const count = (number: number, one: string, many: string): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`
