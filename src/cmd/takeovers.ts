// Services on layer 2 that this node took over from another one. What the other's ServiceL2Status says is
// true no more, and a dead node cannot take it back.
import { setTimeout as pause } from 'node:timers/promises'
import type { Source } from '../kube/source.ts'
import type { SpeakerPlan } from '../reconciler/speaker.ts'

/** An API server that can be reached answers within that. */
const PROMPT_MS = 1_000
/** After it, who lives has met. */
const REUNION_MS = 2_000

export interface TakeoversOptions {
  readonly node: string
  readonly source: Pick<Source, 'removeRivals'>
  /** Others go by these statuses: ownership is sticky, or spread. */
  readonly areDecisive: boolean
  readonly delay?: (ms: number) => Promise<unknown>
  readonly clock?: () => number
}

type Planned = Pick<SpeakerPlan, 'l2' | 'services'>

export class Takeovers {
  readonly #options: TakeoversOptions
  /** Services that another node may still claim to answer for. */
  readonly #claimed = new Set<string>()
  /** Since when one of them has been answered for, and that is not written yet. */
  #since: number | undefined

  constructor(options: TakeoversOptions) {
    this.#options = options
  }

  /** `plan` is in force from now on, `before` was. */
  note(plan: Planned, before: Planned | undefined): void {
    for (const key of takenOverIn(plan, before)) {
      this.#claimed.add(key)
      this.#since ??= this.#now()
    }
  }

  /** Our own statuses are written. `plan` tells which Services are ours when it comes to it. */
  async settle(kind: string, plan: () => Planned | undefined): Promise<void> {
    const { areDecisive, delay = pause, source, node } = this.#options
    const lateMs = this.#now() - (this.#since ?? Number.POSITIVE_INFINITY)
    this.#since = undefined
    // This node may be the one that was cut off. The gossip gets the time to tell it who lives, before
    // it takes from them what others go by.
    if (areDecisive && lateMs > PROMPT_MS) await delay(REUNION_MS)
    const claimed = [...this.#claimed]
    const ours = new Set(plan()?.l2?.statuses.map(({ service }) => service))
    const services = new Set(claimed.filter((key) => ours.has(key)))
    if (services.size > 0) await source.removeRivals(kind, { node, services })
    for (const key of claimed) this.#claimed.delete(key)
  }

  #now(): number {
    const { clock = performance.now.bind(performance) } = this.#options
    return clock()
  }
}

/** Of the Services that are answered for now, those that another node had; at the start, all. */
function takenOverIn({ l2 }: Planned, before: Planned | undefined): string[] {
  const now = (l2?.statuses ?? []).map(({ service }) => service)
  if (!before) return now
  const others = before.services.flatMap(({ key, l2: last }) =>
    last && !last.announce && last.owner !== undefined ? [key] : [],
  )
  return [...new Set(others).intersection(new Set(now))]
}
