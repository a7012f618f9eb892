// Probing: one member after the other is asked whether it lives; who does not answer, not even through
// others and not on a stream, is suspected.
//
//   0 ms      ping
//   500 ms    indirect pings through three others, and the ping on a stream
//   1000 ms   × (health + 1): no answer is a suspicion
//
// The next probe starts with the next second. A failing probe takes all of one, so the tick that falls
// on its end is kept: without it a member probes at half speed just when it matters.
import type { Endpoint } from './event.ts'
import type { Dead, Ping } from './message.ts'
import { nextTurn, type Order, startRound } from './order.ts'
import {
  changeHealth,
  drawNews,
  type Entry,
  isMember,
  nextSeqNo,
  ownSource,
  pick,
  type Ring,
} from './ring.ts'
import { applySuspect, suspectOf } from './rules.ts'

export interface Probe {
  readonly ping: Ping
  readonly to: Endpoint
  /** As known when the probe started: what it learned since has answered for itself. */
  readonly incarnation: number
  readonly vsn: Uint8Array
  /** When others are asked; undefined once they were. */
  indirectAt?: number
  deadline: number
  nacksExpected: number
  nacks: number
  isAckedOnStream: boolean
}

export interface Prober {
  readonly order: Order
  tickAt: number
  isPending: boolean
  current?: Probe
}

export function nextProbeAt({ prober: { tickAt, current } }: Ring): number {
  return current ? Math.min(tickAt, current.indirectAt ?? current.deadline) : tickAt
}

export function runProbes(ring: Ring, now: number): void {
  const { prober, timing } = ring
  const { current } = prober
  if (current?.indirectAt !== undefined && now >= current.indirectAt) askOthers(ring, current)
  if (current && now >= current.deadline) conclude(ring, current, now)
  if (now < prober.tickAt) return
  const missed = Math.floor((now - prober.tickAt) / timing.probeIntervalMs)
  prober.tickAt += (missed + 1) * timing.probeIntervalMs
  reap(ring, now)
  remindADeadOne(ring, now)
  if (prober.current) prober.isPending = true
  else startProbe(ring, now)
}

function startProbe(ring: Ring, now: number): void {
  const entry = nextCandidate(ring)
  if (!entry) return
  const ping: Ping = {
    ...{ kind: 'ping', node: entry.name, seqNo: nextSeqNo(ring) },
    ...ownSource(ring),
  }
  const { addr, port, incarnation, vsn } = entry
  ring.prober.current = {
    ...{ ping, to: { addr, port }, incarnation, vsn },
    indirectAt: now + ring.timing.probeTimeoutMs,
    deadline: now + ring.timing.probeIntervalMs * (ring.health + 1),
    ...{ nacksExpected: 0, nacks: 0, isAckedOnStream: false },
  }
  // Who is suspected hears it from the first who asks, and may still refute in time.
  const along = entry.state === 'suspect' ? [suspectOf(ring, entry)] : drawNews(ring, ping)
  ring.effects.push({ kind: 'send', to: { addr, port }, messages: [ping, ...along] })
}

/** At most one round is skipped through: then there is nobody to ask. */
function nextCandidate(ring: Ring): Entry | undefined {
  const { order } = ring.prober
  for (let rounds = 0; rounds < 2; ) {
    const name = nextTurn(order)
    if (name === undefined) {
      rounds++
      startRound(order, ring.table.keys(), ring.random)
      continue
    }
    const entry = ring.table.get(name)
    if (entry && name !== ring.name && isMember(entry)) return entry
  }
  return undefined
}

// Only then is the name of a dead node free for another address. Memberlist does this at the end of a
// round, which with two hundred nodes takes minutes, and ends for each member at another time: until the
// last of them they disagree. At once they all do it within a second.
function reap({ table, name, timing }: Ring, now: number): void {
  for (const entry of table.values()) {
    const isOver = now - entry.since > timing.gossipToTheDeadTimeMs
    if (isOver && !isMember(entry) && entry.name !== name) table.delete(entry.name)
  }
}

function askOthers(ring: Ring, probe: Probe): void {
  delete probe.indirectAt
  const { seqNo, node } = probe.ping
  const { addr, port } = probe.to
  const others = pick(
    ring,
    ring.timing.indirectChecks,
    (entry) => entry.state === 'alive' && entry.name !== node,
  )
  for (const other of others) {
    // Below protocol 4 nobody knows what a nack is.
    const nack = other.vsn[1]! >= 4
    if (nack) probe.nacksExpected++
    const source = ownSource(ring)
    const ask = { kind: 'indirectPing', seqNo, target: addr, port, node, nack, ...source } as const
    const messages = [ask, ...drawNews(ring, ask)]
    ring.effects.push({ kind: 'send', to: { addr: other.addr, port: other.port }, messages })
  }
  if (probe.vsn[1]! < 3 || ring.timing.disableTcpPings) return
  const timeoutMs = ring.timing.probeIntervalMs * (ring.health + 1) - ring.timing.probeTimeoutMs
  ring.effects.push({ kind: 'streamPing', to: probe.to, ping: probe.ping, timeoutMs })
}

/** Whether this was the answer that the probe waits for. */
export function ackProbe(ring: Ring, seqNo: number, now: number): boolean {
  if (ring.prober.current?.ping.seqNo !== seqNo) return false
  succeed(ring, now)
  return true
}

export function nackProbe({ prober: { current } }: Ring, seqNo: number): void {
  if (current?.ping.seqNo === seqNo) current.nacks++
}

/** Counts only at the end: until then a datagram may still say that both ways work. */
export function ackOnStream({ prober: { current } }: Ring, seqNo: number): void {
  if (current?.ping.seqNo === seqNo) current.isAckedOnStream = true
}

function conclude(ring: Ring, probe: Probe, now: number): void {
  if (probe.isAckedOnStream) succeed(ring, now)
  else fail(ring, probe, now)
}

function fail(ring: Ring, probe: Probe, now: number): void {
  // Helpers that did not even say "no answer" are more likely behind our own trouble than dead.
  const { nacksExpected, nacks } = probe
  changeHealth(ring, nacksExpected > 0 ? Math.max(0, nacksExpected - nacks) : 1)
  const { node: name } = probe.ping
  applySuspect(ring, suspectOf(ring, { name, incarnation: probe.incarnation }), now)
  finish(ring, now)
}

function succeed(ring: Ring, now: number): void {
  changeHealth(ring, -1)
  finish(ring, now)
}

function finish(ring: Ring, now: number): void {
  delete ring.prober.current
  if (!ring.prober.isPending) return
  ring.prober.isPending = false
  startProbe(ring, now)
}

// Two halves of a ring that lost each other hold each other dead, and nobody pings the dead. So one of
// them hears every second what is said of it: who lives after all refutes, and the halves are one again
// as soon as the network is. Only where they have not forgotten each other yet; then it takes a join.
function remindADeadOne(ring: Ring, now: number): void {
  const { gossipToTheDeadTimeMs } = ring.timing
  const [entry] = pick(
    ring,
    1,
    ({ state, since }) => state === 'dead' && now - since <= gossipToTheDeadTimeMs,
  )
  if (!entry) return
  const { name: node, incarnation, addr, port } = entry
  const dead: Dead = { kind: 'dead', node, incarnation, from: ring.name }
  ring.effects.push({ kind: 'send', to: { addr, port }, messages: [dead] })
}
