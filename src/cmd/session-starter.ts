// Has FRR start the sessions that it would leave down; which those are is decided by
// `reconciler/session-starts.ts`. At every look at FRR, because a pass that hangs must not delay it.
import type { Log } from '../log.ts'
import { type SessionStarts, sessionStarts } from '../reconciler/session-starts.ts'
import { endpointOf, type PeerSession, type Place } from '../reconciler/sessions.ts'
import type { ObserverEdge } from './session-role.ts'

/** What we need of FRR; tests have one of their own. */
export interface StartEdge {
  /** Now, whatever it waits for. False: there is no such neighbour. */
  startSession(place: Place): Promise<boolean>
}

export interface SessionStarterOptions {
  readonly frr: StartEdge
  readonly observer?: Pick<ObserverEdge, 'on'> | undefined
  /** As of the last look. */
  readonly sessions: () => readonly PeerSession[]
  readonly log: Log
}

export class SessionStarter {
  readonly #options: SessionStarterOptions
  #starts: SessionStarts = { watched: new Map(), start: [], nextAt: undefined }
  #timer: NodeJS.Timeout | undefined
  #isFinished = false

  constructor(options: SessionStarterOptions) {
    this.#options = options
    options.observer?.on('change', () => this.#look())
  }

  finish(): void {
    this.#isFinished = true
    clearTimeout(this.#timer)
  }

  #look(): void {
    if (this.#isFinished) return
    const now = performance.now()
    this.#starts = sessionStarts(this.#starts.watched, this.#options.sessions(), now)
    for (const session of this.#starts.start) void this.#start(session)
    const { nextAt } = this.#starts
    clearTimeout(this.#timer)
    if (nextAt !== undefined) {
      this.#timer = setTimeout(() => this.#look(), nextAt - now + 1).unref()
    }
  }

  async #start(session: PeerSession): Promise<void> {
    const { log, frr } = this.#options
    const { vrf, name, state, bfd } = session
    const about = { op: 'session', event: 'sessionStarted', peer: endpointOf(session), vrf, name }
    try {
      if (!(await frr.startSession(session))) return
      log.info({ ...about, state, bfd: bfd?.status }, 'FRR left a BGP session down; started')
    } catch (error) {
      log.warn({ ...about, error }, 'FRR leaves a BGP session down, and it cannot be started')
    }
  }
}
