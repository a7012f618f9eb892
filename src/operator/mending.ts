// How soon an object is put right that somebody else has changed: at once. Somebody who changes it again
// and again, another operator perhaps, is answered ever more rarely, or the two would keep the API server
// busy for ever. Pure.

export interface Mended {
  /** Without a minute of rest in between. */
  readonly times: number
  readonly at: number
}

const FREE = 5
const FIRST_MS = 1_000
const MAX_MS = 60_000
const REST_MS = 60_000

/** How long to wait still; 0: mend it now. */
export function waitMs(last: Mended | undefined, now: number): number {
  if (!last || last.times < FREE) return 0
  const pause = Math.min(MAX_MS, FIRST_MS * 2 ** (last.times - FREE))
  return Math.max(0, last.at + pause - now)
}

export function mended(last: Mended | undefined, now: number): Mended {
  const isRested = last === undefined || now - last.at > REST_MS + MAX_MS
  return { times: isRested ? 1 : last.times + 1, at: now }
}

/** Told once, when it begins to look like a contest. */
export const isContest = ({ times }: Mended): boolean => times === FREE
