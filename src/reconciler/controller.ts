// World → what the controller wants true: the addresses of every Service, why a Service has none,
// and what must be written for that. Those who hold addresses claim first, then the others in the
// order they were created; so the same world has one answer, and nothing moves without a cause.
import type { Problem } from '../config/problem.ts'
import { type Allocation, addFamily, allocate, isAllocation, type Stock } from '../ipam/allocate.ts'
import { claim, conflictAt, emptyLedger } from '../ipam/ledger.ts'
import type { Address } from '../net/address.ts'
import type { ServiceDecision } from './decision.ts'
import { type Holder, settleHolders, type Waiting } from './holders.ts'
import { type PoolStatus, poolStatuses } from './pool-status.ts'
import {
  type Case,
  type ControllerMemo,
  casesOf,
  type Outcome,
  settle,
  surroundingsOf,
  textsOf,
} from './service-case.ts'
import type { Loss } from './standing.ts'
import type { StatusWrite } from './status-write.ts'
import type { World } from './world.ts'

export type { ServiceDecision } from './decision.ts'
export { identityOf } from './decision.ts'
export type { PoolStatus } from './pool-status.ts'
export { ControllerMemo } from './service-case.ts'
export type { StatusWrite } from './status-write.ts'

export interface ControllerPlan {
  /** One for each Service that is ours, or was; by key. */
  readonly decisions: readonly ServiceDecision[]
  /** By key; only what differs from what stands. */
  readonly writes: readonly StatusWrite[]
  /** By name of the pool. */
  readonly pools: ReadonlyMap<string, PoolStatus>
  readonly problems: readonly Problem[]
}

/** What a pass may know besides the world. Without any of it the plan is still a right one. */
export interface Memory {
  /** The plan before: of two Services that cannot share any more, the one that changed yields. */
  readonly previous?: ControllerPlan | undefined
  /** By identity: addresses that were written and that the world does not show yet. */
  readonly written?: ReadonlyMap<string, readonly string[]>
  readonly memo?: ControllerMemo
}

export function planController(world: World, memory: Memory = {}): ControllerPlan {
  const around = surroundingsOf(world, memory.memo)
  const stock: Stock = { index: around.index, ledger: emptyLedger() }
  const cases = casesOf(world, around, memory.memo, memory.written)
  const outcomes: Outcome[] = []
  const waiting = settleHolders(stock, cases, memory.previous?.decisions ?? [], outcomes)
  // Those who hold an address but need two go first: theirs is not claimed, so that it is free
  // again when no second one is found.
  const halves = waiting.filter((one) => needsBoth(one))
  for (const one of [...halves, ...waiting.filter((one) => !needsBoth(one))]) {
    outcomes[one.at] = serve(stock, one)
  }
  const decisions = outcomes.map((one) => one.decision)
  return {
    decisions,
    writes: outcomes.flatMap(({ write }) => write ?? []),
    pools: poolStatuses(stock, decisions),
    problems: world.problems,
  }
}

const needsBoth = ({ one, loss }: Waiting): boolean =>
  !loss && one.standing.kind === 'holder' && one.standing.wants === 'both-families'

/** Gives a Service addresses and claims them, or finds the reason why not. */
function serve(stock: Stock, waiting: Waiting): Outcome {
  const { one, kept, loss } = waiting
  if (kept.length > 0) return serveSecond(stock, one, kept)
  const answer = needsBoth(waiting) ? completed(stock, one) : allocate(stock, one.request)
  if (!isAllocation(answer)) {
    return settle(one, { addresses: [], cause: answer, loss: loss ?? halfLost(one) })
  }
  claim(stock.ledger, answer.pool, answer.addresses, one.request)
  const addresses = textsOf(answer.addresses)
  return settle(one, { addresses, pool: answer.pool, loss, cause: whyOnlyOne(stock, one, answer) })
}

/** A Service that would like both families got one: the next pass would find the same reason. */
function whyOnlyOne(stock: Stock, { request }: Case, { addresses }: Allocation) {
  const wanted = typeof request.wanted === 'string' ? 0 : request.wanted.length
  if (addresses.length === (request.families?.length ?? 1) || wanted > 0) return undefined
  const second = addFamily(stock, request, addresses[0]!)
  return isAllocation(second) ? undefined : second
}

/** It keeps the one it has, whether or not there is a second. */
function serveSecond(stock: Stock, one: Case, kept: readonly Address[]): Outcome {
  const answer = addFamily(stock, one.request, kept[0]!)
  const { pool } = one.standing as Holder
  if (!isAllocation(answer)) return settle(one, { addresses: textsOf(kept), pool, cause: answer })
  const second = answer.addresses.filter((at) => !kept.includes(at))
  claim(stock.ledger, answer.pool, second, one.request)
  return settle(one, { addresses: textsOf(answer.addresses), pool: answer.pool })
}

/** Both families, with the address it has if its pool has another to go with it. */
function completed(stock: Stock, one: Case) {
  const [held] = (one.standing as Holder).addresses
  const isFree = held && !conflictAt(stock.ledger, held, one.request)
  const both = isFree ? addFamily(stock, one.request, held) : undefined
  return both && isAllocation(both) ? both : allocate(stock, one.request)
}

function halfLost({ standing }: Case): Loss | undefined {
  if (standing.kind !== 'holder') return undefined
  const addresses = textsOf(standing.addresses)
  return { because: 'otherFamily', detail: addresses.join(), addresses }
}
