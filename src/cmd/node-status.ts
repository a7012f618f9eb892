// What FRR and the speaker of one node said → how the node does, and what is wrong. Pure. FRR is asked
// itself, so that the answer stands when the speaker hangs: it only lacks what nobody but the speaker knows.
import type { ConfSession } from '../frr/conf-sessions.ts'
import type { Drift } from '../frr/drift.ts'
import { ANNOUNCE_REASONS, type AnnounceReason } from '../reconciler/announce-reasons.ts'
import {
  type BfdSession,
  type Place,
  placeKey,
  type Seen,
  type Session,
} from '../reconciler/sessions.ts'
import { type ServedPlan, type ServedService, sessionsOf } from './served-plan.ts'

/** What one look at the node brought. */
export interface Look extends Seen {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Place → why FRR ended the session last; of those that are down, as far as it says. */
  readonly resets?: ReadonlyMap<string, string>
  /** Daemons that do not answer, and why. */
  readonly silent: ReadonlyMap<string, string>
  /** What the speaker says, or why it says nothing. */
  readonly speaker: { readonly plan: ServedPlan } | { readonly silent: string }
  /** frr.conf, or why it cannot be read. */
  readonly conf:
    | { readonly sessions: readonly ConfSession[]; readonly drift: readonly Drift[] }
    | { readonly unread: string }
}

export interface NodeSession extends Place {
  /** Of the BGPPeer. */
  readonly name: string
  readonly state: string
  readonly isUp: boolean
  readonly upAt?: number
  readonly dropped: number
  /** Why it ended last, in FRR's words; of one that is down. */
  readonly lastReset?: string
  readonly sent: Session['sent']
  /** Absent: the speaker does not say. */
  readonly wanted?: Session['sent']
  readonly bfd?: { readonly profile: string; readonly status: string }
}

export interface Answered {
  readonly address: string
  /** The node that answers for it; absent: none. */
  readonly owner?: string
  readonly isHere: boolean
  /** Empty: all. */
  readonly interfaces: readonly string[]
  readonly service: string
}

export interface Unannounced {
  readonly service: string
  readonly addresses: readonly string[]
  readonly because: AnnounceReason
  readonly sentence: string
}

export interface NodeStatus {
  readonly at: number
  readonly node?: string
  readonly sessions: readonly NodeSession[]
  readonly bfd: readonly BfdSession[]
  /** Absent: the speaker does not say. */
  readonly layer2?: readonly Answered[]
  readonly services?: {
    readonly count: number
    readonly announced: number
    readonly unannounced: readonly Unannounced[]
  }
  readonly drift: readonly Drift[]
  /** A sentence each; none: all is well. */
  readonly wrong: readonly string[]
}

export function nodeStatus(look: Look): NodeStatus {
  const plan = 'plan' in look.speaker ? look.speaker.plan : undefined
  const sessions = withResets(plan ? sessionsOf(plan, look) : confSessions(look), look.resets)
  const services = plan && servicesOf(plan.services)
  const drift = 'drift' in look.conf ? look.conf.drift : []
  return {
    at: look.at,
    ...(plan ? { node: plan.node, layer2: layer2Of(plan) } : {}),
    ...{ sessions, bfd: look.bfd, drift },
    ...(services ? { services } : {}),
    wrong: [
      ...silences(look, plan),
      ...sessions.flatMap(wrongWith),
      ...drift.map(driftSentence),
      ...(services?.unannounced ?? []).filter(isWrong).map(serviceSentence),
      ...(plan?.problems ?? []),
    ],
  }
}

const withResets = (
  sessions: readonly NodeSession[],
  resets: Look['resets'] = new Map(),
): NodeSession[] =>
  sessions.map((one) => {
    const lastReset = one.isUp ? '' : (resets.get(placeKey(one)) ?? '')
    return lastReset === '' ? one : { ...one, lastReset }
  })

/** Without the speaker: what frr.conf asks for; without that, what FRR has. */
function confSessions({ conf, sessions, bfd }: Look): NodeSession[] {
  const known = new Map(sessions.map((one) => [placeKey(one), one]))
  const wanted: readonly ConfSession[] =
    'sessions' in conf ? conf.sessions : sessions.map((one) => ({ ...one, name: one.peer }))
  return wanted.map(({ vrf, peer, name, profile }) => {
    const found = known.get(placeKey({ vrf, peer }))
    const {
      state = 'Unknown',
      isUp = false,
      upAt,
      dropped = 0,
      sent = { 4: 0, 6: 0 },
    } = found ?? {}
    const bfdOf = bfd.find(
      (one) => one.vrf === vrf && (one.peer === peer || one.interface === peer),
    )
    return {
      ...{ vrf, peer, name, state, isUp, dropped, sent },
      ...(upAt === undefined ? {} : { upAt }),
      ...(profile === undefined ? {} : { bfd: { profile, status: bfdOf?.status ?? 'unknown' } }),
    }
  })
}

function layer2Of({ node, services }: ServedPlan): Answered[] {
  return services.flatMap(({ key, addresses, l2 }) => {
    if (!l2 || (!l2.announce && l2.owner === undefined && !isWrongReason(l2.because))) return []
    const owner = l2.announce ? node : l2.owner
    return addresses.map((address) => ({
      ...{ address, service: key, isHere: l2.announce, interfaces: l2.interfaces },
      ...(owner === undefined ? {} : { owner }),
    }))
  })
}

/** As it shall be: another node announces it, or nobody wants it announced from here. */
const FINE: ReadonlySet<AnnounceReason> = new Set([
  ...(['notLoadBalancer', 'otherClass', 'notOwner', 'noMatchingAdvertisement'] as const),
  ...(['noLocalEndpoints', 'otherOwner', 'otherHolder', 'nodeLabeledExcludeBalancers'] as const),
])
/** Told, but no fault: what nothing serves is not announced. */
const EXPECTED: ReadonlySet<AnnounceReason> = new Set(['noEndpoints'])

const isWrongReason = (because: AnnounceReason | undefined): boolean =>
  because !== undefined && !FINE.has(because) && !EXPECTED.has(because)
const isWrong = ({ because }: Unannounced): boolean => isWrongReason(because)

function servicesOf(services: readonly ServedService[]): NonNullable<NodeStatus['services']> {
  const isAnnounced = ({ bgp, l2 }: ServedService) => bgp.announce || l2?.announce === true
  const unannounced = services
    .filter((service) => !isAnnounced(service))
    .flatMap(({ key, addresses, bgp, l2 }) => {
      // One protocol for which it is fine is enough; that the other does not do it is the rule.
      const reasons = [bgp.because, l2?.because].filter((one) => one !== undefined)
      const because = reasons.find((one) => !FINE.has(one))
      const isElsewhere = l2?.because === 'otherOwner' || l2?.because === 'otherHolder'
      if (because === undefined || isElsewhere) return []
      return [{ service: key, addresses, because, sentence: ANNOUNCE_REASONS[because] ?? because }]
    })
  return { count: services.length, announced: services.filter(isAnnounced).length, unannounced }
}

/** A node without BGP needs no FRR. */
function silences({ silent, speaker, conf }: Look, plan: ServedPlan | undefined): string[] {
  const needsFrr = !plan || plan.frr.routers.length > 0
  const daemons = needsFrr
    ? [...silent].map(([name, why]) => `${name} does not answer: ${why}`)
    : []
  return [
    ...('silent' in speaker ? [`the speaker does not answer: ${speaker.silent}`] : []),
    ...daemons,
    ...('unread' in conf && needsFrr ? [conf.unread] : []),
  ]
}

function wrongWith(session: NodeSession): string[] {
  const { name, state, isUp, lastReset, sent, wanted, bfd } = session
  const who = `${name} (${placeText(session)})`
  const why = lastReset === undefined ? '' : `, last reset: ${lastReset}`
  if (!isUp) return [`session down: ${who}: ${state}${why}`]
  const missing = wanted ? Math.max(0, wanted[4] - sent[4]) + Math.max(0, wanted[6] - sent[6]) : 0
  return [
    ...(missing > 0 ? [`not told everything: ${who}: ${missing} of its prefixes`] : []),
    ...(bfd && bfd.status !== 'up' ? [`BFD down: ${who}: ${bfd.status}`] : []),
  ]
}

export const placeText = ({ vrf, peer }: Place): string =>
  vrf === 'default' ? peer : `${peer} vrf ${vrf}`

function driftSentence({ daemon, missing, extra }: Drift): string {
  const parts = [
    ...(missing.length > 0 ? [`lacks ${countText(missing, 'line')} of frr.conf`] : []),
    ...(extra.length > 0 ? [`runs ${countText(extra, 'line')} that frr.conf does not have`] : []),
  ]
  return `${daemon} ${parts.join(' and ')}`
}

const serviceSentence = ({ service, sentence }: Unannounced): string =>
  `Service ${service} is not announced: ${sentence}`

export const countText = (list: readonly unknown[], what: string): string =>
  `${list.length} ${what}${list.length === 1 ? '' : 's'}`
