// A node that was called dead and said at once that it lives was accused wrongly: for a while only the
// slow, careful way may accuse it. Every member sees the same two messages, so all hold alike.
//
// Who comes back later than that was really away; it is watched as before.

const REFUTED_WITHIN_MS = 5_000
const FIRST_MS = 60_000
const MAX_MS = 600_000

export interface Hold {
  readonly until: number
  readonly forMs: number
}

/** `deadSince` is when it was called dead, `hold` what it had before. */
export function holdOf(hold: Hold | undefined, deadSince: number, now: number): Hold | undefined {
  if (now - deadSince > REFUTED_WITHIN_MS) return hold
  // Good for ten minutes after the last hold ended: forgiven.
  const isRepeated = hold !== undefined && now - hold.until <= MAX_MS
  const forMs = isRepeated ? Math.min(MAX_MS, hold.forMs * 2) : FIRST_MS
  return { until: now + forMs, forMs }
}
