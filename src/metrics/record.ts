// Plans and outcomes → the registry that /metrics shows. What a plan holds is counted when somebody
// asks, not at each pass: a series costs more than a decision. Each part fills its own series.
import { type Counter, type Histogram, Registry } from 'prom-client'
import type { Problem } from '../config/problem.ts'
import type { ControllerPlan } from '../reconciler/controller.ts'
import type { SpeakerPlan } from '../reconciler/speaker.ts'
import { SHARED } from './catalogue.ts'
import { ApiMetrics, type ApiView } from './record-api.ts'
import { ControllerMetrics } from './record-controller.ts'
import { type Applied, FrrMetrics } from './record-frr.ts'
import { GossipMetrics, type GossipView } from './record-gossip.ts'
import { Layer2Metrics, type Layer2View } from './record-layer2.ts'
import { SessionMetrics, type SessionView } from './record-sessions.ts'
import { SpeakerMetrics } from './record-speaker.ts'
import { type Sample, Series } from './series.ts'

export class Metrics {
  readonly #registry = new Registry()
  readonly #updates: Counter
  readonly #updateErrors: Counter
  readonly #passDuration: Histogram
  readonly #api: ApiMetrics
  readonly #controller: ControllerMetrics | undefined
  readonly #speaker: SpeakerMetrics | undefined
  readonly #frr: FrrMetrics | undefined
  readonly #sessions: SessionMetrics | undefined
  readonly #layer2: Layer2Metrics | undefined
  readonly #gossip: GossipMetrics | undefined
  #problems: readonly Problem[] = []
  #isLoaded = false
  #text: Promise<string> | undefined

  constructor(roles: { controller?: boolean; speaker?: boolean }) {
    const series = new Series(this.#registry)
    this.#updates = series.counter(SHARED.updates)
    this.#updateErrors = series.counter(SHARED.updateErrors)
    this.#passDuration = series.histogram(SHARED.passDuration)
    this.#fillShared(series)
    this.#api = new ApiMetrics(series)
    if (roles.controller) this.#controller = new ControllerMetrics(series)
    if (!roles.speaker) return
    this.#speaker = new SpeakerMetrics(series)
    this.#frr = new FrrMetrics(series)
    this.#sessions = new SessionMetrics(series)
    this.#layer2 = new Layer2Metrics(series)
    this.#gossip = new GossipMetrics(series)
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
    this.#controller?.record(plan)
  }

  recordSpeaker(plan: SpeakerPlan, frr: { readonly isRefused: boolean }): void {
    this.#speaker?.record(plan, frr)
  }

  recordApply(applied: Applied): void {
    this.#frr?.record(applied)
  }

  // What is observed is asked whenever somebody asks for the metrics.

  observeApi(view: ApiView): void {
    this.#api.observe(view)
  }

  observeLeadership(isLeading: () => boolean): void {
    this.#controller?.observeLeadership(isLeading)
  }

  observeLayer2(view: Layer2View): void {
    this.#layer2?.observe(view)
  }

  observeGossip(view: GossipView): void {
    this.#gossip?.observe(view)
  }

  observeSessions(view: SessionView): void {
    this.#sessions?.observe(view)
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
}
