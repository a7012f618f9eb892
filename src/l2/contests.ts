// Runs the watch for other machines with our addresses: asks and tells of them, and defends once in a while.
import type { ConflictEffect, ConflictEvent } from './conflicts.ts'
import { Conflicts } from './conflicts.ts'
import type { Counters } from './counters.ts'
import type { GratuitousEvent } from './gratuitous.ts'
import { macText } from './mac.ts'
import type { Report } from './orders.ts'

export interface ContestOptions {
  readonly counters: Counters
  readonly report: (report: Report) => void
  readonly announce: (event: GratuitousEvent & { readonly kind: 'defend' | 'probe' }) => void
}

export class Contests implements Disposable {
  readonly #conflicts = new Conflicts()
  readonly #options: ContestOptions
  #timer: NodeJS.Timeout | undefined
  #dueAt = Number.POSITIVE_INFINITY

  constructor(options: ContestOptions) {
    this.#options = options
  }

  handle(event: ConflictEvent): void {
    const now = performance.now()
    const { effects, nextAt } = this.#conflicts.step(event, now)
    for (const effect of effects) this.#run(effect)
    // A flood of claims must not set a timer for each.
    if (nextAt === this.#dueAt) return
    this[Symbol.dispose]()
    this.#dueAt = nextAt
    if (!Number.isFinite(nextAt)) return
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, nextAt - now))
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #tick(): void {
    this.#dueAt = Number.POSITIVE_INFINITY
    this.handle({ kind: 'tick' })
  }

  #run(effect: ConflictEffect): void {
    const { counters, report, announce } = this.#options
    if (effect.kind === 'defend' || effect.kind === 'probe') {
      announce(effect)
      return
    }
    const { entry, link, mac } = effect
    const conflict = {
      address: entry.address.text,
      interface: link.name,
      mac: macText(mac),
      at: Date.now(),
    }
    if (effect.kind === 'tell') counters.addConflicts(entry.slot, effect.claims)
    report({ kind: effect.kind === 'tell' ? 'conflict' : 'conflict-over', conflict })
  }
}
