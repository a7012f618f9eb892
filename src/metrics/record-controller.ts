// The controller's plan → series of pools, of Services, and of who leads.
import type { ControllerPlan, PoolStatus, ServiceDecision } from '../reconciler/controller.ts'
import type { ControllerReason } from '../reconciler/reasons.ts'
import { CONTROLLER } from './catalogue.ts'
import type { Metric } from './metric.ts'
import type { Sample, Series } from './series.ts'

/** Such a Service waits for nothing of ours. */
const NOT_OURS: readonly ControllerReason[] = ['notLoadBalancer', 'otherClass']

export class ControllerMetrics {
  #plan: ControllerPlan | undefined
  #isLeading = () => true

  constructor(series: Series) {
    series.single(CONTROLLER.leads, () => Number(this.#isLeading()))
    this.#fillPools(series)
    series.filled(CONTROLLER.served, () => {
      const plan = this.#standing()
      return plan ? [[{}, plan.decisions.filter(isServed).length]] : []
    })
    series.filled(CONTROLLER.pending, () =>
      [...Map.groupBy(this.#standing()?.decisions.filter(isPending) ?? [], reasonOf)].map(
        ([reason, list]): Sample => [{ reason }, list.length],
      ),
    )
  }

  record(plan: ControllerPlan): void {
    this.#plan = plan
  }

  observeLeadership(isLeading: () => boolean): void {
    this.#isLeading = isLeading
  }

  /** Of one that led once the plan is old: the leader tells what holds now. */
  #standing(): ControllerPlan | undefined {
    return this.#isLeading() ? this.#plan : undefined
  }

  #fillPools(series: Series): void {
    const each = (metric: Metric, value: (pool: PoolStatus) => bigint | number) =>
      series.filled(metric, () =>
        [...(this.#standing()?.pools ?? [])].map(
          ([pool, status]): Sample => [{ pool }, Number(value(status))],
        ),
      )
    each(CONTROLLER.total, ({ capacity }) => capacity[4] + capacity[6])
    each(CONTROLLER.total4, ({ capacity }) => capacity[4])
    each(CONTROLLER.total6, ({ capacity }) => capacity[6])
    each(CONTROLLER.inUse, (pool) => pool.assignedIPv4 + pool.assignedIPv6)
    each(CONTROLLER.inUse4, (pool) => pool.assignedIPv4)
    each(CONTROLLER.inUse6, (pool) => pool.assignedIPv6)
    each(CONTROLLER.services, ({ services }) => services)
  }
}

const isServed = ({ type, addresses }: ServiceDecision): boolean =>
  type === 'LoadBalancer' && addresses.length > 0

const isPending = ({ type, addresses, because }: ServiceDecision): boolean =>
  type === 'LoadBalancer' &&
  addresses.length === 0 &&
  because !== undefined &&
  !NOT_OURS.includes(because)

const reasonOf = ({ because }: ServiceDecision): string => because ?? ''
