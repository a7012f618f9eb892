// The ring as one member knows it: the table of nodes, its own incarnation, its timers. Every part of
// the protocol reads and changes this one value; none of them keeps anything beside it.
import { Broadcasts, type News } from './broadcasts.ts'
import type { Effect, Endpoint, Fact } from './event.ts'
import type { Hold } from './hold.ts'
import type { NodeState, PushPullNode, Source, WireAddress } from './message.ts'
import { VSN } from './message.ts'
import { openOrder } from './order.ts'
import type { Prober } from './probe.ts'
import type { Relay } from './relay.ts'
import type { Suspicion } from './suspicion.ts'
import { type Timing, transmitsMax } from './timing.ts'
import { type Detector, openDetector } from './watch.ts'

export interface Entry {
  readonly name: string
  addr: WireAddress
  port: number
  meta: Uint8Array | null
  vsn: Uint8Array
  incarnation: number
  state: NodeState
  /** When the state changed. */
  since: number
  suspicion?: Suspicion
  hold?: Hold
  /** The other address that was refused last, and when that was told. */
  conflict?: { readonly refused: Endpoint; readonly at: number }
}

export interface Ring {
  readonly name: string
  readonly timing: Timing
  /** From 0 to 1, 1 not included. */
  readonly random: () => number
  readonly table: Map<string, Entry>
  readonly broadcasts: Broadcasts
  readonly prober: Prober
  /** By the number of our ping on another's behalf. */
  readonly relays: Map<number, Relay>
  readonly suspected: Map<string, Entry>
  readonly detector?: Detector
  phase: 'idle' | 'up' | 'leaving' | 'gone'
  incarnation: number
  /** The highest incarnation of ours that was called dead; those of an earlier life are below our first. */
  calledDead: number
  /** How badly our own probes go: 0 is healthy. */
  health: number
  seqNo: number
  /** The last step. */
  ranAt: number
  gossipedAt: number
  gossipAt: number
  pushPullAt: number
  effects: Effect[]
}

export interface RingOptions {
  readonly name: string
  readonly addr: WireAddress
  readonly port: number
  /** What it says of itself to all; up to 512 bytes. */
  readonly meta?: Uint8Array | undefined
  readonly timing: Timing
  readonly random: () => number
  readonly fastDetector?: boolean
  /** The first one; higher than any of an earlier life, as far as possible. */
  readonly incarnation?: number
}

/** A speaker's cluster has thousands of nodes at most; a flood of invented names ends here. */
const TABLE_MAX = 16_384

export function openRing(options: RingOptions): Ring {
  const { name, addr, port, meta = null, timing, random, fastDetector = true } = options
  const { incarnation = 1 } = options
  const own = entryOf({ name, addr, port, meta, vsn: VSN, incarnation, state: 'alive' }, 0)
  return {
    ...{ name, timing, random },
    table: new Map([[name, own]]),
    broadcasts: new Broadcasts(timing.udpBufferSize),
    prober: { order: openOrder(name), tickAt: Number.POSITIVE_INFINITY, isPending: false },
    relays: new Map(),
    suspected: new Map(),
    ...(fastDetector && { detector: openDetector() }),
    ...{ phase: 'idle', incarnation, calledDead: incarnation - 1, health: 0, seqNo: 0 },
    ...{ ranAt: Number.NEGATIVE_INFINITY, gossipedAt: Number.NEGATIVE_INFINITY },
    ...{ gossipAt: Number.POSITIVE_INFINITY, pushPullAt: Number.POSITIVE_INFINITY, effects: [] },
  }
}

export function entryOf(node: PushPullNode, now: number): Entry {
  const { name, addr, port, meta, vsn, incarnation, state } = node
  return { name, addr, port, meta, vsn, incarnation, state, since: now }
}

export const isFull = (ring: Ring): boolean => ring.table.size >= TABLE_MAX

export const ownEntry = (ring: Ring): Entry => ring.table.get(ring.name)!

/** Alive and suspect: both count for elections, so that a suspicion moves nothing. */
export const isMember = ({ state }: Entry): boolean => state === 'alive' || state === 'suspect'

export const note = (ring: Ring, fact: Fact): void => {
  ring.effects.push({ kind: 'noted', fact })
}

/** All pings of a member are numbered in one sequence of 32 bits. */
export function nextSeqNo(ring: Ring): number {
  ring.seqNo = (ring.seqNo + 1) >>> 0
  return ring.seqNo
}

export function ownSource(ring: Ring): Required<Source> {
  const { addr, port } = ownEntry(ring)
  return { sourceAddr: addr, sourcePort: port, sourceNode: ring.name }
}

/**
 * In a small ring memberlist tells its news four times: two packets to each of five, by chance, and where
 * many start at once, in one of twenty starts one of them did not hear of another for half a minute. Who
 * leaves has told everybody at once and shall not linger.
 */
const TRANSMITS_MIN = 16

export function drawNews(ring: Ring, own?: Parameters<Broadcasts['draw']>[1]): News[] {
  const least = ring.phase === 'leaving' ? 0 : TRANSMITS_MIN
  return ring.broadcasts.draw(Math.max(least, transmitsMax(ring.timing, ring.table.size)), own)
}

export function changeHealth(ring: Ring, by: number): void {
  const max = ring.timing.awarenessMaxMultiplier - 1
  ring.health = Math.max(0, Math.min(max, ring.health + by))
}

/** Up to so many different ones of those that fit, ourselves never. */
export function pick(ring: Ring, count: number, fits: (entry: Entry) => boolean): Entry[] {
  const from = [...ring.table.values()].filter((entry) => entry.name !== ring.name && fits(entry))
  const picked: Entry[] = []
  while (picked.length < count && from.length > 0) {
    const at = Math.floor(ring.random() * from.length)
    picked.push(from[at]!)
    from[at] = from.at(-1)!
    from.pop()
  }
  return picked
}
