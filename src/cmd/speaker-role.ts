// The speaker's pass: world → what this node announces → FRR, layer 2 and statuses, each on its own.
import type { Config } from '../config/config.ts'
import type { Problem } from '../config/problem.ts'
import { involvedOf, type Told } from '../kube/event-book.ts'
import type { Source } from '../kube/source.ts'
import type { Others } from '../l2/responder.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics/record.ts'
import { type L2World, usesLayer2 } from '../reconciler/announce-l2.ts'
import { AnnouncementMemo, announcementsOf, type Protocol } from '../reconciler/announcements.ts'
import { type Assigned, assignedIn, begunSince, standingIn } from '../reconciler/assigned.ts'
import { planLayer2 } from '../reconciler/layer2.ts'
import type { PeerSession } from '../reconciler/sessions.ts'
import { planSpeaker, type SpeakerPlan } from '../reconciler/speaker.ts'
import {
  BgpStatuses,
  type ConfigurationState,
  configurationState,
  L2Statuses,
  nodeLabel,
  reporterLabels,
} from '../reconciler/status-objects.ts'
import type { World } from '../reconciler/world.ts'
import type { SpeakerStatus } from '../status/role-status.ts'
import { type FrrEdge, FrrRole, type Replan } from './frr-role.ts'
import type { OwnershipEdge } from './layer2-ownership.ts'
import { type L2Edge, Layer2Role } from './layer2-role.ts'
import type { Role } from './role.ts'
import { SessionReports } from './session-reports.ts'
import { NO_COUNTERS, SessionResets } from './session-resets.ts'
import { type ObserverEdge, SessionRole } from './session-role.ts'
import { SessionStarter, type StartEdge } from './session-starter.ts'
import { SpeakerNews } from './speaker-news.ts'
import { StatusWriter } from './status-writer.ts'
import { Takeovers } from './takeovers.ts'
import { together } from './together.ts'

export interface SpeakerOptions {
  readonly node: string
  readonly namespace: string
  readonly ignoreExcludeLb: boolean
  readonly logLevel: string
}

/** Who of the other speakers lives. */
export interface MembersEdge {
  /** Our own node among them; the very same set until it changes. */
  alive(): ReadonlySet<string>
  /** `revived`: others were told that this node is dead, and may have taken over what is ours. */
  on(event: 'change' | 'revived', listener: () => void): unknown
  /** The network is back. */
  hurry?(): void
}

export interface SpeakerEdges {
  readonly source: Source
  readonly frr: FrrEdge & StartEdge
  /** Without it nobody knows what sessions do. */
  readonly observer?: ObserverEdge | undefined
  readonly l2: L2Edge
  /** Without it every node counts as one whose speaker lives. */
  readonly members?: MembersEdge | undefined
  /** Without it the hash alone decides who answers on layer 2. */
  readonly ownership?: OwnershipEdge | undefined
  readonly log: Log
  readonly metrics: Metrics
  /** Tells the user of a Service what becomes of it on this node. */
  readonly record?: (told: Told) => void
}

const NOBODY: ReadonlySet<string> = new Set()

export class SpeakerRole implements Role {
  readonly name = 'speaker'
  readonly #options: SpeakerOptions
  readonly #edges: SpeakerEdges
  readonly #frr: FrrRole
  readonly #layer2: Layer2Role
  readonly #sessions: SessionRole
  readonly #reports: SessionReports
  readonly #resets: SessionResets
  readonly #starter: SessionStarter
  readonly #memo = new AnnouncementMemo()
  readonly #news: SpeakerNews
  readonly #statuses: StatusWriter
  readonly #bgpStatuses: BgpStatuses
  readonly #l2Statuses: L2Statuses
  #plan: SpeakerPlan | undefined
  /** FRR took it. */
  #isRun = false
  /** What FRR announces of ours; unknown until it has taken a plan. */
  #assigned: Assigned | undefined
  #answered: Assigned = new Map()
  readonly #takeovers: Takeovers
  #state: ConfigurationState | undefined
  /** While a pass is at work. */
  #world: World | undefined

  constructor(options: SpeakerOptions, edges: SpeakerEdges) {
    this.#options = options
    this.#edges = edges
    this.#frr = new FrrRole(edges)
    this.#layer2 = new Layer2Role(edges.l2)
    this.#sessions = new SessionRole(edges.observer)
    this.#resets = new SessionResets(async () => (await edges.observer?.counters()) ?? NO_COUNTERS)
    this.#reports = new SessionReports({ ...options, ...edges, sessions: this.#sessions })
    this.#starter = new SessionStarter({ ...edges, sessions: () => this.sessions() })
    this.#news = new SpeakerNews({ ...edges, node: options.node })
    const areDecisive = edges.ownership !== undefined
    this.#takeovers = new Takeovers({ node: options.node, source: edges.source, areDecisive })
    this.#bgpStatuses = new BgpStatuses(options.namespace)
    this.#l2Statuses = new L2Statuses(options.namespace)
    this.#statuses = new StatusWriter({
      write: async ({ kind, labels, objects }) => {
        await edges.source.writeStatusObjects(kind, labels, objects)
        if (kind === 'ServiceL2Status') await this.#takeovers.settle(kind, () => this.#plan)
      },
      log: edges.log,
    })
    edges.metrics.observeLayer2(edges.l2)
    edges.metrics.observeSessions(this.#sessions)
  }

  onChange(dirty: () => void): void {
    this.#edges.frr.on('change', dirty)
    this.#layer2.onChange(dirty)
    this.#resets.onChange(dirty)
    this.#reports.onChange(dirty)
    this.#edges.l2.on('back', () => this.#edges.members?.hurry?.())
    this.#edges.members?.on('revived', () => this.#edges.l2.announceAnew())
    for (const edge of [this.#edges.members, this.#edges.ownership]) {
      edge?.on('change', () => {
        dirty()
        void this.#answerMeanwhile()
      })
    }
  }

  plan(): SpeakerPlan | undefined {
    return this.#plan
  }

  /** What this node's sessions are at this moment; none before the first pass. */
  sessions(): readonly PeerSession[] {
    return this.#sessions.sessions()
  }

  /** Daemons of FRR that do not answer, and why. */
  silent(): ReadonlyMap<string, string> {
    return this.#sessions.silent()
  }

  status(): SpeakerStatus {
    const sessions = this.sessions()
    return {
      ...{ kind: 'speaker', node: this.#options.node, plan: this.#plan, sessions },
      ...{ silent: this.silent(), resets: this.#resets.of(sessions), applied: this.#frr.applied },
      isUnseen: this.#edges.observer?.hasLooked === false,
    }
  }

  problems(): readonly Problem[] {
    return this.#frr.problems(this.#options.namespace)
  }

  async pass(world: World): Promise<void> {
    if (usesLayer2(world)) await this.#layer2.start()
    this.#world = world
    const own = this.#ownWorld(world)
    const wished = planSpeaker(own, NOBODY, this.#memo)
    let plan = wished
    const replan: Replan = (config, without) => {
      const isAsWished = without.size === 0 && isSameConfig(config, world.config)
      plan = isAsWished ? wished : planSpeaker({ ...own, config }, without, this.#memo)
      return plan
    }
    try {
      await together([this.#announce(world, replan), this.#answer(wished, own)])
    } finally {
      this.#world = undefined
      // Also without FRR: what is wanted, and why, does not depend on it.
      this.#take(plan, world)
      this.#report(own)
    }
    // FRR runs it, but would not after its next start: the loop tries again.
    if (this.#frr.fileError !== '') throw new Error(this.#frr.fileError)
  }

  finish(): Promise<void> {
    this.#starter.finish()
    return together([this.#reports.finish(), this.#statuses.finish()])
  }

  #ownWorld(world: World): L2World {
    const { node, ignoreExcludeLb, logLevel } = this.#options
    const { linkNames } = this.#layer2
    const common = { node, hostname: node, ignoreExcludeLb, logLevel, linkNames }
    return { ...world, ...common, ...this.#standing() }
  }

  #standing(): Pick<L2World, 'members' | 'ownership'> {
    const { members, ownership } = this.#edges
    const ruling = ownership?.ruling() ?? 'hash'
    // Who holds what is not known yet: whatever this node took might be another's.
    if (ruling === 'unknown') return { members: NOBODY }
    return { members: members?.alive(), ...(ruling === 'hash' ? {} : { ownership: ruling }) }
  }

  async #announce(world: World, replan: Replan): Promise<void> {
    this.#isRun = false
    const applied = await this.#frr.apply(world.config, replan)
    this.#isRun = this.#frr.isTaken
    if (!this.#isRun) return
    this.#assigned ??= standingIn(applied, world, this.#frr.announcedBefore)
    this.#assigned = this.#recordAssigned(applied, world, 'bgp', this.#assigned)
  }

  async #answer(plan: SpeakerPlan, world: L2World): Promise<void> {
    await this.#layer2.apply(plan.l2, othersIn(world))
    this.#takeovers.note(plan, this.#plan)
    this.#answered = this.#recordAssigned(plan, world, 'layer2', this.#answered)
  }

  /** An FRR that keeps a pass waiting must not keep the addresses of a dead node waiting, too. */
  async #answerMeanwhile(): Promise<void> {
    const world = this.#world
    if (!world || !usesLayer2(world)) return
    const own = this.#ownWorld(world)
    const services = announcementsOf(own, this.#memo)
    // That it failed is told by the next pass, which is due already and does the same.
    await Promise.allSettled([this.#layer2.apply(planLayer2(services), othersIn(own))])
  }

  #take(plan: SpeakerPlan, world: World): void {
    this.#news.tellChanges(this.#plan?.services ?? [], plan.services, world)
    this.#news.tellConflicts(this.#layer2.takeConflicts(), plan.services, world)
    const refused = this.problems()
    const before = this.#plan
    this.#plan = { ...plan, problems: [...plan.problems, ...refused] }
    this.#edges.metrics.recordSpeaker(plan, { isRefused: refused.length > 0 })
    const labels = nodeLabel(plan.node)
    const bgpStatuses = this.#reports.take(plan, this.#isRun)
    if (bgpStatuses) {
      const heard = this.#bgpStatuses.of({ node: plan.node, bgpStatuses })
      this.#statuses.wish({ kind: 'ServiceBGPStatus', labels, objects: heard })
    }
    // Where layer 2 was never in use nobody needs to watch over its statuses.
    if (!plan.l2 && !before?.l2) return
    const answered = this.#l2Statuses.of(plan)
    this.#statuses.wish({ kind: 'ServiceL2Status', labels, objects: answered })
  }

  /** When this node begins to announce a Service: not at every pass. */
  #recordAssigned(plan: SpeakerPlan, world: World, protocol: Protocol, before: Assigned): Assigned {
    const now = assignedIn(plan, world, protocol)
    for (const service of begunSince(before, now)) {
      const message = `announcing from node "${plan.node}" with protocol "${protocol}"`
      const involved = involvedOf(service)
      this.#edges.record?.({ involved, type: 'Normal', reason: 'nodeAssigned', message })
    }
    return now
  }

  #report({ node, now }: L2World): void {
    const problems = this.#plan?.problems ?? []
    const reporter = { namespace: this.#options.namespace, node }
    this.#state = configurationState(reporter, problems, now, this.#state)
    const labels = reporterLabels(reporter)
    this.#statuses.wish({ kind: 'ConfigurationState', labels, objects: [this.#state] })
  }
}

/** Of members that are no nodes we know of, nobody can say whether all are there. */
function othersIn({ nodes, members }: L2World): Others {
  const areThere = (alive: ReadonlySet<string>) =>
    nodes.size > 0 && [...nodes.keys()].every((name) => alive.has(name))
  return { isRingWhole: members === undefined || areThere(members) }
}

/** FRR's stand-ins, when there are none: another object that says the very same. */
const isSameConfig = (a: Config, b: Config): boolean =>
  a.extras === b.extras &&
  a.peers.length === b.peers.length &&
  a.peers.every((peer, at) => peer === b.peers[at])
