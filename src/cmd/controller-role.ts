// The controller's pass: world → addresses, written where they are missing; pools counted; what
// happened told once.
import { ALLOCATED_FROM_POOL } from '../api/annotations.ts'
import { involvedOf, type Told } from '../kube/event-book.ts'
import type { ServiceWrite, Source } from '../kube/source.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics/record.ts'
import {
  ControllerMemo,
  type ControllerPlan,
  type PoolStatus,
  planController,
  type StatusWrite,
} from '../reconciler/controller.ts'
import { eventsBetween } from '../reconciler/service-events.ts'
import {
  type ConfigurationState,
  configurationState,
  reporterLabels,
} from '../reconciler/status-objects.ts'
import type { World } from '../reconciler/world.ts'
import type { ControllerStatus } from '../status/role-status.ts'
import type { Role } from './role.ts'
import { StatusWriter } from './status-writer.ts'
import { together } from './together.ts'

export interface ControllerEdges {
  readonly source: Source
  readonly log: Log
  readonly metrics: Metrics
  /** Tells the user of a Service what happened to it. */
  readonly record?: (told: Told) => void
}

export class ControllerRole implements Role {
  readonly name = 'controller'
  readonly #edges: ControllerEdges
  readonly #memo = new ControllerMemo()
  readonly #statuses: StatusWriter
  #plan: ControllerPlan | undefined
  readonly #pools: StatusWriter<PoolWish>
  #counted: readonly CountedPool[] = []
  #state: ConfigurationState | undefined

  constructor(edges: ControllerEdges) {
    this.#edges = edges
    const { source, log } = edges
    this.#statuses = new StatusWriter({
      write: ({ kind, labels, objects }) => source.writeStatusObjects(kind, labels, objects),
      log,
    })
    this.#pools = new StatusWriter<PoolWish>({
      write: ({ objects }) =>
        together(objects.map(({ name, status }) => source.writePoolStatus(name, status))),
      ...{ log, everyMs: POOLS_EVERY_MS },
    })
  }

  plan(): ControllerPlan | undefined {
    return this.#plan
  }

  status(): ControllerStatus {
    return { kind: 'controller', isLeading: true, plan: this.#plan }
  }

  async pass(world: World): Promise<void> {
    const { source, metrics } = this.#edges
    const plan = planController(world, { previous: this.#plan, memo: this.#memo })
    const previous = this.#plan
    this.#plan = plan
    metrics.recordController(plan)
    this.#tell(world, previous, plan)
    this.#report(world)
    this.#count(plan)
    await together([source.writeServiceStatuses(plan.writes.map(toWrite)), source.removeOrphans()])
  }

  finish(): Promise<void> {
    return together([this.#statuses.finish(), this.#pools.finish()])
  }

  #tell(world: World, previous: ControllerPlan | undefined, plan: ControllerPlan): void {
    for (const { key, type, reason, message } of eventsBetween(previous, plan)) {
      const service = world.services.get(key)
      if (service) this.#edges.record?.({ involved: involvedOf(service), type, reason, message })
      const level = type === 'Warning' ? 'warn' : 'info'
      this.#edges.log[level]({ op: 'allocateIP', event: reason, service: key }, message)
    }
  }

  #report(world: World): void {
    const reporter = { namespace: world.namespace }
    this.#state = configurationState(reporter, world.problems, world.now, this.#state)
    const labels = reporterLabels(reporter)
    this.#statuses.wish({ kind: 'ConfigurationState', labels, objects: [this.#state] })
  }

  #count({ pools }: ControllerPlan): void {
    const known = new Map(this.#counted.map((one) => [one.name, one]))
    this.#counted = [...pools].map(([name, status]) => {
      const before = known.get(name)
      return before && countersOf(before.status) === countersOf(status) ? before : { name, status }
    })
    this.#pools.wish({ kind: 'IPAddressPool', objects: this.#counted })
  }
}

interface CountedPool {
  readonly name: string
  readonly status: PoolStatus
}

interface PoolWish {
  readonly kind: 'IPAddressPool'
  readonly objects: readonly CountedPool[]
}

/** A thousand Services at once are one pool's counters a thousand times; nobody reads that fast. */
const POOLS_EVERY_MS = 1_000

const toWrite = ({ key, ingress, annotation }: StatusWrite): ServiceWrite => ({
  key,
  ingress,
  annotations: { [ALLOCATED_FROM_POOL]: annotation },
})

const countersOf = (pool: PoolStatus): string =>
  [pool.assignedIPv4, pool.assignedIPv6, pool.availableIPv4, pool.availableIPv6].join()
