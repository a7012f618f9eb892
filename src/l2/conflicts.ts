// Another machine says that an address of ours is its own: whom to tell, and when to defend. A move from
// node to node looks the same for a moment, from both sides, and is no reason for an alarm:
//
//   we begin to answer ─ 2 s ─▶ the owner before us may still speak: not a claim
//   a claim ─ 2 s ─▶ we may be the owner before: told only if the address is still ours by then
//
// Changed in place: a flood of claims must cost as little as one of requests.
import type { Mac } from './mac.ts'
import type { Entry, Link } from './table.ts'

export const TAKEOVER_MS = 2_000
export const SETTLE_MS = 2_000
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
  heardAt: number
  /** When it is to be told; `Infinity`: it is told, and was not heard since the time was up. */
  tellAt: number
  toldAt: number | undefined
}

interface Contest {
  readonly claimants: Map<Mac, Claimant>
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
    const claimant = contest.claimants.get(mac)
    if (!claimant) {
      // The first ones stay: they are the likelier to be real.
      if (contest.claimants.size >= CLAIMANTS_MAX) return NOTHING
      const tellAt = now + SETTLE_MS
      const claim = { entry, link, mac }
      contest.claimants.set(mac, { claim, claims: 1, heardAt: now, tellAt, toldAt: undefined })
      this.#wakeAt(tellAt)
      return NOTHING
    }
    claimant.claims += 1
    claimant.heardAt = now
    if (claimant.claim.entry !== entry || claimant.claim.link !== link) {
      claimant.claim = { entry, link, mac }
    }
    if (claimant.toldAt === undefined) return NOTHING
    const effects: ConflictEffect[] = []
    if (now >= claimant.toldAt + TELL_AGAIN_MS) effects.push(tell(claimant, now))
    defend(contest, claimant, now, effects)
    return effects
  }

  #tick(now: number): readonly ConflictEffect[] {
    if (now < this.#nextAt) return NOTHING
    this.#nextAt = Number.POSITIVE_INFINITY
    const effects: ConflictEffect[] = []
    for (const [address, contest] of this.#contests) {
      for (const [mac, claimant] of contest.claimants) {
        if (now >= claimant.tellAt) {
          effects.push(tell(claimant, now))
          defend(contest, claimant, now, effects)
        }
        if (now >= claimant.heardAt + QUIET_MS) {
          contest.claimants.delete(mac)
          effects.push({ kind: 'over', ...claimant.claim })
        } else {
          this.#wakeAt(Math.min(claimant.tellAt, claimant.heardAt + QUIET_MS))
        }
      }
      if (contest.claimants.size === 0) this.#contests.delete(address)
    }
    return effects
  }

  #contestOf(address: string): Contest {
    const contest = this.#contests.get(address) ?? {
      claimants: new Map<Mac, Claimant>(),
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

function tell(claimant: Claimant, now: number): ConflictEffect {
  const { claim, claims } = claimant
  claimant.claims = 0
  claimant.toldAt = now
  claimant.tellAt = Number.POSITIVE_INFINITY
  return { kind: 'tell', claims, ...claim }
}

/** Where the claim was heard: only there is somebody misled. */
function defend(contest: Contest, { claim }: Claimant, now: number, effects: ConflictEffect[]) {
  if (now < contest.defendedAt + DEFEND_MS) return
  contest.defendedAt = now
  effects.push({ kind: 'defend', address: claim.entry.address.text, index: claim.link.index })
}
