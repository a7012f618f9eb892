// The conflicts that stand, for status and metrics: told once, told again, over. Bounded, as a LAN on
// which somebody makes up hardware addresses has no end of them.
import type { L2Conflict } from './orders.ts'

const CONFLICTS_MAX = 256

export class StandingConflicts {
  readonly #byKey = new Map<string, L2Conflict>()

  list(): L2Conflict[] {
    return [...this.#byKey.values()]
  }

  put(conflict: L2Conflict): void {
    const key = keyOf(conflict)
    this.#byKey.delete(key)
    this.#byKey.set(key, conflict)
    if (this.#byKey.size > CONFLICTS_MAX) this.#byKey.delete(this.#byKey.keys().next().value!)
  }

  end(conflict: L2Conflict): void {
    this.#byKey.delete(keyOf(conflict))
  }

  /** We do not answer for it any longer: then it is nobody's conflict. */
  endAddress(address: string): void {
    for (const [key, conflict] of this.#byKey) {
      if (conflict.address === address) this.#byKey.delete(key)
    }
  }
}

const keyOf = (conflict: L2Conflict) => `${conflict.address} ${conflict.interface} ${conflict.mac}`
