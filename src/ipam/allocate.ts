// Service → addresses, or the reason why not. Pure choice: what it returns must be claimed in the
// ledger before the next question.
import type { Pool } from '../config/config.ts'
import type { Address, Family } from '../net/address.ts'
import { type Conflict, conflictAt, findFree, findShared, type Ledger } from './ledger.ts'
import {
  type Misfit,
  type PoolIndex,
  poolOf,
  poolOfAll,
  standingOf,
  whyNotFor,
} from './pool-index.ts'
import { type Families, familiesOf, printFamilies, type Request, sameFamilies } from './request.ts'

export type AllocationReason =
  | 'unknownFamily'
  | 'invalidRequest'
  | 'requestedFamily'
  | 'addressNotInPool'
  | 'addressesOfTwoPools'
  | 'addressInUse'
  | 'unknownPool'
  | 'otherPool'
  | 'noPoolFits'
  | PoolReason

/** Why one pool does not serve. */
export type PoolReason = Misfit | 'notAutomatic' | 'noSuchFamily' | 'exhausted' | 'onlyOneFamily'

export interface Considered {
  readonly pool: string
  readonly because: PoolReason
}

export interface Refusal {
  readonly because: AllocationReason
  /** Names and numbers that belong to the sentence. */
  readonly detail: string
  /** Where the detail may vary while the cause stays: what the cause is about. */
  readonly subject?: string
  /** Every pool that was looked at, in order. */
  readonly considered: readonly Considered[]
}

export interface Allocation {
  readonly pool: string
  /** IPv4 first. */
  readonly addresses: readonly Address[]
}

export const isAllocation = (answer: Allocation | Refusal): answer is Allocation =>
  'addresses' in answer

const refuse = (
  because: AllocationReason,
  detail = '',
  considered: readonly Considered[] = [],
): Refusal => ({ because, detail, considered })

/** Needs a subject: who is in the way may change as others come and go. */
export const inUse = ({ address: { text }, with: user, why }: Conflict) =>
  ({ because: 'addressInUse', detail: `${text} by ${user}: ${why}` }) as const

export interface Stock {
  readonly index: PoolIndex
  readonly ledger: Ledger
}

export function allocate(stock: Stock, request: Request): Allocation | Refusal {
  const { families, wanted } = request
  if (!families) return refuse('unknownFamily')
  if (typeof wanted === 'string') return refuse('invalidRequest', wanted)
  if (wanted.length > 0) return takeWanted(stock, request, families, wanted)
  if (request.pool !== '') return fromNamedPool(stock, request, families)
  return fromAnyPool(stock, request, families)
}

function takeWanted(
  stock: Stock,
  request: Request,
  families: Families,
  wanted: readonly Address[],
): Allocation | Refusal {
  const list = wanted.map((at) => at.text).join(', ')
  const given = familiesOf(wanted)
  if (!given || !sameFamilies(given, families)) {
    return refuse('requestedFamily', `${list} for a Service of ${printFamilies(families)}`)
  }
  // What will not change by itself is said before what may: who uses the address at present.
  const owner = poolOfAll(stock.index, wanted)?.name
  if (owner !== undefined && request.pool !== '' && request.pool !== owner) {
    const detail = `${list} belongs to pool "${owner}", the annotation says "${request.pool}"`
    return refuse('otherPool', detail)
  }
  return assign(stock, request, wanted)
}

/** Exactly these addresses, or why not: also the question whether a Service may keep its own. */
export function assign(
  { index, ledger }: Stock,
  request: Request,
  addresses: readonly Address[],
): Allocation | Refusal {
  const pool = poolOfAll(index, addresses)
  const list = addresses.map((at) => at.text).join(', ')
  if (!pool) {
    const all = addresses.every((at) => poolOf(index, at))
    return refuse(all ? 'addressesOfTwoPools' : 'addressNotInPool', list)
  }
  const misfit = whyNotFor(pool, request)
  if (misfit) {
    const considered = [{ pool: pool.name, because: misfit }]
    return refuse(misfit, `pool "${pool.name}" holds ${list}`, considered)
  }
  for (const at of addresses) {
    const conflict = conflictAt(ledger, at, request)
    if (conflict) return { ...inUse(conflict), subject: list, considered: [] }
  }
  return { pool: pool.name, addresses }
}

function fromNamedPool(stock: Stock, request: Request, families: Families): Allocation | Refusal {
  const pool = stock.index.byName.get(request.pool)
  if (!pool) return refuse('unknownPool', `"${request.pool}"`)
  const misfit = whyNotFor(pool, request)
  const named = (because: PoolReason) =>
    refuse(because, `${printFamilies(families)} in pool "${pool.name}"`, [
      { pool: pool.name, because },
    ])
  if (misfit) return named(misfit)
  const best = bestOf(stock, request, families, [pool])
  return isAllocation(best) ? best : named(best.considered[0]?.because ?? 'exhausted')
}

/** Pools pinned to the Service come before those open to all; a pool pinned to others never. */
function fromAnyPool(stock: Stock, request: Request, families: Families): Allocation | Refusal {
  const considered: Considered[] = []
  const fitting = stock.index.automatic.filter((pool) => {
    const because = whyNotFor(pool, request)
    if (because) considered.push({ pool: pool.name, because })
    return !because
  })
  const sharers = sharersFirst(stock, request, families, fitting)
  for (const group of [sharers.filter((one) => one.pinned), sharers.filter((one) => !one.pinned)]) {
    const best = bestOf(stock, request, families, group)
    if (isAllocation(best)) return best
    considered.push(...best.considered)
  }
  for (const pool of stock.index.byName.values()) {
    if (!pool.autoAssign) considered.push({ pool: pool.name, because: 'notAutomatic' })
  }
  const detail = considered.length === 0 ? 'there is no pool' : ''
  return refuse('noPoolFits', detail, considered)
}

/** Among pools of equal standing, one where the Service can join others under its sharing key. */
function sharersFirst(
  { ledger }: Stock,
  { terms }: Request,
  families: Families,
  pools: readonly Pool[],
): readonly Pool[] {
  if (terms.sharing === '') return pools
  const joins = (pool: Pool) =>
    families.some((family) => findShared(ledger, pool, family, terms)) ? 0 : 1
  const ranked = pools.map((pool) => ({ pool, standing: standingOf(pool), joins: joins(pool) }))
  const compare = (a: (typeof ranked)[number], b: (typeof ranked)[number]) =>
    a.standing === b.standing ? a.joins - b.joins : a.standing < b.standing ? -1 : 1
  return ranked.sort(compare).map(({ pool }) => pool)
}

/**
 * The first pool with an address of every family. A Service that only prefers two takes the
 * first one with its primary family, else the first with the other; both never from two pools.
 */
function bestOf(
  stock: Stock,
  request: Request,
  families: Families,
  pools: readonly Pool[],
): Allocation | Refusal {
  const considered: Considered[] = []
  let primary: Allocation | undefined
  let secondary: Allocation | undefined
  for (const pool of pools) {
    const addresses = families.flatMap((family) => find(stock, pool, family, request) ?? [])
    if (addresses.length === families.length) return { pool: pool.name, addresses }
    considered.push({ pool: pool.name, because: whyMissing(pool, families, addresses) })
    const only = addresses[0]
    if (!only) continue
    if (only.family === request.primary) primary ??= { pool: pool.name, addresses }
    else secondary ??= { pool: pool.name, addresses }
  }
  const single = request.policy === 'PreferDualStack' ? (primary ?? secondary) : undefined
  return single ?? refuse('noPoolFits', '', considered)
}

const find = ({ ledger }: Stock, pool: Pool, family: Family, { terms }: Request) =>
  findShared(ledger, pool, family, terms) ?? findFree(ledger, pool, family)

function whyMissing(
  pool: Pool,
  families: Families,
  found: readonly Address[],
): 'noSuchFamily' | 'exhausted' | 'onlyOneFamily' {
  const missing = families.filter((family) => !found.some((at) => at.family === family))
  const has = (family: Family) => pool.blocks.some((one) => one.prefixes[0]?.family === family)
  if (missing.every(has)) return 'exhausted'
  return families.length === 2 && families.some(has) ? 'onlyOneFamily' : 'noSuchFamily'
}

/** The family that a dual-stack Service lacks, from the pool of the address it has. */
export function addFamily(stock: Stock, request: Request, held: Address): Allocation | Refusal {
  const pool = poolOf(stock.index, held)
  if (!pool) return refuse('addressNotInPool', held.text)
  const family: Family = held.family === 4 ? 6 : 4
  const other = find(stock, pool, family, request)
  if (other) {
    return { pool: pool.name, addresses: family === 6 ? [held, other] : [other, held] }
  }
  const because = whyMissing(pool, [family], [])
  return refuse(because, `IPv${family} in pool "${pool.name}"`, [{ pool: pool.name, because }])
}
