// How many addresses a pool has. Status fields are int64, so an IPv6 pool saturates; BigInt all the
// way, because 2^63-1 does not survive a double.
import type { Pool } from '../config/config.ts'
import { type Address, type Family, widthOf } from '../net/address.ts'
import { lastBits, type Prefix } from '../net/prefix.ts'

export const MAX_COUNT = 2n ** 63n - 1n

const saturate = (count: bigint) => (count > MAX_COUNT ? MAX_COUNT : count)

export interface Capacity {
  readonly 4: bigint
  readonly 6: bigint
}

export function capacityOf(pool: Pool): Capacity {
  const count = (family: Family) => {
    const prefixes = pool.blocks.flatMap((block) => block.prefixes)
    const own = prefixes.filter((prefix) => prefix.family === family)
    return saturate(own.reduce((sum, prefix) => sum + sizeOf(prefix, pool.avoidBuggyIPs), 0n))
  }
  return { 4: count(4), 6: count(6) }
}

function sizeOf(prefix: Prefix, avoidsBuggy: boolean): bigint {
  const all = 1n << BigInt(widthOf(prefix.family) - prefix.length)
  if (!avoidsBuggy || prefix.family === 6) return all
  if (prefix.length <= 24) return all - (all >> 8n) * 2n
  const ends = new Set([prefix.bits, lastBits(prefix)])
  return all - BigInt([...ends].filter(endsBuggy).length)
}

const endsBuggy = (bits: bigint): boolean => {
  const octet = bits & 255n
  return octet === 0n || octet === 255n
}

/** Old equipment takes .0 and .255 for network and broadcast addresses whatever the prefix. */
export const isBuggy = (at: Pick<Address, 'family' | 'bits'>): boolean =>
  at.family === 4 && endsBuggy(at.bits)
