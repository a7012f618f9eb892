// Which interfaces wait before they answer again. When a cable is back, a node that was cut off takes
// itself for the only one, and every address for its own, until the gossip has told it otherwise: an
// answer or a burst until then would send the neighbours astray. Whoever missed nobody meanwhile does not
// wait, and neither does an interface that is new. To announce everything anew waits for the same reason:
// a node that others took for dead may have taken them for dead, too.
import type { Links } from './links.ts'
import type { Link } from './table.ts'

/** So long the gossip may need to find the others again. */
export const RETURN_MS = 1_000

export interface Admitted {
  readonly answering: readonly Link[]
  readonly isOneBack: boolean
  /** All is to be announced anew. */
  readonly isAnew: boolean
}

export class Returns {
  #isWhole = false
  #answering: ReadonlySet<number> = new Set()
  /** Indexes of those that answered once, do not now, and still exist. */
  #lost: ReadonlySet<number> = new Set()
  /** By index: until when. */
  readonly #waiting = new Map<number, number>()
  /** When all is to be announced anew. */
  #anewAt = Number.POSITIVE_INFINITY

  /** Are all nodes there that could answer in our place? Before it is told: no. */
  setRing(isWhole: boolean): void {
    this.#isWhole = isWhole
    if (!isWhole) return
    this.#waiting.clear()
    if (this.#anewAt !== Number.POSITIVE_INFINITY) this.#anewAt = Number.NEGATIVE_INFINITY
  }

  /** Others may have had what is ours: once it is known what is. */
  wishAnew(now: number): void {
    this.#anewAt = Math.min(this.#anewAt, this.#isWhole ? now : now + RETURN_MS)
  }

  /** Those that may answer now, whether one of them is just back, and whether to announce all anew. */
  admit({ seen, answering }: Pick<Links, 'seen' | 'answering'>, now: number): Admitted {
    const there = new Set(seen.map(({ index }) => index))
    const present = new Set(answering.map(({ index }) => index))
    const back = this.#lost.intersection(present)
    for (const index of back) {
      if (!this.#isWhole) this.#waiting.set(index, now + RETURN_MS)
    }
    for (const [index, until] of this.#waiting) {
      if (now >= until || !present.has(index)) this.#waiting.delete(index)
    }
    this.#lost = this.#lost.union(this.#answering).intersection(there).difference(present)
    this.#answering = present
    const admitted = answering.filter(({ index }) => !this.#waiting.has(index))
    const isAnew = now >= this.#anewAt
    if (isAnew) this.#anewAt = Number.POSITIVE_INFINITY
    return { answering: admitted, isOneBack: back.size > 0, isAnew }
  }

  /** When to ask again; `Infinity`: not before something happens. */
  nextAt(): number {
    return Math.min(this.#anewAt, ...this.#waiting.values())
  }
}
