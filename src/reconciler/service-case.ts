// One Service in one pass: what it asks for, what it stands on, and the outcome of that. Kept from
// pass to pass for Services and pools that are the very same objects, which most are.
import type { Service } from '../api/core.ts'
import type { Pool } from '../config/config.ts'
import { indexPools, type PoolIndex } from '../ipam/pool-index.ts'
import { type Request, requestOf } from '../ipam/request.ts'
import type { Address } from '../net/address.ts'
import { decisionOf, identityOf, type ServiceDecision, type Verdict } from './decision.ts'
import { type Standing, type Surroundings, standingOf, statusAddresses } from './standing.ts'
import { type StatusWrite, writeFor } from './status-write.ts'
import type { World } from './world.ts'

/** What was worked out before, for Services and pools that are the very same objects. */
export class ControllerMemo {
  readonly indexes = new WeakMap<readonly Pool[], PoolIndex>()
  readonly cases = new WeakMap<Service, { readonly inputs: readonly unknown[]; of: Case }>()
}

/** One Service in this pass. */
export interface Case {
  readonly service: Service
  readonly request: Request
  readonly standing: Standing
  readonly written: readonly string[] | undefined
  /** Worked out once, by `undisputed`. */
  undisputed?: Outcome
}

export interface Outcome {
  readonly decision: ServiceDecision
  readonly write: StatusWrite | undefined
}

export function surroundingsOf(world: World, memo = new ControllerMemo()): Surroundings {
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

/** The Services that are ours, or were. `written` as in `Memory`. */
export function casesOf(
  world: World,
  around: Surroundings,
  memo: ControllerMemo | undefined,
  written: ReadonlyMap<string, readonly string[]> | undefined,
): Case[] {
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

/** What follows when nobody contests what it holds. */
export const undisputed = (one: Case): Outcome =>
  (one.undisputed ??= settle(one, verdictOf(one.standing)))

function verdictOf(standing: Standing): Verdict {
  if (standing.kind === 'release') return { addresses: [], cause: standing.cause }
  if (standing.kind !== 'holder') return { addresses: [] }
  const { addresses, pool, cause } = standing
  return { addresses: textsOf(addresses), pool, cause }
}

export function settle(one: Case, verdict: Verdict): Outcome {
  const held = one.written ?? statusAddresses(one.service)
  const decision = decisionOf(one.service, one.request, held, verdict)
  return { decision, write: writeFor(one.service, decision, one.written) }
}

export const textsOf = (addresses: readonly Address[]) => addresses.map((at) => at.text)
