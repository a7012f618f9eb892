// How long a suspicion runs before it is believed: the more members say the same on their own, the
// shorter. One suspicion as a value; who is suspected, and what follows, is rules.ts.
import { type SuspicionBounds, suspicionMs } from './timing.ts'

export interface Suspicion {
  readonly bounds: SuspicionBounds
  startedAt: number
  /** All accusers; the first is not a confirmation. */
  readonly accusers: Set<string>
}

export const openSuspicion = (bounds: SuspicionBounds, from: string, now: number): Suspicion => ({
  bounds,
  startedAt: now,
  accusers: new Set([from]),
})

export const deathAt = ({ bounds, startedAt, accusers }: Suspicion): number =>
  startedAt + suspicionMs(bounds, accusers.size - 1)

/** Whether this accuser made a difference. */
export function confirm({ bounds, accusers }: Suspicion, from: string): boolean {
  if (accusers.has(from) || accusers.size - 1 >= bounds.wanted) return false
  accusers.add(from)
  return true
}
