// Another machine says that an address of ours is its own: whom to tell, and when to defend. A move from
// node to node looks the same for a moment, from both sides, and is no reason for an alarm:
//
//   we begin to answer ─ 2 s ─▶ the owner before us may still speak: not a claim
//   a claim ─ 0.5 s ─▶ we may be the owner before: defended only if the address is still ours by then
//           ─ 2 s ─▶ told only if it was claimed again meanwhile, or as soon as it is claimed again
//
// A node that was cut off takes every address for its own. When it is back it claims them all, once, and
// finds out. Nobody has to be told of that; but whoever heard it has to hear the owner.
//
// Changed in place: a flood of claims must cost as little as one of requests.
import type { Mac } from './mac.ts'
import type { Entry, Link } from './table.ts'

export const TAKEOVER_MS = 2_000
export const SETTLE_MS = 2_000
/** As long as two nodes may need to agree on a move; as short as somebody may be misled. */
export const DEFEND_AFTER_MS = 500
/** Claims of one burst are one claim. */
export const LASTING_MS = 1_000
export const TELL_AGAIN_MS = 60_000
/** RFC 5227 §2.4 (c): who never gives the address up defends it no more often. */
export const DEFEND_MS = 10_000
/** So long unheard, it is over. Longer than an ARP cache lives, as such a machine speaks when it asks. */
export const QUIET_MS = 180_000
/** Bounds for a LAN on which somebody makes up hardware addresses. */
export const CONTESTS_MAX = 256
export const CLAIMANTS_MAX = 8

export interface Claim {
  readonly entry: Entry
  readonly link: Link
  readonly mac: Mac
}

export type ConflictEvent =
  | ({ readonly kind: 'claim' } & Claim)
  /** We do not answer for these any longer. */
  | { readonly kind: 'removed'; readonly addresses: Iterable<string> }
  | { readonly kind: 'tick' }

export type ConflictEffect =
  /** The first time, or again. `claims`: so often since the last time. */
  | ({ readonly kind: 'tell'; readonly claims: number } & Claim)
  | { readonly kind: 'defend'; readonly address: string; readonly index: number }
  /** It was told, and is over: unheard for long. */
  | ({ readonly kind: 'over' } & Claim)

export interface ConflictStep {
  readonly effects: readonly ConflictEffect[]
  /** When the next tick is due; `Infinity`: not before something happens. */
  readonly nextAt: number
}

interface Claimant {
  claim: Claim
  claims: number
  readonly sinceMs: number
  heardAt: number
  /** When to see whether it lasts; `Infinity`: that has been seen. */
  tellAt: number
  toldAt: number | undefined
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

  step(event: ConflictEvent, now: number): ConflictStep {
    switch (event.kind) {
      case 'claim':
        return { effects: this.#claim(event, now), nextAt: this.#nextAt }
      case 'removed':
        for (const address of event.addresses) this.#contests.delete(address)
        return { effects: NOTHING, nextAt: this.#nextAt }
      case 'tick':
        return { effects: this.#tick(now), nextAt: this.#nextAt }
    }
  }

  #claim({ entry, link, mac }: Claim, now: number): readonly ConflictEffect[] {
    if (now < entry.sinceMs + TAKEOVER_MS) return NOTHING
    const contest = this.#contestOf(entry.address.text)
    this.#challenge(contest, link, now)
    const claimant = contest.claimants.get(mac)
    if (!claimant) {
      // The first ones stay: they are the likelier to be real.
      if (contest.claimants.size >= CLAIMANTS_MAX) return NOTHING
      const times = { sinceMs: now, heardAt: now, tellAt: now + SETTLE_MS, toldAt: undefined }
      contest.claimants.set(mac, { claim: { entry, link, mac }, claims: 1, ...times })
      this.#wakeAt(now + SETTLE_MS)
      return NOTHING
    }
    claimant.claims += 1
    claimant.heardAt = now
    if (claimant.claim.entry !== entry || claimant.claim.link !== link) {
      claimant.claim = { entry, link, mac }
    }
    return isDue(claimant, now) ? [tell(claimant, now)] : NOTHING
  }

  #challenge(contest: Contest, { index }: Link, now: number): void {
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
    const { claim, sinceMs, heardAt } = claimant
    if (now >= claimant.tellAt) {
      claimant.tellAt = Number.POSITIVE_INFINITY
      if (heardAt >= sinceMs + LASTING_MS) effects.push(tell(claimant, now))
    }
    if (now < heardAt + QUIET_MS) {
      this.#wakeAt(Math.min(claimant.tellAt, heardAt + QUIET_MS))
      return
    }
    claimants.delete(claim.mac)
    if (claimant.toldAt !== undefined) effects.push({ kind: 'over', ...claim })
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

/** It was seen to come once only and comes again, or it is time to tell again. */
function isDue({ tellAt, toldAt }: Claimant, now: number): boolean {
  if (tellAt !== Number.POSITIVE_INFINITY) return false
  return toldAt === undefined || now >= toldAt + TELL_AGAIN_MS
}

function tell(claimant: Claimant, now: number): ConflictEffect {
  const { claim, claims } = claimant
  claimant.claims = 0
  claimant.toldAt = now
  return { kind: 'tell', claims, ...claim }
}
