// Plans and outcomes → the registry that /metrics shows. What a plan holds is counted when somebody
// asks, not at each pass: a series costs more than a decision.
import { type Counter, type Histogram, Registry } from 'prom-client'
import type { Problem } from '../config/problem.ts'
import type { ServiceAnnouncement } from '../reconciler/announcements.ts'
import type { ControllerPlan } from '../reconciler/controller.ts'
import type { SpeakerPlan } from '../reconciler/speaker.ts'
import { CONTROLLER, type Metric, SHARED, SPEAKER } from './catalogue.ts'
import { SessionMetrics, type SessionView } from './record-sessions.ts'
import { type Sample, Series } from './series.ts'

/** Of one address, since this node began to answer at all. */
export interface AddressCounters {
  readonly address: string
  readonly requests: number
  readonly responses: number
  readonly gratuitous: number
  readonly conflicts: number
}

export class Metrics {
  readonly #registry = new Registry()
  readonly #updates: Counter
  readonly #updateErrors: Counter
  readonly #passDuration: Histogram
  readonly #applyDuration: Histogram | undefined
  #problems: readonly Problem[] = []
  #isLoaded = false
  #controller: ControllerPlan | undefined
  #speaker: SpeakerPlan | undefined
  #isRefused = false
  #sessions: SessionMetrics | undefined
  #text: Promise<string> | undefined
  #countLayer2: () => readonly AddressCounters[] = () => []

  constructor(roles: { controller?: boolean; speaker?: boolean }) {
    const series = new Series(this.#registry)
    this.#updates = series.counter(SHARED.updates)
    this.#updateErrors = series.counter(SHARED.updateErrors)
    this.#passDuration = series.histogram(SHARED.passDuration)
    this.#fillShared(series)
    if (roles.controller) this.#fillController(series)
    if (!roles.speaker) return
    this.#fillSpeaker(series)
    this.#applyDuration = series.histogram(SPEAKER.applyDuration)
    this.#sessions = new SessionMetrics(series)
  }

  /** Who asks while another one is answered gets the same answer: FRR is asked once. */
  text(): Promise<string> {
    this.#text ??= this.#read().finally(() => {
      this.#text = undefined
    })
    return this.#text
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  recordChanges(count: number): void {
    this.#updates.inc(count)
  }

  recordPass(seconds: number, problems: readonly Problem[]): void {
    this.#isLoaded = true
    this.#problems = problems
    this.#passDuration.observe(seconds)
  }

  recordFailure(): void {
    this.#updateErrors.inc()
  }

  recordController(plan: ControllerPlan): void {
    this.#controller = plan
  }

  recordSpeaker(plan: SpeakerPlan, frr: { readonly isRefused: boolean }): void {
    this.#speaker = plan
    this.#isRefused = frr.isRefused
  }

  /** `count` is called whenever somebody asks for the metrics. */
  observeLayer2(count: () => readonly AddressCounters[]): void {
    this.#countLayer2 = count
  }

  /** FRR is asked through it whenever somebody asks for the metrics. */
  observeSessions(view: SessionView): void {
    this.#sessions?.observe(view)
  }

  recordApply(seconds: number): void {
    this.#applyDuration?.observe(seconds)
  }

  async #read(): Promise<string> {
    await this.#sessions?.read()
    return await this.#registry.metrics()
  }

  #fillShared(series: Series): void {
    series.single(SHARED.configLoaded, () => Number(this.#isLoaded))
    series.single(SHARED.configStale, () =>
      Number(this.#problems.some(({ kind }) => kind !== 'Service')),
    )
    series.single(SHARED.memory, () => process.memoryUsage.rss())
    series.single(SHARED.cpu, () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6)
    series.single(SHARED.started, () => Math.round(Date.now() / 1000 - process.uptime()))
    series.filled(SHARED.problems, () =>
      [...Map.groupBy(this.#problems, ({ kind }) => kind)].map(
        ([kind, list]): Sample => [{ kind }, list.length],
      ),
    )
  }

  #fillController(series: Series): void {
    const each = (metric: Metric, value: (pool: PoolOf) => bigint | number) =>
      series.filled(metric, () =>
        [...(this.#controller?.pools ?? [])].map(
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

  #fillSpeaker(series: Series): void {
    series.single(SPEAKER.refused, () => Number(this.#isRefused))
    series.filled(SPEAKER.announced, () =>
      (this.#speaker?.services ?? []).flatMap((one) => announced(one, this.#speaker?.node ?? '')),
    )
    const each = (metric: Metric, value: (of: AddressCounters) => number) =>
      series.filled(metric, () =>
        this.#countLayer2().map((of): Sample => [{ ip: of.address }, value(of)]),
      )
    each(SPEAKER.l2Requests, ({ requests }) => requests)
    each(SPEAKER.l2Responses, ({ responses }) => responses)
    each(SPEAKER.l2Gratuitous, ({ gratuitous }) => gratuitous)
    each(SPEAKER.l2Conflicts, ({ conflicts }) => conflicts)
  }
}

function announced(one: ServiceAnnouncement, node: string): Sample[] {
  const protocols = [one.bgp.announce ? 'bgp' : '', one.l2?.announce ? 'layer2' : '']
  return protocols
    .filter((protocol) => protocol !== '')
    .flatMap((protocol) =>
      one.addresses.map((ip): Sample => [{ service: one.key, protocol, node, ip }, 1]),
    )
}

type PoolOf = ControllerPlan['pools'] extends ReadonlyMap<string, infer Status> ? Status : never
