// Whom to join, and when. The addresses come from outside, without our own; whoever of them is not a member is asked for
// its table, a few at a time: the first answer names most of the others. Also the only way by which
// halves of a ring that forgot each other become one again.
interface Seed {
  readonly address: string
  failures: number
  dueAt: number
  isAsked: boolean
  wasMember: boolean
}

/** Enough that one dead address holds up nothing; few, for a table may be large. */
const ASKED_MAX = 4
const FIRST_MS = 1_000
/** MetalLB joins at this pace, whatever came of the last time. */
const MAX_MS = 60_000
/** A cable that is back is no way yet: a switch may need a moment, or seconds, until it forwards. */
const HURRY_AFTER_MS = [0, 250, 500, 1_000, 3_000, 10_000]
/** Whoever was a member until now is restarting or dead; both take a moment to be worth a question. */
const LOST_MS = 5_000

export class Seeds {
  readonly #random: () => number
  /** When all are to be asked anew. */
  #hurries: readonly number[] = []
  /**
   * Somebody has our table. Before that even a member is asked: one that takes us for who we were before
   * we were started anew tells us of itself, and never asks.
   */
  #hasMet = false
  #seeds = new Map<string, Seed>()

  constructor(random: () => number) {
    this.#random = random
  }

  /** These and no others. What is known of those that stay is kept. */
  set(addresses: readonly string[], now: number): void {
    const fresh = (address: string): Seed => ({
      ...{ address, failures: 0, dueAt: now, isAsked: false, wasMember: false },
    })
    this.#seeds = new Map(
      addresses.map((address) => [address, this.#seeds.get(address) ?? fresh(address)]),
    )
  }

  /** Whom to ask now. Each has to be reported as `answered` or `failed`. */
  take(members: ReadonlySet<string>, now: number): string[] {
    this.#note(members, now)
    if (this.#isHurryDue(now)) this.#forgetQuestions(now)
    const due = [...this.#waiting(members)].filter(({ dueAt }) => dueAt <= now)
    const taken = this.#shuffled(due).slice(0, this.#room())
    for (const seed of taken) seed.isAsked = true
    return taken.map(({ address }) => address)
  }

  /** When to take again, at the latest; at each report, and when the members change, as well. */
  nextAt(members: ReadonlySet<string>): number {
    const isLost = this.#seeds.keys().some((address) => !members.has(address))
    let at = (isLost ? this.#hurries[0] : undefined) ?? Number.POSITIVE_INFINITY
    if (this.#room() === 0) return at
    for (const { dueAt } of this.#waiting(members)) at = Math.min(at, dueAt)
    return at
  }

  /** It may still not be a member: then it refused our table, or is known under another address. */
  answered(address: string, now: number): void {
    this.#hasMet = true
    this.#settle(address, (seed) => {
      seed.failures = 0
      seed.dueAt = now + MAX_MS
    })
  }

  /** All who are no members, at once: what came of it before says nothing of a network that is back. */
  hurry(now: number): void {
    this.#hurries = HURRY_AFTER_MS.map((ms) => now + ms)
  }

  failed(address: string, now: number): void {
    this.#settle(address, (seed) => {
      const delayMs = Math.min(MAX_MS, FIRST_MS * 2 ** seed.failures)
      seed.failures = Math.min(30, seed.failures + 1)
      seed.dueAt = now + this.#scattered(delayMs)
    })
  }

  #isHurryDue(now: number): boolean {
    const left = this.#hurries.filter((at) => at > now)
    const isDue = left.length < this.#hurries.length
    this.#hurries = left
    return isDue
  }

  /** One that is under way may wait for a cable that was pulled when it began. */
  #forgetQuestions(now: number): void {
    for (const seed of this.#seeds.values()) {
      Object.assign(seed, { failures: 0, dueAt: now, isAsked: false })
    }
  }

  #settle(address: string, settle: (seed: Seed) => void): void {
    const seed = this.#seeds.get(address)
    if (!seed) return
    seed.isAsked = false
    settle(seed)
  }

  #room(): number {
    const asked = this.#seeds.values().filter(({ isAsked }) => isAsked)
    return Math.max(0, ASKED_MAX - [...asked].length)
  }

  #note(members: ReadonlySet<string>, now: number): void {
    for (const seed of this.#seeds.values()) {
      const isMember = members.has(seed.address)
      if (seed.wasMember && !isMember) seed.dueAt = now + this.#scattered(LOST_MS)
      if (isMember && !seed.wasMember) seed.failures = 0
      seed.wasMember = isMember
    }
  }

  #waiting(members: ReadonlySet<string>): IteratorObject<Seed> {
    const isOpen = (address: string) => !this.#hasMet || !members.has(address)
    return this.#seeds.values().filter(({ address, isAsked }) => !isAsked && isOpen(address))
  }

  /** All lost the same one at the same moment. */
  #scattered(ms: number): number {
    return ms * (0.5 + this.#random() / 2)
  }

  #shuffled(seeds: readonly Seed[]): readonly Seed[] {
    return seeds
      .map((seed) => ({ seed, at: this.#random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ seed }) => seed)
  }
}
