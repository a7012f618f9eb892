// What `/status.json` and `/events` say: the form that the page reads, and whoever asks for it with a
// program. Types alone, for the page's scripts are checked against them. Times are milliseconds since 1970.

/** `warn`: all is served, but somebody should look. `idle`: nothing to do here, or not yet. */
export type Mood = 'well' | 'warn' | 'bad' | 'idle'

/** The answer in one line; `since` and `because` belong to what `text` ends with. */
export interface Headline {
  readonly mood: Mood
  readonly text: string
  readonly since?: number
  readonly because?: string
}

/** One event of the stream: whether it is worth to ask for the report again. */
export interface Summary {
  readonly now: number
  /** Another text when anything in the report is different, or another process answers. */
  readonly revision: string
  readonly headline: Headline
}

export interface StatusReport extends Summary {
  /** `speaker of node-a`; what is in the title of the page. */
  readonly who: string
  /** What keeps this process from its work: a silent daemon of FRR, an API server that is away. */
  readonly troubles: readonly Trouble[]
  /** What is wrong with objects that users wrote. */
  readonly problems: Listed<ProblemRow>
  /** Newest first. */
  readonly changes: readonly Change[]
  readonly speaker?: SpeakerReport
  readonly controller?: ControllerReport
}

/** A list may be long: what is most in need of a look comes first, the rest only when asked for. */
export interface Listed<Row> {
  readonly total: number
  /** Of those, the ones that fit the search. */
  readonly matching: number
  readonly rows: readonly Row[]
}

export interface Trouble {
  readonly subject: string
  readonly text: string
  readonly since: number
}

export interface ProblemRow {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** The field; empty for the whole object. */
  readonly path: string
  readonly message: string
  readonly since: number
}

export interface Change {
  readonly at: number
  readonly topic: 'session' | 'service' | 'config' | 'problem' | 'leader' | 'trouble' | 'start'
  readonly tone: 'good' | 'bad' | 'plain'
  readonly subject: string
  readonly text: string
}

export interface SpeakerReport {
  readonly node: string
  readonly sessionsUp: number
  /** Different addresses that are announced from here, by whatever protocol. */
  readonly addresses: number
  readonly states: Readonly<Record<AnnouncedState, number>>
  readonly sessions: Listed<SessionRow>
  /** Peers of the configuration that this node has no session with. */
  readonly otherPeers: Listed<OtherPeer>
  readonly services: Listed<AnnouncedRow>
}

export interface SessionRow {
  /** The BGPPeer. */
  readonly name: string
  /** Address, or interface. */
  readonly peer: string
  /** Absent: the main table. */
  readonly vrf?: string
  /** RFC 4271 §8.2.2. */
  readonly state: string
  readonly isUp: boolean
  /** When it came up or went down; absent while nobody saw it. */
  readonly since?: number
  /** Why it is down, in FRR's words. */
  readonly because?: string
  readonly dropped: number
  /** Prefixes that were sent, and that shall be. */
  readonly sent: ByFamily
  readonly wanted: ByFamily
  readonly bfd?: { readonly profile: string; readonly status: string }
}

export interface ByFamily {
  readonly 4: number
  readonly 6: number
}

export interface OtherPeer {
  readonly name: string
  readonly because: string
  readonly sentence: string
}

/**
 * Of a Service on this node, in the order in which they are listed.
 * `fault`: not announced, or nobody hears it, and somebody has to mend that. `degraded`: announced, but
 * not to all who should hear. `waiting`: for an address, or an endpoint. `elsewhere`: another node answers.
 * `off`: nothing that would be announced from here.
 */
export type AnnouncedState = 'fault' | 'degraded' | 'waiting' | 'announced' | 'elsewhere' | 'off'

export interface AnnouncedRow {
  /** `namespace/name` */
  readonly service: string
  readonly state: AnnouncedState
  readonly addresses: readonly string[]
  readonly pool?: string
  readonly bgp: ToldByBgp | NotTold
  /** Absent in a configuration without an L2Advertisement. */
  readonly layer2?: AnsweredFor | NotTold
}

export interface ToldByBgp {
  readonly announced: true
  readonly prefixes: readonly string[]
  /** Those that are down first, and not all when they are many. */
  readonly peers: readonly { readonly name: string; readonly isUp: boolean }[]
  readonly peersUp: number
  readonly peersTotal: number
}

export interface AnsweredFor {
  readonly announced: true
  /** Empty: all. */
  readonly interfaces: readonly string[]
}

export interface NotTold {
  readonly announced: false
  /** A word of the catalogue of reasons, and its sentence. */
  readonly because: string
  readonly sentence: string
  /** The node that answers instead. */
  readonly owner?: string
}

export interface ControllerReport {
  /** Of several controllers only one gives addresses. */
  readonly isLeading: boolean
  readonly waiting: number
  readonly pools: Listed<PoolRow>
  readonly services: Listed<AddressRow>
}

export interface PoolRow {
  readonly name: string
  readonly services: number
  readonly assigned: ByFamily
  /** As the status of the pool says it: 2^63-1 is that or more. */
  readonly capacity: ByFamily
}

export interface AddressRow {
  /** `namespace/name` */
  readonly service: string
  /** `partial`: it has an address, but not all that it asks for. */
  readonly state: 'waiting' | 'partial' | 'given'
  readonly addresses: readonly string[]
  readonly pool?: string
  readonly because?: string
  readonly sentence?: string
  /** Pools that were looked at, and why each did not serve; not all when they are many. */
  readonly considered: readonly { readonly pool: string; readonly sentence: string }[]
}
