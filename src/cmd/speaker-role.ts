// The speaker's pass: world → what this node announces → FRR and statuses, each on its own.
import type { Problem } from '../config/problem.ts'
import { involvedOf, type Told } from '../kube/event-book.ts'
import type { Source } from '../kube/source.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics/record.ts'
import type { SpeakerWorld } from '../reconciler/announce.ts'
import { ANNOUNCE_REASONS } from '../reconciler/announce-reasons.ts'
import { type Assigned, assignedIn, begunSince, standingIn } from '../reconciler/assigned.ts'
import {
  AnnouncementMemo,
  planSpeaker,
  type ServiceAnnouncement,
  type SpeakerPlan,
} from '../reconciler/speaker.ts'
import {
  BgpStatuses,
  type ConfigurationState,
  configurationState,
  nodeLabel,
  reporterLabels,
} from '../reconciler/status-objects.ts'
import type { World } from '../reconciler/world.ts'
import { type FrrEdge, FrrRole, type Replan } from './frr-role.ts'
import type { Role } from './role.ts'
import { StatusWriter } from './status-writer.ts'

export interface SpeakerOptions {
  readonly node: string
  readonly namespace: string
  readonly ignoreExcludeLb: boolean
  readonly logLevel: string
}

export interface SpeakerEdges {
  readonly source: Source
  readonly frr: FrrEdge
  readonly log: Log
  readonly metrics: Metrics
  /** Tells the user of a Service that this node announces it. */
  readonly record?: (told: Told) => void
}

export class SpeakerRole implements Role {
  readonly name = 'speaker'
  readonly #options: SpeakerOptions
  readonly #edges: SpeakerEdges
  readonly #frr: FrrRole
  readonly #memo = new AnnouncementMemo()
  readonly #statuses: StatusWriter
  readonly #bgpStatuses: BgpStatuses
  #plan: SpeakerPlan | undefined
  /** What FRR announces of ours; unknown until it has taken a plan. */
  #assigned: Assigned | undefined
  #state: ConfigurationState | undefined

  constructor(options: SpeakerOptions, edges: SpeakerEdges) {
    this.#options = options
    this.#edges = edges
    this.#frr = new FrrRole(edges)
    this.#bgpStatuses = new BgpStatuses(options.namespace)
    this.#statuses = new StatusWriter({
      write: ({ kind, labels, objects }) => edges.source.writeStatusObjects(kind, labels, objects),
      log: edges.log,
    })
  }

  onChange(dirty: () => void): void {
    this.#edges.frr.on('change', dirty)
  }

  plan(): SpeakerPlan | undefined {
    return this.#plan
  }

  problems(): readonly Problem[] {
    return this.#frr.problems(this.#options.namespace)
  }

  async pass(world: World): Promise<void> {
    const { node, ignoreExcludeLb, logLevel } = this.#options
    const own: SpeakerWorld = { ...world, node, hostname: node, ignoreExcludeLb, logLevel }
    let plan: SpeakerPlan | undefined
    const replan: Replan = (config, without) => {
      plan = planSpeaker({ ...own, config }, without, this.#memo)
      return plan
    }
    try {
      const applied = await this.#frr.apply(world.config, replan)
      if (this.#frr.isTaken) this.#recordAssigned(applied, world)
    } finally {
      // Also without FRR: what is wanted, and why, does not depend on it.
      this.#take(plan ?? replan(world.config, new Set()))
      this.#report(own)
    }
    // FRR runs it, but would not after its next start: the loop tries again.
    if (this.#frr.fileError !== '') throw new Error(this.#frr.fileError)
  }

  finish(): Promise<void> {
    return this.#statuses.finish()
  }

  #take(plan: SpeakerPlan): void {
    tellChanges(this.#edges.log, this.#plan?.services ?? [], plan.services)
    const refused = this.problems()
    this.#plan = { ...plan, problems: [...plan.problems, ...refused] }
    this.#edges.metrics.recordSpeaker(plan, { isRefused: refused.length > 0 })
    this.#statuses.wish({
      kind: 'ServiceBGPStatus',
      labels: nodeLabel(plan.node),
      objects: this.#bgpStatuses.of(plan),
    })
  }

  /** When this node begins to announce a Service: not at every pass, nor because we start anew. */
  #recordAssigned(plan: SpeakerPlan, world: World): void {
    this.#assigned ??= standingIn(plan, world, this.#frr.announcedBefore)
    const now = assignedIn(plan, world)
    const message = `announcing from node "${plan.node}" with protocol "bgp"`
    for (const service of begunSince(this.#assigned, now)) {
      const involved = involvedOf(service)
      this.#edges.record?.({ involved, type: 'Normal', reason: 'nodeAssigned', message })
    }
    this.#assigned = now
  }

  #report({ node, now }: SpeakerWorld): void {
    const problems = this.#plan?.problems ?? []
    const reporter = { namespace: this.#options.namespace, node }
    this.#state = configurationState(reporter, problems, now, this.#state)
    const labels = reporterLabels(reporter)
    this.#statuses.wish({ kind: 'ConfigurationState', labels, objects: [this.#state] })
  }
}

/** MetalLB's log events, at transitions only. A Service that did not change is the very same value. */
function tellChanges(
  log: Log,
  before: readonly ServiceAnnouncement[],
  after: readonly ServiceAnnouncement[],
): void {
  const known = new Map(before.map((one) => [one.key, one]))
  for (const one of after) {
    const last = known.get(one.key)
    known.delete(one.key)
    if (last !== one) tellService(log, last, one)
  }
  for (const gone of known.values()) {
    if (gone.bgp.announce) withdrawn(log, gone, 'serviceDeleted')
  }
}

function tellService(
  log: Log,
  last: ServiceAnnouncement | undefined,
  { key, addresses, bgp }: ServiceAnnouncement,
): void {
  const had = last?.bgp.announce ? last.addresses.join() : ''
  if (!bgp.announce) {
    if (last?.bgp.announce) withdrawn(log, last, ANNOUNCE_REASONS[bgp.because])
    return
  }
  if (had === addresses.join()) return
  const { pool } = bgp
  log.info(
    { event: 'serviceAnnounced', service: key, ips: addresses, pool, protocol: 'bgp' },
    'service has IP, announcing',
  )
}

function withdrawn(log: Log, { key, addresses }: ServiceAnnouncement, reason: string): void {
  log.info(
    { event: 'serviceWithdrawn', service: key, ips: addresses, protocol: 'bgp', reason },
    'withdrawing service announcement',
  )
}
