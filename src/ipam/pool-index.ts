// The pools by name, by the addresses they hold and by who may use them. Built once for a list of
// pools; a pass over many Services asks it for each.

import { matchesAny } from '../api/selector.ts'
import type { Pinning, Pool } from '../config/config.ts'
import type { Address } from '../net/address.ts'
import { lastBits } from '../net/prefix.ts'
import { type Capacity, capacityOf, isBuggy } from './capacity.ts'
import type { Request } from './request.ts'

interface Span {
  readonly first: bigint
  readonly last: bigint
  readonly pool: Pool
}

export interface PoolIndex {
  readonly byName: ReadonlyMap<string, Pool>
  /** Sorted and disjoint, by family. */
  readonly spans: { readonly 4: readonly Span[]; readonly 6: readonly Span[] }
  readonly capacity: ReadonlyMap<string, Capacity>
  /** Pools for automatic use: pinned ones by priority, then those open to all; then by name. */
  readonly automatic: readonly Pool[]
}

export function indexPools(pools: readonly Pool[]): PoolIndex {
  const spans: { 4: Span[]; 6: Span[] } = { 4: [], 6: [] }
  for (const pool of pools) {
    for (const { prefixes } of pool.blocks) {
      const [first, last] = [prefixes[0]!, prefixes.at(-1)!]
      spans[first.family].push({ first: first.bits, last: lastBits(last), pool })
    }
  }
  for (const list of [spans[4], spans[6]]) list.sort((a, b) => (a.first < b.first ? -1 : 1))
  return {
    byName: new Map(pools.map((pool) => [pool.name, pool])),
    spans,
    capacity: new Map(pools.map((pool) => [pool.name, capacityOf(pool)])),
    automatic: pools.filter((pool) => pool.autoAssign).sort(byStanding),
  }
}

/** Pools of equal standing: any of them will do. */
export const standingOf = ({ pinned }: Pool): number => {
  if (!pinned) return Number.POSITIVE_INFINITY
  return pinned.priority > 0 ? pinned.priority : Number.MAX_SAFE_INTEGER
}

function byStanding(a: Pool, b: Pool): number {
  const [x, y] = [standingOf(a), standingOf(b)]
  if (x !== y) return x < y ? -1 : 1
  return a.name < b.name ? -1 : 1
}

/** The pool that holds an address; one it avoids is not held. */
export function poolOf(index: PoolIndex, at: Address): Pool | undefined {
  const spans = index.spans[at.family]
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (spans[middle]!.last < at.bits) low = middle + 1
    else high = middle
  }
  const span = spans[low]
  if (!span || span.first > at.bits) return undefined
  return span.pool.avoidBuggyIPs && isBuggy(at) ? undefined : span.pool
}

/** The one pool that holds all of them. */
export function poolOfAll(index: PoolIndex, addresses: readonly Address[]): Pool | undefined {
  const [first, ...rest] = addresses
  const pool = first && poolOf(index, first)
  return pool && rest.every((at) => poolOf(index, at) === pool) ? pool : undefined
}

export type Misfit = 'namespaceNotSelected' | 'serviceNotSelected'

/** Whether a pinned pool is for this Service. Asking for it by name does not change that. */
export function whyNotFor(
  pool: { readonly pinned?: Pinning },
  request: Pick<Request, 'namespace' | 'labels'>,
): Misfit | undefined {
  const { pinned } = pool
  if (pinned?.namespaces && !pinned.namespaces.has(request.namespace)) return 'namespaceNotSelected'
  if (pinned && !matchesAny(pinned.serviceSelectors, request.labels)) return 'serviceNotSelected'
  return undefined
}
