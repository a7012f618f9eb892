// What the status of every pool shall say, and what its metrics show: counted from the ledger.
import type { Stock } from '../ipam/allocate.ts'
import type { Capacity } from '../ipam/capacity.ts'
import type { ServiceDecision } from './decision.ts'

export interface PoolStatus {
  readonly assignedIPv4: bigint
  readonly assignedIPv6: bigint
  readonly availableIPv4: bigint
  readonly availableIPv6: bigint
  readonly capacity: Capacity
  /** Services that have an address of it. */
  readonly services: number
}

export function poolStatuses(
  { index, ledger }: Stock,
  decisions: readonly ServiceDecision[],
): Map<string, PoolStatus> {
  const services = new Map<string, number>()
  for (const { pool } of decisions) {
    if (pool !== undefined) services.set(pool, (services.get(pool) ?? 0) + 1)
  }
  const statuses = new Map<string, PoolStatus>()
  for (const [name, capacity] of index.capacity) {
    const usage = ledger.usage.get(name)
    const [v4, v6] = [BigInt(usage?.[4] ?? 0), BigInt(usage?.[6] ?? 0)]
    statuses.set(name, {
      assignedIPv4: v4,
      assignedIPv6: v6,
      availableIPv4: capacity[4] - v4,
      availableIPv6: capacity[6] - v6,
      capacity,
      services: services.get(name) ?? 0,
    })
  }
  return statuses
}
