// What FRR's sessions do, seen within a quarter of a second: few bytes are asked for often, everything
// only when those are others, or once a second. On connections of its own: a change that FRR works on
// does not hold up the next look more than bgpd itself does.
import { EventEmitter } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { describe } from '../describe.ts'
import type { Family } from '../net/address.ts'
import type { BfdCounters, Place, Seen, Session, SessionCounters } from '../reconciler/sessions.ts'
import { DAEMONS, type Daemon } from './grammar.ts'
import { Link } from './link.ts'
import {
  readAdvertised,
  readBfdCounters,
  readBfdSessions,
  readCounters,
  readSessions,
} from './sessions.ts'

export interface ObserverOptions {
  readonly runDir: string
  readonly log: Pick<Logger, 'info' | 'warn'>
  readonly everyMs?: number
  readonly silenceMs?: number
}

/** Sorted by VRF and peer. Of a daemon that does not answer nothing is known: no session is up. */
export interface Observed extends Seen {
  /** Daemons that do not answer, and why. */
  readonly silent: ReadonlyMap<Daemon, string>
}

/** Numbers that change all the time; read when somebody asks. */
export interface Counters {
  readonly sessions: readonly SessionCounters[]
  readonly bfd: readonly BfdCounters[]
}

export const NOTHING_OBSERVED: Observed = { sessions: [], bfd: [], silent: new Map() }

/** A look costs bgpd and bfdd less than a tenth of a millisecond each, with a hundred neighbours, too. */
const EVERY_MS = 250
/** What the quick look cannot see: that one session went while another one came, and prefixes sent. */
const FULL_MS = 1_000
/** A daemon that owes an answer for so long is silent; at a full load of routes it may owe one. */
const SILENCE_MS = 5_000
/** Not as JSON: from 10.7 on that names every network, too. */
const QUICK = { bgpd: 'show bgp vrfs', bfdd: 'show bfd peers brief' } as const
const FULL = { bgpd: 'show bgp vrf all summary json', bfdd: 'show bfd peers json' } as const

type Sending = Place & Pick<Session, 'sent'>

function advertisedCommand({ vrf, peer }: Place, family: Family): string {
  const inVrf = vrf === 'default' ? '' : ` vrf ${vrf}`
  return `show bgp${inVrf} ipv${family} unicast neighbors ${peer} advertised-routes json`
}

interface Watched {
  readonly link: Link
  quick: string
  fullAt: number
}

export class Observer extends EventEmitter<{ change: [] }> implements AsyncDisposable {
  readonly #log: ObserverOptions['log']
  readonly #watched: ReadonlyMap<Daemon, Watched>
  readonly #everyMs: number
  #timer: NodeJS.Timeout | undefined
  #observed = NOTHING_OBSERVED
  #hasLooked = false
  #look: Promise<void> | undefined
  #disposed = false

  constructor({ runDir, log, everyMs = EVERY_MS, silenceMs = SILENCE_MS }: ObserverOptions) {
    super()
    this.#log = log
    // A connection that ends is found out by the next look, and at once that way.
    const onLost = () => this.look()
    this.#watched = new Map(
      DAEMONS.map((daemon) => {
        const link = new Link({ runDir, daemon, onLost, silenceMs })
        return [daemon, { link, quick: '', fullAt: Number.NEGATIVE_INFINITY }]
      }),
    )
    this.#everyMs = everyMs
  }

  /** From now on it looks. A node without BGP has nothing to look at, and perhaps no FRR. */
  start(): void {
    if (this.#timer || this.#disposed) return
    this.#timer = setInterval(() => this.look(), this.#everyMs).unref()
    this.look()
  }

  /** As of the last look. The very same until something is different. */
  get observed(): Observed {
    return this.#observed
  }

  /** Until then, what is observed is not what there is. */
  get hasLooked(): boolean {
    return this.#hasLooked
  }

  /** Looks now, if it does not do so already. */
  look(): void {
    if (this.#disposed) return
    this.#look ??= this.#lookOnce().finally(() => {
      this.#look = undefined
    })
  }

  /** A daemon that does not answer has none. */
  async counters(): Promise<Counters> {
    const [sessions, bfd] = await Promise.all([
      this.#read('bgpd', 'show bgp vrf all neighbors json', readCounters),
      this.#read('bfdd', 'show bfd peers counters json', readBfdCounters),
    ])
    return { sessions: sessions ?? [], bfd: bfd ?? [] }
  }

  /** The prefixes that bgpd sends this neighbour; absent when it does not say. */
  async advertised({ vrf, peer, sent }: Sending): Promise<ReadonlySet<string> | undefined> {
    // Of a family that is not on the session it would say that it does not know the neighbour.
    const families = ([4, 6] as const).filter((family) => sent[family] > 0)
    const answers = families.map((family) =>
      this.#read('bgpd', advertisedCommand({ vrf, peer }, family), readAdvertised),
    )
    const lists = await Promise.all(answers)
    return lists.every((list) => list !== undefined) ? new Set(lists.flat()) : undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    clearInterval(this.#timer)
    for (const { link } of this.#watched.values()) await link[Symbol.asyncDispose]()
    await this.#look
  }

  /** Absent, with a word in the log, when it cannot be read. */
  async #read<T>(
    daemon: Daemon,
    command: string,
    read: (text: string) => T[],
  ): Promise<T[] | undefined> {
    // Who is silent was told already, and shall not keep a scrape waiting.
    if (this.#observed.silent.has(daemon)) return undefined
    try {
      return read(await this.#watched.get(daemon)!.link.show(command))
    } catch (error) {
      if (!this.#disposed) this.#log.warn({ op: 'frr', daemon, command, error }, 'FRR does not say')
      return undefined
    }
  }

  async #lookOnce(): Promise<void> {
    const silent = new Map<Daemon, string>()
    const { sessions, bfd } = this.#observed
    const [seen, seenBfd] = await Promise.all([
      this.#ask('bgpd', sessions, readSessions, silent),
      this.#ask('bfdd', bfd, readBfdSessions, silent),
    ])
    if (this.#disposed) return
    this.#tellSilent(silent)
    const next: Observed = { sessions: seen, bfd: seenBfd, silent }
    const isFirst = !this.#hasLooked
    this.#hasLooked = true
    if (isDeepStrictEqual(next, this.#observed) && !isFirst) return
    this.#observed = next
    this.emit('change')
  }

  /** The same as before when the quick look shows nothing new. */
  async #ask<T>(
    daemon: Daemon,
    before: readonly T[],
    read: (text: string) => T[],
    silent: Map<Daemon, string>,
  ): Promise<readonly T[]> {
    const watched = this.#watched.get(daemon)!
    try {
      const quick = await watched.link.show(QUICK[daemon])
      const now = performance.now()
      if (quick === watched.quick && now - watched.fullAt < FULL_MS) return before
      const found = read(await watched.link.show(FULL[daemon]))
      watched.quick = quick
      watched.fullAt = now
      return found
    } catch (error) {
      watched.quick = ''
      silent.set(daemon, describe(error))
      return []
    }
  }

  #tellSilent(silent: ReadonlyMap<Daemon, string>): void {
    const before = this.#observed.silent
    for (const [daemon, error] of silent) {
      if (!before.has(daemon)) {
        this.#log.warn({ op: 'frr', daemon, error }, 'its sessions cannot be seen')
      }
    }
    for (const daemon of before.keys()) {
      if (!silent.has(daemon)) this.#log.info({ op: 'frr', daemon }, 'its sessions are seen again')
    }
  }
}
