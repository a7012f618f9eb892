// Another machine says that an address of ours is its own: whom to tell, and when to defend. A move from
// node to node looks the same for a moment, from both sides, and is no reason for an alarm:
//
//   a claim ─ 0.5 s ─▶ we may be the owner before: defended only if the address is still ours by then
//           ─ 0.85 s ▶ still ours. Told at once if all other nodes are there and none has just come.
//                      Else it may be one that was cut off: it took every address for its own, claims
//                      them all when it is back, and finds out. So it is asked: told if it answers.
//
// Whoever begins to answer gives the owner before it two seconds to notice before it judges.
//
// Changed in place: a flood of claims must cost as little as one of requests.
import { type Claim, Claimant } from './claimant.ts'
import type { Mac } from './mac.ts'

export type { Claim } from './claimant.ts'

/** As long as two nodes may need to agree on a move; as short as somebody may be misled. */
export const DEFEND_AFTER_MS = 500
/** RFC 5227 §2.4 (c): who never gives the address up defends it no more often. */
export const DEFEND_MS = 10_000
/** So long unheard, it is over. */
export const QUIET_MS = 180_000
/** Whoever is back and not yet told from others may still have to hear what it lost. */
export const CALM_AFTER_MS = 5_000
/** Bounds for a LAN on which somebody makes up hardware addresses. */
export const CONTESTS_MAX = 256
export const CLAIMANTS_MAX = 8

export type ConflictEvent =
  | ({ readonly kind: 'claim' } & Claim)
  /** We do not answer for these any longer. */
  | { readonly kind: 'removed'; readonly addresses: Iterable<string> }
  /** Are all nodes there that could answer in our place? Before it is told: no. */
  | { readonly kind: 'ring'; readonly isWhole: boolean }
  /** The others took us for dead: who claims an address of ours may have had it, and is giving it back. */
  | { readonly kind: 'mistaken' }
  | { readonly kind: 'tick' }

export type ConflictEffect =
  /** The first time, or again. `claims`: so often since the last time. */
  | ({ readonly kind: 'tell'; readonly claims: number } & Claim)
  | { readonly kind: 'defend'; readonly address: string; readonly index: number }
  | { readonly kind: 'probe'; readonly address: string; readonly index: number }
  /** It was told, and is over: unheard for long. */
  | ({ readonly kind: 'over' } & Claim)

export interface ConflictStep {
  readonly effects: readonly ConflictEffect[]
  /** When the next tick is due; `Infinity`: not before something happens. */
  readonly nextAt: number
}

interface Contest {
  readonly claimants: Map<Mac, Claimant>
  /** The link where the latest claim was heard: only there is somebody misled. */
  index: number
  /** `Infinity`: nothing was claimed since the last time. */
  defendAt: number
  defendedAt: number
}

const NOTHING: readonly ConflictEffect[] = []

export class Conflicts {
  /** By address, whoever was heard last at the end. */
  readonly #contests = new Map<string, Contest>()
  #nextAt = Number.POSITIVE_INFINITY
  #calmAt = Number.POSITIVE_INFINITY

  step(event: ConflictEvent, now: number): ConflictStep {
    return { effects: this.#take(event, now), nextAt: this.#nextAt }
  }

  #take(event: ConflictEvent, now: number): readonly ConflictEffect[] {
    switch (event.kind) {
      case 'claim':
        return this.#claim(event, now)
      case 'removed':
        for (const address of event.addresses) this.#contests.delete(address)
        return NOTHING
      case 'ring':
        if (!event.isWhole) this.#calmAt = Number.POSITIVE_INFINITY
        else if (this.#calmAt === Number.POSITIVE_INFINITY) this.#calmAt = now + CALM_AFTER_MS
        return NOTHING
      case 'mistaken':
        if (this.#calmAt !== Number.POSITIVE_INFINITY) this.#calmAt = now + CALM_AFTER_MS
        return NOTHING
      case 'tick':
        return this.#tick(now)
    }
  }

  #claim(claim: Claim, now: number): readonly ConflictEffect[] {
    const contest = this.#contestOf(claim.entry.address.text)
    this.#challenge(contest, claim.link.index, now)
    const known = contest.claimants.get(claim.mac)
    // The first ones stay: they are the likelier to be real.
    if (!known && contest.claimants.size >= CLAIMANTS_MAX) return NOTHING
    const claimant = known ?? new Claimant(claim, now)
    contest.claimants.set(claim.mac, claimant)
    const isDue = claimant.hear(claim, now)
    const effects = isDue ? [tell(claimant, now)] : NOTHING
    this.#wakeAt(claimant.lookAt)
    return effects
  }

  #challenge(contest: Contest, index: number, now: number): void {
    contest.index = index
    if (contest.defendAt !== Number.POSITIVE_INFINITY) return
    contest.defendAt = Math.max(now + DEFEND_AFTER_MS, contest.defendedAt + DEFEND_MS)
    this.#wakeAt(contest.defendAt)
  }

  #tick(now: number): readonly ConflictEffect[] {
    if (now < this.#nextAt) return NOTHING
    this.#nextAt = Number.POSITIVE_INFINITY
    const effects: ConflictEffect[] = []
    for (const [address, contest] of this.#contests) {
      if (now >= contest.defendAt) {
        contest.defendedAt = now
        contest.defendAt = Number.POSITIVE_INFINITY
        effects.push({ kind: 'defend', address, index: contest.index })
      }
      for (const claimant of contest.claimants.values()) {
        this.#look(contest, claimant, now, effects)
      }
      if (contest.claimants.size === 0) this.#contests.delete(address)
      else this.#wakeAt(contest.defendAt)
    }
    return effects
  }

  #look({ claimants }: Contest, claimant: Claimant, now: number, effects: ConflictEffect[]): void {
    const { claim } = claimant
    if (now >= claimant.heardAt + QUIET_MS) {
      claimants.delete(claim.mac)
      if (claimant.isTold) effects.push({ ...claim, kind: 'over' })
      return
    }
    if (now >= claimant.lookAt) {
      const verdict = claimant.judge(now, { isCalm: now >= this.#calmAt })
      if (verdict === 'tell') effects.push(tell(claimant, now))
      else
        effects.push({ kind: 'probe', address: claim.entry.address.text, index: claim.link.index })
    }
    this.#wakeAt(Math.min(claimant.lookAt, claimant.heardAt + QUIET_MS))
  }

  #contestOf(address: string): Contest {
    const contest = this.#contests.get(address) ?? {
      claimants: new Map<Mac, Claimant>(),
      index: 0,
      defendAt: Number.POSITIVE_INFINITY,
      defendedAt: Number.NEGATIVE_INFINITY,
    }
    this.#contests.delete(address)
    this.#contests.set(address, contest)
    if (this.#contests.size > CONTESTS_MAX) {
      this.#contests.delete(this.#contests.keys().next().value!)
    }
    return contest
  }

  #wakeAt(at: number): void {
    this.#nextAt = Math.min(this.#nextAt, at)
  }
}

const tell = (claimant: Claimant, now: number): ConflictEffect => ({
  ...claimant.claim,
  kind: 'tell',
  claims: claimant.tell(now),
})
