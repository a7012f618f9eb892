// What FRR's sessions do, beside what the speaker planned. FRR is looked at from the first session of a
// plan on: a node with layer 2 alone has nothing to look at, and perhaps no FRR.
import { type Counters, NOTHING_OBSERVED, type Observed } from '../frr/observer.ts'
import { type PeerSession, peerSessions } from '../reconciler/sessions.ts'
import type { FrrModel } from '../render/model.ts'

/** What we need of the observer; tests have one of their own. */
export interface ObserverEdge {
  start(): void
  /** As of the last look; the very same until something is different. */
  readonly observed: Observed
  /** Before that, what it shows is not what there is. */
  readonly hasLooked: boolean
  counters(): Promise<Counters>
  /** Absent: FRR does not say. */
  advertised(session: PeerSession): Promise<ReadonlySet<string> | undefined>
  on(event: 'change', listener: () => void): unknown
}

export class SessionRole {
  readonly #edge: ObserverEdge | undefined
  /** What is followed. */
  #frr: FrrModel | undefined
  #known: { readonly frr: FrrModel; readonly observed: Observed } | undefined
  #sessions: readonly PeerSession[] = []
  /** As it was told last. */
  #told = ''

  constructor(edge: ObserverEdge | undefined) {
    this.#edge = edge
  }

  onChange(dirty: () => void): void {
    this.#edge?.on('change', () => {
      const now = this.#outline()
      if (now === this.#told) return
      this.#told = now
      dirty()
    })
  }

  /** From now on it is these sessions that count. */
  follow(frr: FrrModel): void {
    this.#frr = frr
    if (frr.routers.length > 0) this.#edge?.start()
    this.#told = this.#outline()
  }

  /** As of the last look; the very same while plan and look are. None before there is a plan. */
  sessions(): readonly PeerSession[] {
    const frr = this.#frr
    if (!frr) return []
    const observed = this.#edge?.observed ?? NOTHING_OBSERVED
    if (this.#known?.frr === frr && this.#known.observed === observed) return this.#sessions
    this.#known = { frr, observed }
    this.#sessions = peerSessions(frr, observed)
    return this.#sessions
  }

  /** Daemons that do not answer, and why. */
  silent(): ReadonlyMap<string, string> {
    return this.#edge?.observed.silent ?? NOTHING_OBSERVED.silent
  }

  get isObserved(): boolean {
    return this.#edge !== undefined
  }

  get hasLooked(): boolean {
    return this.#edge?.hasLooked ?? false
  }

  /** The prefixes that FRR sends this neighbour; absent when it does not say. */
  async advertised(session: PeerSession): Promise<ReadonlySet<string> | undefined> {
    return await this.#edge?.advertised(session)
  }

  /** What FRR counts of all sessions it has, at this moment. */
  async counters(): Promise<Counters> {
    return (await this.#edge?.counters()) ?? { sessions: [], bfd: [] }
  }

  /** Equal while nobody has to be told anything: numbers that only count are not in it. */
  #outline(): string {
    const { hasLooked } = this.#edge ?? {}
    const sessions = this.sessions().map(outlineOf)
    return JSON.stringify([hasLooked, ...this.silent().keys(), ...sessions])
  }
}

function outlineOf(session: PeerSession) {
  const { vrf, peer, state, established, dropped, sent, wanted, bfd } = session
  const isSent = sent[4] === wanted[4] && sent[6] === wanted[6]
  return [vrf, peer, state, established, dropped, bfd?.status, isSent]
}
