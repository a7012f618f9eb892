// World → what the controller wants true: the addresses of every Service, why a Service has none,
// and what must be written for that. Those who hold addresses claim first, then the others in the
// order they were created; so the same world has one answer, and nothing moves without a cause.
import type { Service } from '../api/core.ts'
import type { Pool } from '../config/config.ts'
import { compareText, type Problem } from '../config/problem.ts'
import {
  type Allocation,
  addFamily,
  allocate,
  inUse,
  isAllocation,
  type Stock,
} from '../ipam/allocate.ts'
import { claim, conflictAt, emptyLedger } from '../ipam/ledger.ts'
import { indexPools, type PoolIndex } from '../ipam/pool-index.ts'
import { type Request, requestOf } from '../ipam/request.ts'
import { printTerms } from '../ipam/sharing.ts'
import type { Address } from '../net/address.ts'
import { decisionOf, identityOf, type ServiceDecision, type Verdict } from './decision.ts'
import { type PoolStatus, poolStatuses } from './pool-status.ts'
import {
  type Loss,
  type Standing,
  type Surroundings,
  standingOf,
  statusAddresses,
} from './standing.ts'
import { type StatusWrite, writeFor } from './status-write.ts'
import type { World } from './world.ts'

export type { ServiceDecision } from './decision.ts'
export { identityOf } from './decision.ts'
export type { PoolStatus } from './pool-status.ts'
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

/** What was worked out before, for Services and pools that are the very same objects. */
export class ControllerMemo {
  readonly indexes = new WeakMap<readonly Pool[], PoolIndex>()
  readonly cases = new WeakMap<Service, { readonly inputs: readonly unknown[]; of: Case }>()
}

/** One Service in this pass. */
interface Case {
  readonly service: Service
  readonly request: Request
  readonly standing: Standing
  readonly written: readonly string[] | undefined
  /** What follows when nobody contests what it holds; worked out once. */
  undisputed?: Outcome
}

interface Outcome {
  readonly decision: ServiceDecision
  readonly write: StatusWrite | undefined
}

type Holder = Extract<Standing, { kind: 'holder' }>

/** A Service that is not settled by what it holds. */
interface Waiting {
  readonly at: number
  readonly one: Case
  /** Claimed already, and kept whatever comes. */
  readonly kept: readonly Address[]
  readonly loss?: Loss | undefined
}

export function planController(world: World, memory: Memory = {}): ControllerPlan {
  const around = surroundingsOf(world, memory.memo)
  const stock: Stock = { index: around.index, ledger: emptyLedger() }
  const cases = casesOf(world, around, memory)
  const outcomes: Outcome[] = []
  const waiting = settleHolders(stock, cases, memory, outcomes)
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

function surroundingsOf(world: World, memo = new ControllerMemo()): Surroundings {
  const { pools } = world.config
  const index = memo.indexes.get(pools) ?? indexPools(pools)
  memo.indexes.set(pools, index)
  const refused = world.problems.filter(
    ({ kind, namespace, name }) =>
      (kind === 'IPAddressPool' || kind === 'AddressPool') &&
      namespace === world.namespace &&
      !index.byName.has(name),
  )
  return { lbClass: world.lbClass, index, refusedPools: new Set(refused.map((one) => one.name)) }
}

function casesOf(world: World, around: Surroundings, { memo, written }: Memory): Case[] {
  const inputs = [around.index, around.lbClass, [...around.refusedPools].join()]
  const cases: Case[] = []
  for (const service of world.services.values()) {
    const unseen = written?.size ? written.get(identityOf(service)) : undefined
    const known = unseen ? undefined : memo?.cases.get(service)
    const isKnown = known?.inputs.every((input, i) => input === inputs[i])
    const one = known && isKnown ? known.of : caseOf(service, around, unseen)
    if (memo && !unseen && !isKnown) memo.cases.set(service, { inputs, of: one })
    if (one.standing.kind !== 'ignored') cases.push(one)
  }
  return cases
}

function caseOf(service: Service, around: Surroundings, written?: readonly string[]): Case {
  const request = requestOf(service)
  return { service, request, written, standing: standingOf(service, request, around, written) }
}

/** Fills in the outcome of everyone who is settled; answers with the others, eldest first. */
function settleHolders(
  stock: Stock,
  cases: readonly Case[],
  memory: Memory,
  outcomes: Outcome[],
): Waiting[] {
  const contested = findContested(cases)
  const disputes: Waiting[] = []
  const waiting: Waiting[] = []
  cases.forEach((one, at) => {
    const { standing } = one
    if (standing.kind === 'seeker') waiting.push({ at, one, kept: [], loss: standing.loss })
    else if (contested.has(one)) disputes.push({ at, one, kept: [] })
    else if (standing.kind === 'holder' && standing.wants !== 'nothing') {
      waiting.push(takeHalf(stock, at, one, standing))
    } else {
      if (standing.kind === 'holder')
        claim(stock.ledger, standing.pool, standing.addresses, one.request)
      outcomes[at] = one.undisputed ??= settle(one, verdictOf(standing))
    }
  })
  for (const dispute of inClaimOrder(disputes, memory.previous)) {
    const lost = settleDispute(stock, dispute, outcomes)
    if (lost) waiting.push(lost)
  }
  return waiting.sort(bySeniority)
}

/** Holders of an address that another one holds, too. Most worlds have few. */
function findContested(cases: readonly Case[]): ReadonlySet<Case> {
  const first = { 4: new Map<bigint, Case>(), 6: new Map<bigint, Case>() }
  const contested = new Set<Case>()
  for (const one of cases) {
    if (one.standing.kind !== 'holder') continue
    for (const { family, bits } of one.standing.addresses) {
      const other = first[family].get(bits)
      if (other) contested.add(other).add(one)
      else first[family].set(bits, one)
    }
  }
  return contested
}

function takeHalf(stock: Stock, at: number, one: Case, standing: Holder): Waiting {
  if (standing.wants === 'both-families') return { at, one, kept: [] }
  claim(stock.ledger, standing.pool, standing.addresses, one.request)
  return { at, one, kept: standing.addresses }
}

/** In claim order: whoever finds the address taken on other terms has lost it. */
function settleDispute(stock: Stock, dispute: Waiting, outcomes: Outcome[]): Waiting | undefined {
  const { at, one } = dispute
  const standing = one.standing as Holder
  const found = standing.addresses.map((address) => conflictAt(stock.ledger, address, one.request))
  const conflict = found.find((each) => each !== undefined)
  if (conflict) {
    const addresses = textsOf(standing.addresses)
    return { at, one, kept: [], loss: { ...inUse(conflict), subject: addresses.join(), addresses } }
  }
  if (standing.wants !== 'nothing') return takeHalf(stock, at, one, standing)
  claim(stock.ledger, standing.pool, standing.addresses, one.request)
  outcomes[at] = one.undisputed ??= settle(one, verdictOf(standing))
  return undefined
}

/** Those whose terms are as they were in the plan before, then by age. */
function inClaimOrder(disputes: Waiting[], previous: ControllerPlan | undefined): Waiting[] {
  if (disputes.length === 0) return disputes
  const before = new Map(previous?.decisions.map((one) => [one.identity, one]))
  const isNew = ({ one }: Waiting): number => {
    const last = before.get(identityOf(one.service))
    const held = (one.standing as Holder).addresses
    const same = held.every((at) => last?.addresses.includes(at.text))
    return same && last?.terms === printTerms(one.request.terms) ? 0 : 1
  }
  const ranked = disputes.map((dispute) => ({ dispute, isNew: isNew(dispute) }))
  ranked.sort((a, b) => a.isNew - b.isNew || bySeniority(a.dispute, b.dispute))
  return ranked.map(({ dispute }) => dispute)
}

function bySeniority({ one: a }: Waiting, { one: b }: Waiting): number {
  const [x, y] = [a.service.metadata.creationTimestamp, b.service.metadata.creationTimestamp]
  return compareText(x ?? '~', y ?? '~') || compareText(a.request.key, b.request.key)
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

const textsOf = (addresses: readonly Address[]) => addresses.map((at) => at.text)

function verdictOf(standing: Standing): Verdict {
  if (standing.kind === 'release') return { addresses: [], cause: standing.cause }
  if (standing.kind !== 'holder') return { addresses: [] }
  const { addresses, pool, cause } = standing
  return { addresses: textsOf(addresses), pool, cause }
}

function settle(one: Case, verdict: Verdict): Outcome {
  const held = one.written ?? statusAddresses(one.service)
  const decision = decisionOf(one.service, one.request, held, verdict)
  return { decision, write: writeFor(one.service, decision, one.written) }
}
