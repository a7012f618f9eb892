// Who keeps the addresses they hold. Most are contested by nobody; where two hold one address on
// terms that cannot be shared, there is an order of claims, and the later one has lost it.

import { compareText } from '../config/problem.ts'
import { inUse, type Stock } from '../ipam/allocate.ts'
import { claim, conflictAt } from '../ipam/ledger.ts'
import { printTerms } from '../ipam/sharing.ts'
import type { Address } from '../net/address.ts'
import { identityOf, type ServiceDecision } from './decision.ts'
import { type Case, type Outcome, textsOf, undisputed } from './service-case.ts'
import type { Loss, Standing } from './standing.ts'

export type Holder = Extract<Standing, { kind: 'holder' }>

/** A Service that is not settled by what it holds. */
export interface Waiting {
  readonly at: number
  readonly one: Case
  /** Claimed already, and kept whatever comes. */
  readonly kept: readonly Address[]
  readonly loss?: Loss | undefined
}

/** Fills in the outcome of everyone who is settled; answers with the others, eldest first. */
export function settleHolders(
  stock: Stock,
  cases: readonly Case[],
  previous: readonly ServiceDecision[],
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
      outcomes[at] = undisputed(one)
    }
  })
  for (const dispute of inClaimOrder(disputes, previous)) {
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
  outcomes[at] = undisputed(one)
  return undefined
}

/** Those whose terms are as they were in the plan before, then by age. */
function inClaimOrder(disputes: Waiting[], previous: readonly ServiceDecision[]): Waiting[] {
  if (disputes.length === 0) return disputes
  const before = new Map(previous.map((one) => [one.identity, one]))
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
