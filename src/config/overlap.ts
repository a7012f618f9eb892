// Address blocks that must not overlap, kept as sorted disjoint intervals: one binary search
// answers for a new block, so a thousand pools cost a thousand searches.
import type { AddressBlock } from '../api/address-block.ts'
import { lastBits } from '../net/prefix.ts'

interface Interval {
  readonly first: bigint
  readonly last: bigint
  readonly block: AddressBlock
  readonly owner: string
}

export interface BlockIndex {
  readonly 4: Interval[]
  readonly 6: Interval[]
}

export const emptyBlockIndex = (): BlockIndex => ({ 4: [], 6: [] })

/** The block that stands where this one wants to be; undefined when the place is free. */
export function findOverlap(index: BlockIndex, block: AddressBlock): Interval | undefined {
  const { family, first, last } = spanOf(block)
  const next = index[family][placeOf(index[family], first)]
  if (next && next.first <= last) return next
  return undefined
}

/** For a block that `findOverlap` found free. */
export function insertBlock(index: BlockIndex, block: AddressBlock, owner: string): void {
  const { family, first, last } = spanOf(block)
  index[family].splice(placeOf(index[family], first), 0, { first, last, block, owner })
}

/** Position of the first interval that ends at or after `at`. */
function placeOf(intervals: readonly Interval[], at: bigint): number {
  let low = 0
  let high = intervals.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (intervals[middle]!.last < at) low = middle + 1
    else high = middle
  }
  return low
}

/** A block has no gaps: its first and last prefix say all. */
function spanOf({ prefixes }: AddressBlock) {
  const first = prefixes[0]!
  return { family: first.family, first: first.bits, last: lastBits(prefixes.at(-1)!) }
}
