// How the ring is tuned: memberlist's profiles for a LAN and a WAN, and the file that may replace them.
// MetalLB takes what that file leaves out as 0 or false, which no ring survives; here it has to be
// complete, and every mistake in it is told at once, by the name of its field.
import { parseDuration } from '../api/duration.ts'
import { nearest } from '../config/nearest.ts'
import { LAN_TIMING, type Timing, WAN_TIMING } from './timing.ts'

export interface Settings {
  readonly timing: Timing
  readonly tcpTimeoutMs: number
  readonly compress: boolean
  /** Off: plain packets are taken beside sealed ones, for the time it takes to give a ring its key. */
  readonly verifyIncoming: boolean
  /** Off: what we send is not sealed, for the same. */
  readonly verifyOutgoing: boolean
}

const LAN: Settings = {
  ...{ timing: LAN_TIMING, tcpTimeoutMs: 10_000 },
  ...{ compress: true, verifyIncoming: true, verifyOutgoing: true },
}
const WAN: Settings = { ...LAN, timing: WAN_TIMING, tcpTimeoutMs: 30_000 }
export const PROFILES = { LAN, WAN } as const

export type ParsedSettings =
  | { readonly settings: Settings }
  | { readonly problems: readonly string[] }

/** The text of config.json. */
export function parseSettings(text: string): ParsedSettings {
  const parsed = parseObject(text)
  if ('problems' in parsed) return parsed
  const reading = new Reading(parsed.fields)
  const settings = readSettings(reading)
  reading.refuseUnknown()
  return reading.problems.length > 0 ? { problems: reading.problems } : { settings }
}

function parseObject(
  text: string,
): { readonly fields: Map<string, unknown> } | { readonly problems: readonly string[] } {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { fields: new Map(Object.entries(value)) }
    }
    return { problems: ['it is not an object'] }
  } catch (error) {
    return { problems: [`it is not JSON: ${error instanceof Error ? error.message : error}`] }
  }
}

function readSettings(file: Reading): Settings {
  const probeIntervalMs = file.duration('ProbeInterval', { min: '10ms' })
  const probeTimeoutMs = file.duration('ProbeTimeout', { min: '1ms' })
  if (probeTimeoutMs >= probeIntervalMs) {
    file.problems.push('ProbeTimeout has to be shorter than ProbeInterval: others help in between')
  }
  const settings = {
    timing: {
      ...{ probeIntervalMs, probeTimeoutMs, disableTcpPings: file.truth('DisableTcpPings') },
      indirectChecks: file.number('IndirectChecks', 0, 100),
      awarenessMaxMultiplier: file.number('AwarenessMaxMultiplier', 1, 100),
      suspicionMult: file.number('SuspicionMult', 1, 100),
      suspicionMaxTimeoutMult: file.number('SuspicionMaxTimeoutMult', 1, 100),
      retransmitMult: file.number('RetransmitMult', 1, 100),
      gossipIntervalMs: file.duration('GossipInterval', { min: '10ms' }),
      gossipNodes: file.number('GossipNodes', 1, 100),
      gossipToTheDeadTimeMs: file.duration('GossipToTheDeadTime', { min: '0' }),
      pushPullIntervalMs: file.duration('PushPullInterval', { min: '1s' }),
      // Not in MetalLB's file.
      deadNodeReclaimTimeMs: LAN_TIMING.deadNodeReclaimTimeMs,
      // Below, news of a node with a long name fits no packet; above, no datagram.
      udpBufferSize: file.number('UDPBufferSize', 512, 65_507),
    },
    tcpTimeoutMs: file.duration('TCPTimeout', { min: '100ms' }),
    compress: file.truth('EnableCompression'),
    verifyIncoming: file.truth('GossipVerifyIncoming'),
    verifyOutgoing: file.truth('GossipVerifyOutgoing'),
  }
  // Of Go's implementation alone: the depth of a queue we do not have, the period of a metric. Required
  // all the same: MetalLB, reading the same file, does not start without the second.
  file.number('HandoffQueueDepth', 0, 1e9)
  file.duration('QueueCheckInterval', { min: '0' })
  return settings
}

const MAX = '24h'

class Reading {
  readonly problems: string[] = []
  readonly #fields: Map<string, unknown>
  readonly #known: string[] = []

  constructor(fields: Map<string, unknown>) {
    this.#fields = fields
  }

  /** In milliseconds. */
  duration(name: string, { min }: { min: string }): number {
    const wanted = `a duration between ${min} and ${MAX}, as "200ms" or "1m30s"`
    return this.#read(name, wanted, (value) => {
      const seconds = typeof value === 'string' ? parseDuration(value) : undefined
      const isRight =
        seconds !== undefined && seconds >= parseDuration(min)! && seconds <= parseDuration(MAX)!
      return isRight ? seconds * 1_000 : undefined
    })
  }

  number(name: string, min: number, max: number): number {
    const wanted = `a whole number between ${min} and ${max}`
    return this.#read(name, wanted, (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
        ? value
        : undefined,
    )
  }

  truth(name: string): boolean {
    return this.#read(name, 'true or false', (value) =>
      typeof value === 'boolean' ? value : undefined,
    )
  }

  refuseUnknown(): void {
    const known = new Set(this.#known.map((name) => name.toLowerCase()))
    for (const name of this.#fields.keys()) {
      if (known.has(name.toLowerCase())) continue
      const guess = nearest(name, this.#known)
      this.problems.push(`${name} is not a setting${guess ? `; did you mean ${guess}?` : ''}`)
    }
  }

  #read<T>(name: string, wanted: string, parse: (value: unknown) => T | undefined): T {
    this.#known.push(name)
    const given = this.#find(name)
    const value = parse(given)
    if (value === undefined) {
      const what = given === undefined ? 'is missing' : `is ${JSON.stringify(given)}`
      this.problems.push(`${name} ${what}; it has to be ${wanted}`)
    }
    // Read on, to find what else is wrong; nobody gets to see a value beside a problem.
    return value as T
  }

  /** Go takes a name in any mixture of cases. */
  #find(name: string): unknown {
    if (this.#fields.has(name)) return this.#fields.get(name)
    const folded = name.toLowerCase()
    return [...this.#fields].find(([key]) => key.toLowerCase() === folded)?.[1]
  }
}
