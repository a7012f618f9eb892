// One member of a gossip ring as a step: what happened in, what to do out. It has no clock, no socket and
// no randomness of its own, so a ring of hundreds runs in one process, in virtual time, from a seed.
//
// Unlike the other steps this one changes its state in place. A table of two hundred is touched by
// thousands of packets a second in a simulation, and a copy for each would cost more than all the rest;
// nothing outside src/membership writes to it, and equal events still give equal effects.
//
// Times are of a clock that never jumps, in milliseconds. After each step ask `nextAt` when to tick.
// Packets that wait in the socket should be handed over before a tick that is due: see `late`.
import {
  ackWatch,
  forgetMisses,
  nextDetectionAt,
  runDetector,
  seeCall,
  startDetector,
} from './detector.ts'
import type { Effect, Endpoint, SwimEvent } from './event.ts'
import { checkListed, merge, tableOf } from './exchange.ts'
import { exchange, planGossip, runGossip, runPushPull, tellAll } from './gossip.ts'
import type { PacketMessage, PushPull } from './message.ts'
import { tellLaggard } from './missed-news.ts'
import { ackOnStream, ackProbe, nackProbe, nextProbeAt, runProbes } from './probe.ts'
import { ackRelay, answerPing, nextRelayAt, relay, runRelays } from './relay.ts'
import { isMember, note, ownEntry, type Ring } from './ring.ts'
import { aliveOf, applyAlive, applyDead, applySuspect, tell } from './rules.ts'
import { deathAt } from './suspicion.ts'

/** More than a busy machine is late by, less than any answer is waited for. */
const LATE_MS = 50
/** After a join, whether we were taken in: the protocol does not say so. */
const CHECK_AFTER_MS = 3_000

export function step(ring: Ring, event: SwimEvent, now: number): readonly Effect[] {
  ring.effects = []
  makeUpFor(ring, now)
  ring.ranAt = now
  handle(ring, event, now)
  finishLeaving(ring)
  planGossip(ring, now)
  return ring.effects
}

/** When the next tick is due; Infinity: only something from outside changes anything. */
export function nextAt(ring: Ring): number {
  if (ring.phase === 'leaving') return ring.gossipAt
  if (ring.phase !== 'up') return Number.POSITIVE_INFINITY
  let at = Math.min(nextProbeAt(ring), nextRelayAt(ring), ring.gossipAt, ring.pushPullAt)
  at = Math.min(at, nextDetectionAt(ring))
  // Asked several times for each packet, and mostly there is no suspicion to look at.
  if (ring.suspected.size === 0) return at
  for (const { suspicion } of ring.suspected.values()) at = Math.min(at, deathAt(suspicion!))
  return at
}

function handle(ring: Ring, event: SwimEvent, now: number): void {
  switch (event.kind) {
    case 'start':
      start(ring, now)
      break
    case 'tick':
      runDue(ring, now)
      break
    case 'packet':
      for (const message of event.messages) receive(ring, message, event.from, now)
      break
    case 'asked':
      // What we knew before: the other side should hear nothing of its own back.
      ring.effects.push({ kind: 'answer', table: tableOf(ring, event.table.join) })
      takeIn(ring, event.table, now)
      break
    case 'answered':
      if (!event.table.join) checkListed(ring, event.table)
      takeIn(ring, event.table, now)
      break
    case 'streamAck':
      ackOnStream(ring, event.seqNo)
      break
    case 'join':
      join(ring, event.to, now)
      break
    case 'leave':
      leave(ring, now)
      break
  }
}

function start(ring: Ring, now: number): void {
  if (ring.phase !== 'idle') return
  const { probeIntervalMs, pushPullIntervalMs } = ring.timing
  ring.phase = 'up'
  ownEntry(ring).since = now
  // At a random part of their period: a cluster that is switched on would else probe in step.
  ring.prober.tickAt = now + ring.random() * probeIntervalMs
  ring.pushPullAt = now + (1 + ring.random()) * pushPullIntervalMs
  startDetector(ring, now)
  tell(ring, aliveOf(ownEntry(ring)))
  ring.effects.push({ kind: 'joined', node: ring.name })
}

function runDue(ring: Ring, now: number): void {
  if (ring.phase === 'up') {
    runProbes(ring, now)
    runRelays(ring, now)
    believeSuspicions(ring, now)
    runDetector(ring, now)
    runPushPull(ring, now)
  }
  if (ring.phase !== 'gone') runGossip(ring, now)
}

function believeSuspicions(ring: Ring, now: number): void {
  for (const { name: node, incarnation, suspicion } of ring.suspected.values()) {
    if (now < deathAt(suspicion!)) continue
    applyDead(ring, { kind: 'dead', node, incarnation, from: ring.name }, now)
  }
}

function receive(ring: Ring, message: PacketMessage, from: Endpoint, now: number): void {
  // Who has left still answers, so that nobody wonders before the news is everywhere.
  if (message.kind !== 'ping' && ring.phase !== 'up' && ring.phase !== 'leaving') return
  switch (message.kind) {
    case 'ping':
      if (!message.sourceAddr) seeCall(ring, from, now)
      answerPing(ring, message, from)
      break
    case 'indirectPing':
      relay(ring, message, from, now)
      break
    case 'ack':
      ackProbe(ring, message.seqNo, now) ||
        ackRelay(ring, message.seqNo) ||
        ackWatch(ring, message.seqNo)
      break
    case 'nack':
      nackProbe(ring, message.seqNo)
      break
    case 'alive':
      applyAlive(ring, message, now)
      break
    case 'suspect':
      applySuspect(ring, message, now)
      tellLaggard(ring, message, from)
      break
    case 'dead':
      applyDead(ring, message, now)
      break
    case 'user':
      break
  }
}

function join(ring: Ring, to: readonly Endpoint[], now: number): void {
  if (ring.phase !== 'up') return
  for (const one of to) exchange(ring, one, true)
  ring.pushPullAt = Math.min(ring.pushPullAt, now + CHECK_AFTER_MS)
}

function takeIn(ring: Ring, table: PushPull, now: number): void {
  if (ring.phase === 'up') merge(ring, table, now)
}

function leave(ring: Ring, now: number): void {
  if (ring.phase !== 'up') return
  ring.phase = 'leaving'
  const { name, incarnation } = ring
  const farewell = { kind: 'dead', node: name, incarnation, from: name } as const
  applyDead(ring, farewell, now)
  tellAll(ring, farewell)
}

/** Told as often as it should be, or nobody is there to hear it. */
function finishLeaving(ring: Ring): void {
  if (ring.phase !== 'leaving') return
  if (ring.broadcasts.has(ring.name) && ring.table.values().some(isMember)) return
  ring.phase = 'gone'
  ring.effects.push({ kind: 'gone' })
}

// A process that was stopped finds all its deadlines passed and all answers unread in the socket. That
// time was nobody else's: what was waited for is waited for as much longer, and unanswered pings of the
// fast detector are forgotten. It does not take a stop: a busy machine is late all the time. Only time
// in which nothing ran at all counts, and once: a full socket is read before the first tick.
function makeUpFor(ring: Ring, now: number): void {
  const ms = now - Math.max(nextAt(ring), ring.ranAt)
  if (!(ms > LATE_MS)) return
  const { current } = ring.prober
  if (current) current.deadline += ms
  if (current?.indirectAt !== undefined) current.indirectAt += ms
  for (const { suspicion } of ring.suspected.values()) suspicion!.startedAt += ms
  forgetMisses(ring)
  note(ring, { what: 'late', ms })
}
