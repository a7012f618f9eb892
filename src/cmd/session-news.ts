// What is said of BGP sessions when something happens to them: a line in the log, under MetalLB's names
// where it has one, and an event on the BGPPeer. Beside the passes, because why a session went down is
// asked of FRR, and nobody shall wait for that.
import type { Counters } from '../frr/observer.ts'
import type { Involved, Told } from '../kube/event-book.ts'
import { RESOURCES } from '../kube/resources.ts'
import type { Log } from '../log.ts'
import type { SessionChange } from '../reconciler/session-changes.ts'
import { endpointOf, type PeerSession, placeKey } from '../reconciler/sessions.ts'

export interface SessionNewsOptions {
  readonly node: string
  /** Of the BGPPeers. */
  readonly namespace: string
  readonly log: Log
  readonly record?: ((told: Told) => void) | undefined
  readonly counters: () => Promise<Counters>
}

/** At the time of the changes. */
export interface Circumstances {
  /** Of a BGPPeer, by name. */
  readonly uids: ReadonlyMap<string, string | undefined>
  /** Why bgpd does not answer, if so. */
  readonly silence: string | undefined
}

export class SessionNews {
  readonly #options: SessionNewsOptions
  /** In the order in which it happened. What waits is bounded: FRR is looked at four times a second. */
  #turn: Promise<void> = Promise.resolve()

  constructor(options: SessionNewsOptions) {
    this.#options = options
  }

  tell(changes: readonly SessionChange[], about: Circumstances): void {
    if (changes.length === 0) return
    this.#turn = this.#turn.then(() => this.#tellAll(changes, about))
  }

  /** Ends when all is told. */
  finish(): Promise<void> {
    return this.#turn
  }

  async #tellAll(changes: readonly SessionChange[], about: Circumstances): Promise<void> {
    const isAsked = changes.some(({ kind }) => kind === 'sessionDown') && !about.silence
    const { sessions } = isAsked ? await this.#options.counters() : { sessions: [] }
    const resets = new Map(sessions.map((one) => [placeKey(one), one.lastReset]))
    for (const change of changes) {
      const { session } = change
      const reason = about.silence ?? (resets.get(placeKey(session)) || 'FRR does not say why')
      this.#tell(change, reason, involvedIn(change, this.#options.namespace, about))
    }
  }

  #tell(change: SessionChange, reason: string, involved: Involved): void {
    const { log } = this.#options
    const { kind: event, session } = change
    const { vrf, name, state, upAt, bfd } = session
    const peer = endpointOf(session)
    const about = { op: 'session', event, peer, vrf, name }
    switch (change.kind) {
      case 'peerAdded':
        log.info(about, 'opening a BGP session')
        return
      case 'peerRemoved':
        log.info({ ...about, reason: change.reason }, 'closing a BGP session')
        return
      case 'sessionStands':
        log.info({ ...about, event: 'sessionUp', state, ...sinceOf(upAt) }, 'BGP session is up')
        return
      case 'sessionUp':
        log.info({ ...about, state }, 'BGP session is up')
        this.#record(involved, 'Normal', event, `${this.#placed(session)} is up`)
        return
      case 'sessionDown':
        log.warn({ ...about, state, reason }, 'BGP session went down')
        this.#record(involved, 'Warning', event, `${this.#placed(session)} went down: ${reason}`)
        return
      case 'bfdUp':
        log.info({ ...about, ...bfd }, 'BFD session is up')
        return
      case 'bfdDown':
        log.warn({ ...about, ...bfd }, 'BFD session went down')
    }
  }

  #placed(session: PeerSession): string {
    const { vrf } = session
    const inVrf = vrf === 'default' ? '' : ` in VRF "${vrf}"`
    return `BGP session of node "${this.#options.node}" with ${endpointOf(session)}${inVrf}`
  }

  #record(involved: Involved, type: Told['type'], reason: string, message: string): void {
    this.#options.record?.({ involved, type, reason, message })
  }
}

const sinceOf = (upAt: number | undefined) =>
  upAt === undefined ? {} : { since: `${new Date(upAt).toISOString().slice(0, 19)}Z` }

function involvedIn({ session }: SessionChange, namespace: string, { uids }: Circumstances) {
  const { apiVersion, kind } = RESOURCES.BGPPeer
  const { name } = session
  const uid = uids.get(name)
  return { apiVersion, kind, namespace, name, ...(uid === undefined ? {} : { uid }) }
}
