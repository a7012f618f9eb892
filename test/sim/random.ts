// Randomness from a seed: the same seed gives the same run, on every machine.

export interface Random {
  /** From 0 to 1, 1 not included. */
  readonly next: () => number
  readonly between: (low: number, high: number) => number
  readonly whole: (low: number, high: number) => number
  readonly chance: (of: number) => boolean
  readonly oneOf: <T>(from: readonly T[]) => T
}

/** Mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (low: number, high: number) => low + next() * (high - low)
  const whole = (low: number, high: number) => Math.floor(between(low, high + 1))
  return {
    ...{ next, between, whole },
    chance: (of) => next() < of,
    oneOf: (from) => from[Math.floor(next() * from.length)]!,
  }
}
