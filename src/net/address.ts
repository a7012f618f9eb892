// One IP address as a number with its canonical text. Parsing follows Go's net.ParseIP, because
// everything users wrote for MetalLB was read by it: no zones, no leading zeros, v4-mapped is v4.
import { isIPv4, isIPv6 } from 'node:net'

export type Family = 4 | 6
/** Families as Kubernetes writes them in `spec.ipFamilies`. */
export type IpFamily = 'IPv4' | 'IPv6'

export interface Address {
  readonly family: Family
  readonly bits: bigint
  /** Canonical: dotted quad, or RFC 5952. Equal addresses have equal text; use it as a key. */
  readonly text: string
}

export const widthOf = (family: Family): number => (family === 4 ? 32 : 128)

/** Text to address, or undefined when it is none. `::ffff:a.b.c.d` is the IPv4 address a.b.c.d. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return addressOf(4, bitsOfV4(text))
  if (!isIPv6(text) || text.includes('%')) return undefined
  const bits = bitsOfV6(text)
  return bits >> 32n === 0xffffn ? addressOf(4, bits & 0xffffffffn) : addressOf(6, bits)
}

/** For text known to be good (tests, constants). Throws on anything else. */
export function address(text: string): Address {
  const parsed = parseAddress(text)
  if (!parsed) throw new Error(`"${text}" is not an IP address`)
  return parsed
}

export function addressOf(family: Family, bits: bigint): Address {
  return { family, bits, text: family === 4 ? textOfV4(Number(bits)) : textOfV6(bits) }
}

/** Order: IPv4 before IPv6, then by number. */
export function compareAddresses(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family
  return a.bits < b.bits ? -1 : a.bits > b.bits ? 1 : 0
}

export const sameAddresses = (a: readonly Address[], b: readonly Address[]): boolean =>
  a.length === b.length && a.every((one) => b.some((other) => other.text === one.text))

function bitsOfV4(text: string): bigint {
  let value = 0
  for (const octet of text.split('.')) value = value * 256 + Number(octet)
  return BigInt(value)
}

function bitsOfV6(text: string): bigint {
  const lastColon = text.lastIndexOf(':')
  const tail = text.slice(lastColon + 1)
  if (tail.includes('.')) {
    const v4 = bitsOfV4(tail)
    const hex = `${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`
    return bitsOfV6(text.slice(0, lastColon + 1) + hex)
  }
  const [head = '', rest] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = rest === undefined || rest === '' ? [] : rest.split(':')
  const zeros = rest === undefined ? 0 : 8 - left.length - right.length
  const groups = [...left, ...new Array<string>(zeros).fill('0'), ...right]
  return BigInt(`0x${groups.map((group) => group.padStart(4, '0')).join('')}`)
}

function textOfV4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

/** RFC 5952: lower case, the longest run of two or more zero groups becomes `::`, first one wins. */
function textOfV6(bits: bigint): string {
  const hex = bits.toString(16).padStart(32, '0')
  const groups = Array.from({ length: 8 }, (_, i) =>
    Number.parseInt(hex.slice(i * 4, i * 4 + 4), 16).toString(16),
  )
  const run = longestZeroRun(groups)
  if (run.length < 2) return groups.join(':')
  const before = groups.slice(0, run.start).join(':')
  const after = groups.slice(run.start + run.length).join(':')
  return `${before}::${after}`
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start++) {
    let end = start
    while (groups[end] === '0') end++
    if (end - start > best.length) best = { start, length: end - start }
    if (end > start) start = end
  }
  return best
}
