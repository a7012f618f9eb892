// What becomes of this node's sessions: news of each transition and one BGPSessionState each, as soon as
// it is seen, because an FRR that hangs may keep a pass waiting; and with a pass, who hears a Service.
// Asks FRR what it sends where numbers do not tell, and comes back when a time is over.
import type { Told } from '../kube/event-book.ts'
import type { Source } from '../kube/source.ts'
import type { Log } from '../log.ts'
import { type Heard, hear, NOTHING_HEARD } from '../reconciler/heard.ts'
import { NO_SESSIONS_SEEN, sessionChanges } from '../reconciler/session-changes.ts'
import { SessionStates } from '../reconciler/session-states.ts'
import type { PeerSession } from '../reconciler/sessions.ts'
import type { SpeakerPlan } from '../reconciler/speaker.ts'
import { nodeLabel } from '../reconciler/status-objects.ts'
import { SessionNews } from './session-news.ts'
import type { SessionRole } from './session-role.ts'
import { StatusWriter } from './status-writer.ts'
import { together } from './together.ts'

export interface SessionReportsOptions {
  readonly node: string
  readonly namespace: string
  readonly source: Pick<Source, 'writeStatusObjects'>
  readonly sessions: SessionRole
  readonly log: Log
  readonly record?: ((told: Told) => void) | undefined
}

/** Sessions that flap are many writes, and the last one counts. */
const STATES_EVERY_MS = 500

export class SessionReports {
  readonly #options: SessionReportsOptions
  readonly #news: SessionNews
  readonly #states: SessionStates
  readonly #writer: StatusWriter
  #seen = NO_SESSIONS_SEEN
  #heard: Heard = NOTHING_HEARD
  readonly #answers = new Map<string, ReadonlySet<string>>()
  #plan: SpeakerPlan | undefined
  #timer: NodeJS.Timeout | undefined
  #dirty: () => void = () => {}

  constructor(options: SessionReportsOptions) {
    const { namespace, source, sessions, log } = options
    this.#options = options
    this.#news = new SessionNews({ ...options, counters: () => sessions.counters() })
    this.#states = new SessionStates(namespace)
    this.#writer = new StatusWriter({
      write: ({ kind, labels, objects }) => source.writeStatusObjects(kind, labels, objects),
      ...{ log, everyMs: STATES_EVERY_MS },
    })
  }

  onChange(dirty: () => void): void {
    this.#dirty = dirty
    this.#options.sessions.onChange(() => {
      if (this.#plan) this.#report(this.#plan)
      dirty()
    })
  }

  /**
   * Who hears each Service; absent while it is too early to say. `isTaken`: FRR runs this plan. Where
   * nobody observes FRR, whoever shall hear it.
   */
  take(plan: SpeakerPlan, isTaken: boolean): SpeakerPlan['bgpStatuses'] | undefined {
    const { sessions } = this.#options
    sessions.follow(plan.frr)
    this.#plan = plan
    const states = this.#report(plan)
    if (!sessions.isObserved || plan.frr.routers.length === 0) return plan.bgpStatuses
    if (!sessions.hasLooked) return undefined
    const now = performance.now()
    const event = { plan, isTaken, sessions: sessions.sessions(), answers: this.#answers, now }
    const [heard, { statuses, ask, nextAt }] = hear(this.#heard, event)
    this.#heard = heard
    this.#answers.clear()
    for (const session of ask) void this.#ask(session)
    this.#comeBack(now, [nextAt, states])
    return statuses
  }

  /** Ends with all told and written. */
  async finish(): Promise<void> {
    clearTimeout(this.#timer)
    await together([this.#news.finish(), this.#writer.finish()])
  }

  /** Says when to come back. */
  #report(plan: SpeakerPlan): number | undefined {
    this.#tell(plan)
    return this.#options.sessions.hasLooked ? this.#writeStates(plan) : undefined
  }

  #tell(plan: SpeakerPlan): void {
    const { sessions } = this.#options
    const now = { sessions: sessions.sessions(), isLooked: sessions.hasLooked }
    const changes = sessionChanges(this.#seen, now, plan.peers)
    this.#seen = now
    if (changes.length === 0) return
    const neighbors = plan.frr.routers.flatMap((router) => router.neighbors)
    const uids = new Map(neighbors.map(({ peer }) => [peer.name, peer.uid]))
    const silence = sessions.silent().get('bgpd')
    this.#news.tell(changes, { uids, silence })
  }

  #writeStates({ node }: SpeakerPlan): number | undefined {
    const { sessions } = this.#options
    const { objects, nextAt } = this.#states.of(node, sessions.sessions(), performance.now())
    this.#writer.wish({ kind: 'BGPSessionState', labels: nodeLabel(node), objects })
    return nextAt
  }

  async #ask(session: PeerSession): Promise<void> {
    const prefixes = await this.#options.sessions.advertised(session)
    if (!prefixes) return
    this.#answers.set(session.name, prefixes)
    this.#dirty()
  }

  #comeBack(now: number, times: readonly (number | undefined)[]): void {
    clearTimeout(this.#timer)
    const next = Math.min(...times.filter((time) => time !== undefined))
    if (Number.isFinite(next)) this.#timer = setTimeout(() => this.#dirty(), next - now + 1).unref()
  }
}
