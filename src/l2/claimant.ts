// One machine that says an address of ours is its own: what was heard of it, and what is known of it.
//
//   held ──0.85 s──▶ told                              all other nodes are there
//                └─▶ asked ──it claims again──▶ told
//                          └─10 s later──▶ held        the next time it claims; the third time: told
//
// Changed in place, as its users are.
import type { Mac } from './mac.ts'
import type { Entry, Link } from './table.ts'

/** Two nodes agree on a move in less; and from a claim to its alarm it shall be less than a second. */
export const SETTLE_MS = 850
/** After we began to answer: the owner before us may still speak. */
export const TAKEOVER_MS = 2_000
/** Claims this long after the first one are new ones: of a node that was cut off again. */
export const SERIES_MS = 10_000
/** A node of ours is not cut off so often before the first time is forgotten. */
export const SERIES_MAX = 3
/** Told again if it still claims; and asked whether it does, as it may have nothing to say by itself. */
export const TELL_AGAIN_MS = 60_000

export interface Claim {
  readonly entry: Entry
  readonly link: Link
  readonly mac: Mac
}

export class Claimant {
  claim: Claim
  heardAt: number
  /** When to judge it, or to ask whether it is still there; `Infinity`: not before it claims again. */
  lookAt = Number.POSITIVE_INFINITY
  #state: 'held' | 'asked' | 'told' = 'held'
  #claims = 0
  #series = 0
  #seriesAt = Number.NEGATIVE_INFINITY
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(claim: Claim, now: number) {
    this.claim = claim
    this.heardAt = now
  }

  get isTold(): boolean {
    return this.#state === 'told'
  }

  /** Is it to be told now? */
  hear(claim: Claim, now: number): boolean {
    this.#claims += 1
    this.heardAt = now
    // A flood of claims keeps the one that it has.
    if (this.claim.entry !== claim.entry || this.claim.link !== claim.link) this.claim = claim
    if (this.#state === 'told') return now >= this.#toldAt + TELL_AGAIN_MS
    if (now >= this.#seriesAt + SERIES_MS) {
      this.#begin(now)
      return false
    }
    return this.#state === 'asked'
  }

  /** The time has come and the address is still ours. */
  judge(now: number, { isCalm }: { readonly isCalm: boolean }): 'tell' | 'ask' {
    if (this.#state === 'told') {
      this.lookAt = now + TELL_AGAIN_MS
      return 'ask'
    }
    if (isCalm || this.#series >= SERIES_MAX) return 'tell'
    this.#state = 'asked'
    this.lookAt = Number.POSITIVE_INFINITY
    return 'ask'
  }

  /** Returns how often it claimed the address since the last time. */
  tell(now: number): number {
    const claims = this.#claims
    this.#claims = 0
    this.#state = 'told'
    this.#toldAt = now
    this.lookAt = now + TELL_AGAIN_MS
    return claims
  }

  #begin(now: number): void {
    this.#state = 'held'
    this.#series += 1
    this.#seriesAt = now
    this.lookAt = Math.max(now + SETTLE_MS, this.claim.entry.sinceMs + TAKEOVER_MS)
  }
}
