// What a message about a node does to the table. The order of incarnations decides, never the order of
// arrival: only the node itself may raise its own, so news that was overtaken changes nothing.
import type { News } from './broadcasts.ts'
import { type Endpoint, sameBytes, sameEndpoint } from './event.ts'
import { holdOf } from './hold.ts'
import type { Alive, Dead, Suspect } from './message.ts'
import { noteOwnDeath, tellReturned } from './missed-news.ts'
import { insert } from './order.ts'
import {
  changeHealth,
  type Entry,
  entryOf,
  isFull,
  isMember,
  note,
  ownEntry,
  type Ring,
} from './ring.ts'
import { confirm, openSuspicion } from './suspicion.ts'
import { suspicionBounds } from './timing.ts'

/** A conflict repeats with every gossip; it is told once in so long. */
const CONFLICT_EVERY_MS = 60_000
const INCARNATION_MAX = 0xffff_ffff

export function tell(ring: Ring, news: News): void {
  ring.broadcasts.put(news)
}

export const aliveOf = ({ name, addr, port, meta, vsn, incarnation }: Entry): Alive => ({
  ...{ kind: 'alive', node: name, addr, port, meta, vsn, incarnation },
})

/** What we say of a node that did not answer us. */
export const suspectOf = (ring: Ring, { name, incarnation }: Pick<Entry, 'name' | 'incarnation'>) =>
  ({ kind: 'suspect', node: name, incarnation, from: ring.name }) satisfies Suspect

export function applyAlive(ring: Ring, alive: Alive, now: number): void {
  const isSelf = alive.node === ring.name
  if ((isSelf && ring.phase !== 'up') || !isSpoken(alive.vsn)) return
  const entry = ring.table.get(alive.node)
  const moves = entry !== undefined && !sameEndpoint(entry, alive)
  if (!entry) addNode(ring, alive, now)
  else if (moves && !mayMove(ring, entry, now)) refuse(ring, entry, alive, now)
  else if (isSelf) defend(ring, entry, alive)
  else if (moves || alive.incarnation > entry.incarnation) takeOver(ring, entry, alive, now)
}

/** Said of us, by somebody before us who had our name and address, or by an echo of ourselves. */
function defend(ring: Ring, own: Entry, alive: Alive): void {
  const isOurs = sameBytes(alive.meta, own.meta) && sameBytes(alive.vsn, own.vsn)
  if (alive.incarnation > ring.incarnation || (alive.incarnation === ring.incarnation && !isOurs))
    refute(ring, alive.incarnation)
}

/** Versions we can live with. A short vector ends memberlist's process, so none is ever passed on. */
function isSpoken(vsn: Uint8Array): boolean {
  if (vsn.length !== 6) return false
  const [min = 0, max = 0] = vsn
  return min > 0 && max > 0 && min <= max
}

// An unknown node is added as dead and then comes alive by the common rule. Incarnation 0 would not do
// so, and would leave a corpse that nobody ever was.
function addNode(ring: Ring, alive: Alive, now: number): void {
  if (alive.incarnation === 0) return
  if (isFull(ring)) {
    note(ring, { what: 'full', node: alive.node })
    return
  }
  const entry = entryOf({ ...alive, name: alive.node, incarnation: 0, state: 'left' }, now)
  ring.table.set(entry.name, entry)
  insert(ring.prober.order, entry.name, ring.random)
  takeOver(ring, entry, alive, now)
}

function mayMove({ timing }: Ring, { state, since }: Entry, now: number): boolean {
  if (state === 'left') return true
  const reclaimMs = timing.deadNodeReclaimTimeMs
  return state === 'dead' && reclaimMs > 0 && now - since > reclaimMs
}

function refuse(ring: Ring, entry: Entry, { addr, port }: Endpoint, now: number): void {
  const refused = { addr, port }
  const told = entry.conflict
  if (told && sameEndpoint(told.refused, refused) && now - told.at < CONFLICT_EVERY_MS) return
  entry.conflict = { refused, at: now }
  const held = { addr: entry.addr, port: entry.port }
  note(ring, { what: 'conflict', node: entry.name, held, refused })
}

function takeOver(ring: Ring, entry: Entry, alive: Alive, now: number): void {
  const { addr, port, meta, vsn, incarnation } = alive
  endSuspicion(ring, entry)
  tell(ring, alive)
  const wasMember = isMember(entry)
  const isOther = !sameBytes(meta, entry.meta)
  if (entry.state === 'dead') {
    const { hold, since: deadSince, incarnation: accused } = entry
    entry.hold = holdOf({ hold, deadSince, accused, incarnation }, now)
    tellReturned(ring, entry, alive)
  }
  Object.assign(entry, { addr, port, meta, vsn, incarnation })
  if (entry.state !== 'alive') enter(entry, 'alive', now)
  if (!wasMember) changeMembers(ring, 'joined', entry)
  else if (isOther) ring.effects.push({ kind: 'changed', node: entry.name })
}

export function applySuspect(ring: Ring, suspect: Suspect, now: number): void {
  const { node, incarnation, from } = suspect
  const entry = ring.table.get(node)
  if (!entry || incarnation < entry.incarnation) return
  if (entry.suspicion) {
    if (confirm(entry.suspicion, from)) tell(ring, suspect)
    return
  }
  if (entry.state !== 'alive') return
  if (node === ring.name) refute(ring, incarnation)
  else doubt(ring, entry, suspect, now)
}

function doubt(ring: Ring, entry: Entry, suspect: Suspect, now: number): void {
  const { node, incarnation, from } = suspect
  tell(ring, suspect)
  entry.incarnation = incarnation
  enter(entry, 'suspect', now)
  entry.suspicion = openSuspicion(suspicionBounds(ring.timing, ring.table.size), from, now)
  ring.suspected.set(node, entry)
  note(ring, { what: 'suspected', node, from })
}

export function applyDead(ring: Ring, dead: Dead, now: number): void {
  const { node, incarnation } = dead
  const entry = ring.table.get(node)
  if (node === ring.name) noteOwnDeath(ring, incarnation)
  if (!entry || incarnation < entry.incarnation) return
  endSuspicion(ring, entry)
  if (!isMember(entry)) return
  if (node === ring.name && ring.phase !== 'leaving') refute(ring, incarnation)
  else bury(ring, entry, dead, now)
}

function bury(ring: Ring, entry: Entry, dead: Dead, now: number): void {
  const { node, incarnation, from } = dead
  tell(ring, dead)
  entry.incarnation = incarnation
  enter(entry, node === from ? 'left' : 'dead', now)
  changeMembers(ring, 'left', entry)
  note(ring, { what: 'dead', node, from })
}

/** Somebody says something else of us than we do. An incarnation that none can top is left at that. */
function refute(ring: Ring, accused: number): void {
  const own = ownEntry(ring)
  ring.incarnation = Math.min(INCARNATION_MAX, Math.max(ring.incarnation, accused) + 1)
  own.incarnation = ring.incarnation
  changeHealth(ring, 1)
  tell(ring, aliveOf(own))
  note(ring, { what: 'refuted', incarnation: ring.incarnation })
}

function enter(entry: Entry, state: Entry['state'], now: number): void {
  entry.state = state
  entry.since = now
}

function endSuspicion(ring: Ring, entry: Entry): void {
  delete entry.suspicion
  ring.suspected.delete(entry.name)
}

function changeMembers(ring: Ring, kind: 'joined' | 'left', { name }: Entry): void {
  if (ring.detector) ring.detector.isStale = true
  ring.effects.push({ kind, node: name })
}
