// Why sessions are down, in FRR's words: asked of FRR once for each time that one goes down, and kept.
import type { Counters } from '../frr/observer.ts'
import { type PeerSession, placeKey } from '../reconciler/sessions.ts'

export const NO_COUNTERS: Counters = { sessions: [], bfd: [] }

export class SessionResets {
  readonly #counters: () => Promise<Counters>
  /** Place → how often it had gone down when FRR was asked. */
  readonly #asked = new Map<string, number>()
  #resets: ReadonlyMap<string, string> = new Map()
  #question: Promise<void> | undefined
  #dirty: () => void = () => {}

  constructor(counters: () => Promise<Counters>) {
    this.#counters = counters
  }

  onChange(dirty: () => void): void {
    this.#dirty = dirty
  }

  /** By place, as far as FRR has answered; the very same until it answers again. */
  of(sessions: readonly PeerSession[]): ReadonlyMap<string, string> {
    const down = sessions.filter(({ isUp, dropped }) => !isUp && dropped > 0)
    const isNew = (one: PeerSession) => this.#asked.get(placeKey(one)) !== one.dropped
    if (!this.#question && down.some(isNew)) {
      // Sessions that are gone are forgotten.
      this.#asked.clear()
      for (const one of down) this.#asked.set(placeKey(one), one.dropped)
      this.#question = this.#ask()
    }
    return this.#resets
  }

  async #ask(): Promise<void> {
    const { sessions } = await this.#counters()
    this.#resets = new Map(sessions.map((one) => [placeKey(one), one.lastReset]))
    this.#question = undefined
    this.#dirty()
  }
}
