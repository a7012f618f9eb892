// BGP and BFD sessions of this node → series. The sessions are those that shall be, so that one which FRR
// does not know, or a dead FRR, is seen as down instead of not at all; the numbers are FRR's own, read
// when somebody asks.
import type { Counters } from '../frr/observer.ts'
import {
  type BfdCounters,
  type PeerSession,
  placeKey,
  type SessionCounters,
} from '../reconciler/sessions.ts'
import type { Metric } from './metric.ts'
import type { Sample, Series } from './series.ts'
import { BFD, BFD_COUNTERS, BGP, BGP_MESSAGES, SESSIONS } from './session-catalogue.ts'

export interface SessionView {
  /** Those that this node shall have, as of the last look. */
  sessions(): readonly PeerSession[]
  /** Daemons that do not answer, and why. */
  silent(): ReadonlyMap<string, string>
  counters(): Promise<Counters>
}

/** One session with what FRR counts of it. */
interface Counted {
  readonly session: PeerSession
  readonly bgp: SessionCounters | undefined
  readonly bfd: BfdCounters | undefined
}

const NO_SESSIONS: SessionView = {
  sessions: () => [],
  silent: () => new Map(),
  counters: async () => ({ sessions: [], bfd: [] }),
}
const WATCHED = ['bgpd', 'bfdd']

export class SessionMetrics {
  #view = NO_SESSIONS
  #all: readonly Counted[] = []

  constructor(series: Series) {
    this.#fillBgp(series)
    this.#fillBfd(series)
    series.single(SESSIONS.wanted, () => this.#all.length)
    series.single(SESSIONS.established, () => this.#all.filter(isUp).length)
    series.filled(SESSIONS.silent, () =>
      WATCHED.map((daemon): Sample => [{ daemon }, Number(this.#view.silent().has(daemon))]),
    )
  }

  observe(view: SessionView): void {
    this.#view = view
  }

  /** Asks FRR; all series of one answer are of one moment. */
  async read(): Promise<void> {
    const sessions = this.#view.sessions()
    // A node without sessions may have no FRR.
    const { sessions: bgp, bfd } =
      sessions.length > 0 ? await this.#view.counters() : await NO_SESSIONS.counters()
    const messages = new Map(bgp.map((one) => [placeKey(one), one]))
    const packets = new Map(bfd.flatMap((one) => placesOf(one).map((key) => [key, one] as const)))
    this.#all = sessions.map((session) => {
      const key = placeKey(session)
      return { session, bgp: messages.get(key), bfd: packets.get(key) }
    })
  }

  #fillBgp(series: Series): void {
    const each = (metric: Metric, value: (of: Counted) => number | undefined) =>
      series.filled(metric, () => samplesOf(this.#all, ({ session }) => bgpLabel(session), value))
    each(BGP.up, (one) => Number(isUp(one)))
    each(BGP.announcedPrefixes, ({ bgp }) => bgp?.sentPrefixes)
    each(BGP.wantedPrefixes, ({ session: { wanted } }) => wanted[4] + wanted[6])
    each(BGP.established, ({ session, bgp }) => bgp && session.established)
    each(BGP.dropped, ({ session, bgp }) => bgp && session.dropped)
    for (const [name, metric] of entriesOf(BGP_MESSAGES)) each(metric, ({ bgp }) => bgp?.[name])
  }

  #fillBfd(series: Series): void {
    const each = (metric: Metric, value: (of: Counted) => number | undefined) =>
      series.filled(metric, () => {
        const watched = this.#all.filter(({ session }) => session.bfd)
        return samplesOf(watched, ({ session }) => session.peer, value)
      })
    each(BFD.up, ({ session }) => Number(session.bfd?.status === 'up'))
    for (const [name, metric] of entriesOf(BFD_COUNTERS)) each(metric, ({ bfd }) => bfd?.[name])
  }
}

/** The counters are of this moment, the session of the last look. */
const isUp = ({ session, bgp }: Counted): boolean => bgp?.isUp ?? session.isUp

/**
 * The port as configured: the one of the connection is unknown before the first, and a series that then
 * has another name is another series. IPv6 stands without brackets, as MetalLB has it.
 */
const bgpLabel = ({ peer, port }: PeerSession): string => `${peer}:${port}`

function samplesOf(
  all: readonly Counted[],
  labelOf: (one: Counted) => string,
  value: (one: Counted) => number | undefined,
): Sample[] {
  return all.flatMap((one): Sample[] => {
    const found = value(one)
    const { vrf } = one.session
    return found === undefined ? [] : [[{ peer: labelOf(one), vrf }, found]]
  })
}

/** An unnumbered session goes by its interface: the link-local address behind it may become another. */
function placesOf({ vrf, peer, interface: link }: BfdCounters): string[] {
  const isBehindLink = link !== undefined && peer.startsWith('fe80:')
  return [peer, ...(isBehindLink ? [link] : [])].map((one) => placeKey({ vrf, peer: one }))
}

const entriesOf = <T extends object>(table: T) =>
  Object.entries(table) as [keyof T & string, Metric][]
