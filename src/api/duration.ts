// Go's duration syntax (`90s`, `1m30s`, `1.5h`), as every time in the API is written. Our own: the
// grammar must equal Go's, signs and fractions included, and no package has it.

const UNIT_NS = new Map<string, number>([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
])

/** What Go's parser takes, in words that Go's, CEL's and our regular expressions share. */
export const DURATION = '^[+-]?(0|(([0-9]+[.]?[0-9]*|[.][0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$'
const WHOLE = new RegExp(DURATION)
// Escaped: one letter beyond Latin-1 in a pattern, and node keeps its whole bundle in two bytes a letter.
const NUMBERS = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g

/** Text to seconds, or undefined when it is no duration. A bare `0` is one, a bare `90` is not. */
export function parseDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined
  const sign = text.startsWith('-') ? -1 : 1
  let ns = 0
  for (const [, count, unit] of text.matchAll(NUMBERS)) {
    ns += Number(count) * UNIT_NS.get(unit!)!
  }
  // -0 would print as 0 and equal nothing.
  return ns > 9.2e18 ? undefined : ns === 0 ? 0 : (sign * ns) / 1e9
}

/** Seconds to Go's canonical text: 90 → `1m30s`, 0.3 → `300ms`, 0 → `0s`. */
export function printDuration(seconds: number): string {
  const sign = seconds < 0 ? '-' : ''
  const ns = Math.round(Math.abs(seconds) * 1e9)
  if (ns === 0) return '0s'
  if (ns < 1e9) {
    const [unit, size] = ns < 1e3 ? ['ns', 1] : ns < 1e6 ? ['µs', 1e3] : ['ms', 1e6]
    return `${sign}${ns / Number(size)}${unit}`
  }
  const hours = Math.floor(ns / 3600e9)
  const minutes = Math.floor((ns % 3600e9) / 60e9)
  const rest = (ns % 60e9) / 1e9
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours + minutes > 0 ? `${minutes}m` : ''}${rest}s`
}
