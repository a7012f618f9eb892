// CIDR prefixes and address ranges, IPv4 and IPv6 alike: parse, order, contain, split.
// Ranges become the smallest list of prefixes, so everything behind this file knows only prefixes.
import { type Address, addressOf, type Family, parseAddress, widthOf } from './address.ts'

export interface Prefix {
  readonly family: Family
  /** The network address; host bits are zero. */
  readonly bits: bigint
  readonly length: number
  /** Canonical, e.g. `10.0.0.0/24`. Equal prefixes have equal text. */
  readonly text: string
}

/** `10.1.2.3/24` → 10.1.2.0/24: host bits are masked off. Undefined when it is no CIDR. */
export function parseCidr(text: string): Prefix | undefined {
  const match = /^([^/]+)\/([0-9]{1,3})$/.exec(text)
  if (!match) return undefined
  const given = match[1]!
  const at = parseAddress(given)
  if (!at) return undefined
  // Go folds a v4-mapped CIDR into IPv4: ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const mapped = at.family === 4 && given.includes(':')
  const length = Number(match[2]) - (mapped ? 96 : 0)
  if (length < 0 || length > widthOf(at.family)) return undefined
  return prefixOf(at.family, at.bits, length)
}

/** For text known to be good (tests, constants). Throws on anything else. */
export function prefix(text: string): Prefix {
  const parsed = parseCidr(text)
  if (!parsed) throw new Error(`"${text}" is not a CIDR prefix`)
  return parsed
}

export function prefixOf(family: Family, bits: bigint, length: number): Prefix {
  const host = BigInt(widthOf(family) - length)
  const network = (bits >> host) << host
  return { family, bits: network, length, text: `${addressOf(family, network).text}/${length}` }
}

/** The prefix of this length around an address: what an aggregation length announces. */
export function prefixAround(at: Address, length: number): Prefix {
  // The common case, a host route, needs no arithmetic.
  if (length === widthOf(at.family)) {
    return { family: at.family, bits: at.bits, length, text: `${at.text}/${length}` }
  }
  return prefixOf(at.family, at.bits, length)
}

export const lastBits = (p: Prefix): bigint =>
  p.bits | ((1n << BigInt(widthOf(p.family) - p.length)) - 1n)

export function contains(p: Prefix, at: Address): boolean {
  return p.family === at.family && at.bits >= p.bits && at.bits <= lastBits(p)
}

/** Two prefixes overlap exactly when one contains the other. */
export function overlaps(a: Prefix, b: Prefix): boolean {
  if (a.family !== b.family) return false
  const [wide, narrow] = a.length <= b.length ? [a, b] : [b, a]
  return narrow.bits >= wide.bits && narrow.bits <= lastBits(wide)
}

/** Order: IPv4 before IPv6, by network address, shorter prefix first. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  if (a.family !== b.family) return a.family - b.family
  if (a.bits !== b.bits) return a.bits < b.bits ? -1 : 1
  return a.length - b.length
}

/** The ascending, minimal list of prefixes that covers first..last (both included, one family). */
export function prefixesOfRange(first: Address, last: Address): Prefix[] {
  const width = widthOf(first.family)
  const prefixes: Prefix[] = []
  let at = first.bits
  while (at <= last.bits) {
    let host = 0
    // Grow the block while it stays aligned and inside the range.
    while (host < width && (at & ((1n << BigInt(host + 1)) - 1n)) === 0n) {
      if (at + (1n << BigInt(host + 1)) - 1n > last.bits) break
      host++
    }
    prefixes.push(prefixOf(first.family, at, width - host))
    at += 1n << BigInt(host)
  }
  return prefixes
}
