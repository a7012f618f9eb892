// A node that was called dead and said at once that it lives was accused wrongly: for a while only the
// slow, careful way may accuse it. Every member sees the same two messages, so all hold alike.
//
// Who comes back later than that was really away; it is watched as before. So is a speaker that crashed
// and was started anew: it begins with the seconds of the clock as its incarnation, and whoever refutes
// goes one above what was said of it. A speaker that crashes again within those few seconds is held, as
// one that flaps is.

/** More than refutations can add up to between a death and the return from it. */
const NEW_LIFE_MIN = 5
const REFUTED_WITHIN_MS = 5_000
const FIRST_MS = 60_000
const MAX_MS = 600_000

export interface Hold {
  readonly until: number
  readonly forMs: number
}

export interface Return {
  /** What it had before. */
  readonly hold: Hold | undefined
  /** When it was called dead. */
  readonly deadSince: number
  /** What was called dead, and what came back. */
  readonly accused: number
  readonly incarnation: number
}

/** Whether what came back is what was called dead, and did not start anew. */
export const isSameLife = ({ accused, incarnation }: Pick<Return, 'accused' | 'incarnation'>) =>
  incarnation - accused < NEW_LIFE_MIN

export function holdOf(
  { hold, deadSince, accused, incarnation }: Return,
  now: number,
): Hold | undefined {
  if (now - deadSince > REFUTED_WITHIN_MS || !isSameLife({ accused, incarnation })) return hold
  // Good for ten minutes after the last hold ended: forgiven.
  const isRepeated = hold !== undefined && now - hold.until <= MAX_MS
  const forMs = isRepeated ? Math.min(MAX_MS, hold.forMs * 2) : FIRST_MS
  return { until: now + forMs, forMs }
}
