// Spreading what is new to a few at random, several times, and now and then a whole table to one: the
// first is fast, the second makes sure.
import type { News } from './broadcasts.ts'
import type { Endpoint } from './event.ts'
import { tableOf } from './exchange.ts'
import type { Dead } from './message.ts'
import { drawNews, type Entry, isMember, pick, type Ring } from './ring.ts'
import { pushPullPeriodMs } from './timing.ts'

/** In larger rings the rest is left to the gossip. */
const TOLD_MAX = 256

/** Right away where there was quiet, else at the pace of the ring. Nothing to tell, nothing to do. */
export function planGossip(ring: Ring, now: number): void {
  if (ring.broadcasts.size === 0) ring.gossipAt = Number.POSITIVE_INFINITY
  else if (ring.gossipAt === Number.POSITIVE_INFINITY)
    ring.gossipAt = Math.max(now, ring.gossipedAt + ring.timing.gossipIntervalMs)
}

export function runGossip(ring: Ring, now: number): void {
  planGossip(ring, now)
  if (now < ring.gossipAt) return
  ring.gossipedAt = now
  ring.gossipAt = now + ring.timing.gossipIntervalMs
  const hearers = pick(ring, ring.timing.gossipNodes, (one) => hears(ring, one, now))
  if (isAlone(ring)) {
    // Whoever comes takes the whole table.
    ring.broadcasts.clear()
    for (const entry of hearers) tellOfItself(ring, entry)
    return
  }
  for (const { addr, port } of hearers) {
    const news = drawNews(ring)
    if (news.length === 0) return
    ring.effects.push({ kind: 'send', to: { addr, port }, messages: news })
  }
}

/**
 * At once and to everybody, beside the gossip: where a second counts, one in fifty deaths that one member
 * hears of half a minute late is too many.
 */
export function tellAll(ring: Ring, news: News): void {
  for (const { addr, port } of pick(ring, TOLD_MAX, isMember))
    ring.effects.push({ kind: 'send', to: { addr, port }, messages: [news] })
}

const isAlone = ({ name, table }: Ring): boolean =>
  !table.values().some((entry) => entry.name !== name && isMember(entry))

/**
 * Who lost all the others was most likely cut off itself. When the first of them hears it again it must
 * not believe that the rest has died: a death is taken at one member's word.
 */
function tellOfItself(ring: Ring, { name: node, incarnation, addr, port }: Entry): void {
  const dead: Dead = { kind: 'dead', node, incarnation, from: ring.name }
  ring.effects.push({ kind: 'send', to: { addr, port }, messages: [dead] })
}

/** The dead as well, for a while: who is wrongly held for dead must learn of it. */
function hears({ timing }: Ring, entry: Entry, now: number): boolean {
  if (isMember(entry)) return true
  return entry.state === 'dead' && now - entry.since <= timing.gossipToTheDeadTimeMs
}

export function runPushPull(ring: Ring, now: number): void {
  if (now < ring.pushPullAt) return
  ring.pushPullAt = now + pushPullPeriodMs(ring.timing, ring.table.size)
  const [partner] = pick(ring, 1, ({ state }) => state === 'alive')
  if (partner) exchange(ring, partner, false)
}

export function exchange(ring: Ring, { addr, port }: Endpoint, join: boolean): void {
  ring.effects.push({ kind: 'exchange', to: { addr, port }, table: tableOf(ring, join) })
}
