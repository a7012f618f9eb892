// Deaths that somebody did not hear of in time: who still suspects the dead, and who was called dead itself.
import { type Endpoint, sameEndpoint } from './event.ts'
import { isSameLife } from './hold.ts'
import type { Alive, Dead, Suspect } from './message.ts'
import { type Entry, isMember, type Ring } from './ring.ts'

/**
 * Whoever suspects a node that all the others have long buried missed the news, and would wait in vain
 * for confirmations: nobody repeats a suspicion of the dead.
 */
export function tellLaggard(ring: Ring, { node, incarnation, from }: Suspect, at: Endpoint): void {
  const entry = ring.table.get(node)
  const laggard = ring.table.get(from)
  if (!entry || isMember(entry) || incarnation > entry.incarnation) return
  // Not when it was passed on: then many hear it, and all would answer.
  if (!laggard || !sameEndpoint(laggard, at)) return
  const by = entry.state === 'left' ? node : ring.name
  const dead: Dead = { kind: 'dead', node, incarnation: entry.incarnation, from: by }
  ring.effects.push({ kind: 'send', to: at, messages: [dead] })
}

/**
 * Whoever refuted a suspicion in time for most may never hear that we believed it: news of its death
 * gives way to the news that it lives. It has refuted what we say, so that it changes nothing else.
 */
export function tellReturned(
  ring: Ring,
  entry: Entry,
  { node, incarnation, addr, port }: Alive,
): void {
  const accused = entry.incarnation
  if (incarnation <= accused || !isSameLife({ accused, incarnation })) return
  const dead: Dead = { kind: 'dead', node, incarnation: accused, from: ring.name }
  ring.effects.push({ kind: 'send', to: { addr, port }, messages: [dead] })
}

/**
 * Whoever believed it gave to others what was ours, also where we had refuted it before it came here. A
 * suspicion alone moves nothing.
 */
export function noteOwnDeath(ring: Ring, incarnation: number): void {
  if (ring.phase !== 'up' || incarnation <= ring.calledDead) return
  ring.calledDead = incarnation
  ring.effects.push({ kind: 'revived' })
}
