// Plans and outcomes → the registry that /metrics shows. What a plan holds is counted when somebody
// asks, not at each pass: a series costs more than a decision.
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Problem } from '../config/problem.ts'
import type { ServiceAnnouncement } from '../reconciler/announcements.ts'
import type { ControllerPlan } from '../reconciler/controller.ts'
import type { SpeakerPlan } from '../reconciler/speaker.ts'
import { CONTROLLER, type Metric, SHARED, SPEAKER } from './catalogue.ts'

/** From a millisecond to what only a full load takes. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

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
  #countLayer2: () => readonly AddressCounters[] = () => []

  constructor(roles: { controller?: boolean; speaker?: boolean }) {
    const registers = [this.#registry]
    const plain = ({ name, help, labels: labelNames }: Metric) => ({
      ...{ name, help, registers },
      labelNames: [...labelNames],
    })
    this.#updates = new Counter(plain(SHARED.updates))
    this.#updateErrors = new Counter(plain(SHARED.updateErrors))
    this.#passDuration = new Histogram({ ...plain(SHARED.passDuration), buckets: BUCKETS })
    this.#gauges(plain)
    if (roles.controller) this.#controllerGauges(plain)
    if (!roles.speaker) return
    this.#speakerGauges(plain)
    this.#applyDuration = new Histogram({ ...plain(SPEAKER.applyDuration), buckets: BUCKETS })
  }

  text(): Promise<string> {
    return this.#registry.metrics()
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

  recordApply(seconds: number): void {
    this.#applyDuration?.observe(seconds)
  }

  #gauges(plain: Plain): void {
    const single = (metric: Metric, value: () => number) =>
      collected(plain(metric), () => [[{}, value()]])
    single(SHARED.configLoaded, () => Number(this.#isLoaded))
    single(SHARED.configStale, () => Number(this.#problems.some(({ kind }) => kind !== 'Service')))
    single(SHARED.memory, () => process.memoryUsage.rss())
    single(SHARED.cpu, () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6)
    single(SHARED.started, () => Math.round(Date.now() / 1000 - process.uptime()))
    collected(plain(SHARED.problems), () =>
      [...Map.groupBy(this.#problems, ({ kind }) => kind)].map(([kind, list]) => [
        { kind },
        list.length,
      ]),
    )
  }

  #controllerGauges(plain: Plain): void {
    const each = (metric: Metric, value: (pool: PoolOf) => bigint | number) =>
      collected(plain(metric), () =>
        [...(this.#controller?.pools ?? [])].map(([pool, status]) => [
          { pool },
          Number(value(status)),
        ]),
      )
    each(CONTROLLER.total, ({ capacity }) => capacity[4] + capacity[6])
    each(CONTROLLER.total4, ({ capacity }) => capacity[4])
    each(CONTROLLER.total6, ({ capacity }) => capacity[6])
    each(CONTROLLER.inUse, (pool) => pool.assignedIPv4 + pool.assignedIPv6)
    each(CONTROLLER.inUse4, (pool) => pool.assignedIPv4)
    each(CONTROLLER.inUse6, (pool) => pool.assignedIPv6)
    each(CONTROLLER.services, ({ services }) => services)
  }

  #speakerGauges(plain: Plain): void {
    collected(plain(SPEAKER.refused), () => [[{}, Number(this.#isRefused)]])
    collected(plain(SPEAKER.announced), () =>
      (this.#speaker?.services ?? []).flatMap((one) => announced(one, this.#speaker?.node ?? '')),
    )
    const each = (metric: Metric, value: (of: AddressCounters) => number) =>
      counted(plain(metric), () =>
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
type Plain = (metric: Metric) => ConstructorParameters<typeof Gauge<string>>[0]
type Sample = [labels: Record<string, string>, value: number]

/** A gauge that is filled when it is read; series of things that are gone are gone with them. */
function collected(options: ReturnType<Plain>, samples: () => Sample[]): void {
  new Gauge({
    ...options,
    collect() {
      this.reset()
      for (const [labels, value] of samples()) this.set(labels, value)
    },
  })
}

/** As `collected`, of something that counts by itself. */
function counted(options: ReturnType<Plain>, samples: () => Sample[]): void {
  new Counter({
    ...options,
    collect() {
      this.reset()
      for (const [labels, value] of samples()) this.inc(labels, value)
    },
  })
}
