// How often to put right what somebody else keeps changing: at once the first few times, for that is
// a re-apply, then ever more slowly, for that is another writer who will not stop. Pure.

/** When we wrote lately, in order. */
export type Patience = readonly number[]

export const PATIENT: Patience = []

/** As long as this a write is remembered. */
const MEMORY_MS = 600_000
const AT_ONCE = 5
const FIRST_MS = 1_000
const MAX_MS = 120_000

export function wrote(patience: Patience, now: number): Patience {
  return [...recent(patience, now), now].slice(-2 * AT_ONCE)
}

/** 0: now. */
export function waitMs(patience: Patience, now: number): number {
  const writes = recent(patience, now)
  const last = writes.at(-1)
  if (last === undefined || writes.length < AT_ONCE) return 0
  const pause = Math.min(MAX_MS, FIRST_MS * 4 ** (writes.length - AT_ONCE))
  return Math.max(0, last + pause - now)
}

const recent = (patience: Patience, now: number) => patience.filter((at) => now - at < MEMORY_MS)
