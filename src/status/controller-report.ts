// The controller's part of the report: pools, and every Service beside its addresses or why it waits.
import type { ServiceDecision } from '../reconciler/decision.ts'
import type { PoolStatus } from '../reconciler/pool-status.ts'
import { type ControllerReason, sentenceOf } from '../reconciler/reasons.ts'
import { type Asked, listed } from './listed.ts'
import type { ControllerStatus } from './role-status.ts'
import type { AddressRow, ControllerReport, PoolRow } from './status-report.ts'

export function controllerReport(
  { isLeading, plan }: ControllerStatus,
  asked: Asked,
): ControllerReport {
  const services = plan ? wanting(plan.decisions) : []
  return {
    isLeading,
    waiting: services.filter(isWaiting).length,
    pools: listed([...(plan?.pools ?? [])], asked, {
      textOf: ([name]) => name,
      states: { order: ['full', 'free'], of: ([, status]) => (isFull(status) ? 'full' : 'free') },
      rowOf: ([name, status]) => poolRow(name, status),
    }),
    services: listed(services, asked, {
      textOf: ({ key, addresses, pool, because }) => [key, ...addresses, pool, because].join(' '),
      states: { order: ORDER, of: stateOf },
      rowOf: addressRow,
    }),
  }
}

const NOT_OURS: readonly ControllerReason[] = ['notLoadBalancer', 'otherClass']

/** Without those that ceased to be ours. */
export const wanting = (decisions: readonly ServiceDecision[]): ServiceDecision[] =>
  decisions.filter(({ because }) => because === undefined || !NOT_OURS.includes(because))

export const isWaiting = ({ addresses }: ServiceDecision): boolean => addresses.length === 0

const ORDER: readonly AddressRow['state'][] = ['waiting', 'partial', 'given']

function stateOf(decision: ServiceDecision): AddressRow['state'] {
  if (isWaiting(decision)) return 'waiting'
  return decision.because === undefined ? 'given' : 'partial'
}

const CONSIDERED_MAX = 8

function addressRow(decision: ServiceDecision): AddressRow {
  const { key, addresses, pool, because, sentence, considered } = decision
  const some = considered.slice(0, CONSIDERED_MAX)
  return {
    ...{ service: key, state: stateOf(decision), addresses },
    ...(pool === undefined ? {} : { pool }),
    ...(because === undefined ? {} : { because, sentence: sentence ?? '' }),
    considered: some.map((one) => ({ pool: one.pool, sentence: sentenceOf(one.because) })),
  }
}

const poolRow = (name: string, { services, capacity, ...status }: PoolStatus): PoolRow => ({
  ...{ name, services },
  assigned: { 4: Number(status.assignedIPv4), 6: Number(status.assignedIPv6) },
  capacity: { 4: Number(capacity[4]), 6: Number(capacity[6]) },
})

/** Of a family that it has. */
const isFull = ({ capacity, ...status }: PoolStatus): boolean =>
  (capacity[4] > 0n && status.availableIPv4 === 0n) ||
  (capacity[6] > 0n && status.availableIPv6 === 0n)
