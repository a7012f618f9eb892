// One container of a running Pod, as the kubelet's stand-in looks at it: asks its probes when they are due,
// ends it when it does not live, and says how it is.
import type { Docker } from '../../../src/lab/docker.ts'
import type { Container } from '../../../src/lab/pod.ts'
import type { RunningPod } from '../../../src/lab/pod-runner.ts'
import {
  firstVerdict,
  nextVerdict,
  type Ported,
  type Probe,
  urlOf,
  type Verdict,
} from './kubelet-probes.ts'
import type { ContainerFacts } from './kubelet-status.ts'
import type { Prober } from './prober.ts'

export interface ProbedContainer extends Container, Ported {
  readonly startupProbe?: Probe
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe & Container['livenessProbe']
}

export interface ContainerWatchOptions {
  readonly running: RunningPod
  readonly container: ProbedContainer
  readonly podIP: string
  readonly docker: Docker
  readonly prober: Prober
}

const KINDS = ['startupProbe', 'livenessProbe', 'readinessProbe'] as const
type Kind = (typeof KINDS)[number]

export class ContainerWatch {
  readonly #options: ContainerWatchOptions
  readonly #verdicts = new Map<Kind, Verdict>()
  #seenRestarts = -1
  #startedAt = ''

  constructor(options: ContainerWatchOptions) {
    this.#options = options
  }

  async look(signal: AbortSignal): Promise<void> {
    if (!this.#isRunning) return
    this.#noteStart()
    // The others begin when the first is content.
    await this.#probe('startupProbe', signal)
    if (this.#isStarted) await Promise.all(KINDS.slice(1).map((kind) => this.#probe(kind, signal)))
    const isBad = this.#says('startupProbe') === false || this.#says('livenessProbe') === false
    // A container that ended while it was asked needs nobody to end it.
    if (!isBad || !this.#isRunning) return
    const { running, container } = this.#options
    // A kubelet asks it to end first; one that no longer answers seldom heeds that.
    await running.kill(container.name, 'SIGKILL')
  }

  facts(): ContainerFacts {
    const { container, running } = this.#options
    const { name, image, readinessProbe } = container
    const isReady = !readinessProbe || this.#says('readinessProbe') === true
    const isRunning = this.#isRunning
    const exitCode = running.ends.findLast((end) => end.container === name)?.exitCode
    return {
      ...{ name, image, isRunning, restarts: running.restarts(name), startedAt: this.#startedAt },
      isReady: isRunning && this.#isStarted && isReady,
      ...(exitCode === undefined ? {} : { exitCode }),
    }
  }

  /** Each end is followed by a start, and that is counted. */
  get #isRunning(): boolean {
    const { container, running } = this.#options
    const ends = running.ends.filter((end) => end.container === container.name)
    return ends.length === running.restarts(container.name)
  }

  get #isStarted(): boolean {
    return !this.#options.container.startupProbe || this.#says('startupProbe') === true
  }

  #says(kind: Kind): boolean | undefined {
    return this.#verdicts.get(kind)?.isGood
  }

  #noteStart(): void {
    const { container, running } = this.#options
    const restarts = running.restarts(container.name)
    if (restarts === this.#seenRestarts) return
    this.#seenRestarts = restarts
    this.#startedAt = new Date().toISOString()
    for (const kind of KINDS) {
      const probe = container[kind]
      if (probe) this.#verdicts.set(kind, firstVerdict(probe, performance.now()))
    }
  }

  async #probe(kind: Kind, signal: AbortSignal): Promise<void> {
    const probe = this.#options.container[kind]
    const before = this.#verdicts.get(kind)
    if (!probe || !before || before.dueAt > performance.now()) return
    // It has said what it is there to say.
    if (kind === 'startupProbe' && before.isGood) return
    const isGood = await this.#ask(probe)
    // The Pod is ending: a container that says no to that is right.
    if (signal.aborted) return
    this.#verdicts.set(kind, nextVerdict(probe, before, isGood, performance.now()))
  }

  async #ask(probe: Probe): Promise<boolean> {
    const { running, container, podIP, docker, prober } = this.#options
    const timeoutMs = 1000 * (probe.timeoutSeconds ?? 1)
    const url = urlOf(probe, container, podIP)
    if (url !== undefined) return await prober.ask(url, timeoutMs)
    const argv = ['exec', running.containerName(container.name), ...(probe.exec?.command ?? [])]
    return await docker.run(argv, { signal: AbortSignal.timeout(timeoutMs) }).then(
      () => true,
      () => false,
    )
  }
}
