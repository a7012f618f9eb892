// Pinging on another's behalf, and answering pings: the part of a member that keeps no opinion.
import type { Endpoint } from './event.ts'
import type { Ack, IndirectPing, Nack, Ping, Source } from './message.ts'
import { drawNews, nextSeqNo, ownEntry, ownSource, type Ring } from './ring.ts'

/** Somebody waits for what we learn. */
export interface Relay {
  readonly seqNo: number
  /** Where an ack goes: what the asker said of itself, if it did. */
  readonly to: Endpoint
  nackAt?: number
  endsAt: number
}

/** What all of a large ring may ask of one member at a time; further ones ask two others as well. */
const RELAYS_MAX = 1_024
/** Memberlist nacks when its own time is up, which is just after the asker's. */
const NACK_PART = 0.8

/** Whether a ping is for us; a name that is not ours is somebody's who had our address before. */
export const isFor = (name: string, { node }: Ping): boolean => node === '' || node === name

export const ackOf = ({ seqNo }: Ping): Ack => ({ kind: 'ack', seqNo, payload: null })

export function answerPing(ring: Ring, ping: Ping, from: Endpoint): void {
  if (!isFor(ring.name, ping)) return
  const ack = ackOf(ping)
  // Only the fast detector's pings come without a source. There are many and always from the same few,
  // on whom news would be spent instead of spreading.
  const along = ping.sourceAddr ? drawNews(ring, ack) : []
  ring.effects.push({ kind: 'send', to: askerOf(ping, from), messages: [ack, ...along] })
}

export function relay(ring: Ring, ask: IndirectPing, from: Endpoint, now: number): void {
  if (ring.relays.size >= RELAYS_MAX) return
  const { probeTimeoutMs } = ring.timing
  const seqNo = nextSeqNo(ring)
  ring.relays.set(seqNo, {
    ...{ seqNo: ask.seqNo, to: askerOf(ask, from), endsAt: now + probeTimeoutMs },
    ...(ask.nack && { nackAt: now + NACK_PART * probeTimeoutMs }),
  })
  const ping: Ping = { kind: 'ping', node: ask.node, seqNo, ...ownSource(ring) }
  const to = { addr: ask.target, port: ask.port || ownEntry(ring).port }
  ring.effects.push({ kind: 'send', to, messages: [ping, ...drawNews(ring, ping)] })
}

/** Whether somebody waited for this. */
export function ackRelay(ring: Ring, seqNo: number): boolean {
  const found = ring.relays.get(seqNo)
  if (!found) return false
  ring.relays.delete(seqNo)
  reply(ring, found, { kind: 'ack', seqNo: found.seqNo, payload: null })
  return true
}

export function nextRelayAt({ relays }: Ring): number {
  let at = Number.POSITIVE_INFINITY
  if (relays.size === 0) return at
  for (const { nackAt, endsAt } of relays.values()) at = Math.min(at, nackAt ?? endsAt)
  return at
}

/** After the nack an ack may still come, and goes on to the asker. */
export function runRelays(ring: Ring, now: number): void {
  for (const [own, found] of ring.relays) {
    if (found.nackAt !== undefined && now >= found.nackAt) {
      delete found.nackAt
      reply(ring, found, { kind: 'nack', seqNo: found.seqNo })
    }
    if (now >= found.endsAt) ring.relays.delete(own)
  }
}

function reply(ring: Ring, { to }: Relay, message: Ack | Nack): void {
  ring.effects.push({ kind: 'send', to, messages: [message, ...drawNews(ring, message)] })
}

/** Behind an address translation the packet's own source would be somebody else's. */
function askerOf({ sourceAddr, sourcePort }: Source, from: Endpoint): Endpoint {
  return sourceAddr && sourcePort ? { addr: sourceAddr, port: sourcePort } : from
}
