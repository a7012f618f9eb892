// An advertisement may announce more than one address at a time, but never more than what its
// pool owns: the roll-up prefix must fit into the pool.
import type { AddressBlock } from '../api/address-block.ts'
import type { BgpAd } from './config.ts'

type Lengths = Pick<BgpAd, 'aggregationLength' | 'aggregationLengthV6'>

export interface AggregationError {
  readonly message: string
  /** Of the advertisement. */
  readonly field: 'aggregationLength' | 'aggregationLengthV6'
  /** Index into the pool's addresses. */
  readonly block: number
}

/**
 * One error for each block that has no prefix as large as the roll-up. A range counts by its
 * largest prefix: what it rolls up at its ragged ends is the user's to answer for.
 */
export function wrongAggregation(ad: Lengths, blocks: readonly AddressBlock[]): AggregationError[] {
  if (ad.aggregationLength === 32 && ad.aggregationLengthV6 === 128) return []
  return blocks.flatMap((block, index) => {
    const field = block.prefixes[0]?.family === 4 ? 'aggregationLength' : 'aggregationLengthV6'
    const largest = Math.min(...block.prefixes.map((prefix) => prefix.length))
    if (ad[field] >= largest) return []
    const message = `invalid aggregation length ${ad[field]}: prefix ${largest} in this pool is more specific than the aggregation length for addresses ${block.text}`
    return [{ message, field, block: index }]
  })
}
