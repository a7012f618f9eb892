// Runs a Pod with Docker as a kubelet would: volumes, init containers one after another, then all
// containers in one network namespace, each started again when it ends. Who decides what a container
// may do is pod.ts.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Docker } from './docker.ts'
import { type ContainerPlan, type Pod, type PodFacts, podContainers } from './pod.ts'
import { type Hooks, KeptContainer } from './pod-container.ts'
import { makeVolumes, removeVolumes, type VolumeFiles } from './pod-volume-folders.ts'

export interface PodOptions {
  readonly docker: Docker
  readonly pod: Pod
  /** Docker's word for the network namespace all containers share: `container:NAME`, `host`. */
  readonly network: string
  /** Of this Pod alone: its volumes lie below, and go with it. */
  readonly dir: string
  readonly facts: PodFacts
  readonly volumeFiles: VolumeFiles
  /** How its containers' names begin; the rest is the Pod's name, theirs, and how often they started. */
  readonly prefix: string
  /** Told when a container starts or ends. */
  readonly say?: (line: string) => void
}

export interface ContainerEnd {
  readonly container: string
  readonly exitCode: number
}

const GRACE_SECONDS = 30

/** The Pod, with every container started. */
export async function startPod(options: PodOptions): Promise<RunningPod> {
  const pod = new RunningPod(options)
  try {
    await pod.start()
    return pod
  } catch (error) {
    await pod[Symbol.asyncDispose]()
    throw error
  }
}

export class RunningPod implements AsyncDisposable {
  readonly pod: Pod
  /** Every end of a container so far, oldest first; grows. */
  readonly ends: ContainerEnd[] = []
  readonly #options: PodOptions
  readonly #containers = new Map<string, KeptContainer>()

  constructor(options: PodOptions) {
    this.pod = options.pod
    this.#options = options
  }

  async start(): Promise<void> {
    const { docker, pod, network, facts, volumeFiles } = this.#options
    const volumesDir = join(this.#options.dir, 'volumes')
    await makeVolumes(pod, volumesDir, volumeFiles)
    const plans = podContainers(pod, { ...facts, network, volumesDir })
    for (const plan of plans.init) await this.#runInit(plan)
    const kept = plans.main.map((plan) => new KeptContainer(docker, plan, this.#hooks(plan.name)))
    for (const one of kept) this.#containers.set(one.plan.name, one)
    await Promise.all(kept.map((one) => one.start()))
  }

  /** As `kubectl exec`: what it printed on stdout, or an error with its stderr. */
  async exec(container: string, argv: readonly string[]): Promise<string> {
    return await this.#options.docker.run(['exec', this.containerName(container), ...argv])
  }

  /** Ends it without a word to anybody; the Pod starts it again. */
  async kill(container: string, signal: NodeJS.Signals): Promise<void> {
    await this.#options.docker.run(['kill', '--signal', signal, this.containerName(container)])
  }

  /** Name of the Docker container that runs now. */
  containerName(container: string): string {
    return this.#container(container).running
  }

  restarts(container: string): number {
    return this.#container(container).restarts
  }

  /** What it printed, also before it was started again. */
  async logs(container: string): Promise<string> {
    return await this.#container(container).logs()
  }

  /** Asks the liveness probe once: is it content, and what did it print? Only a command can be asked. */
  async probe(container: string): Promise<{ alive: boolean; said: string }> {
    const spec = this.pod.spec.containers.find(({ name }) => name === container)
    const command = spec?.livenessProbe?.exec?.command
    if (!command) throw new Error(`${container} has no liveness probe that is a command`)
    const argv = ['exec', this.containerName(container), ...command]
    const options = { env: { DOCKER_HOST: this.#options.docker.host }, reject: false, all: true }
    const { failed, all } = await execa('docker', argv, options)
    return { alive: !failed, said: String(all) }
  }

  /** As when the Pod is deleted: all containers at once, politely, and after its grace period at last. */
  async stop(): Promise<void> {
    const grace = this.pod.spec.terminationGracePeriodSeconds ?? GRACE_SECONDS
    await this.#end((one) => one.stop(grace))
  }

  /** As when the node's power fails, for the Pod alone. */
  async killAll(): Promise<void> {
    await this.#end((one) => one.stop(0))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killAll()
    await rm(this.#options.dir, { recursive: true, force: true })
  }

  async #end(end: (container: KeptContainer) => Promise<void>): Promise<void> {
    const results = await Promise.allSettled([...this.#containers.values()].map(end))
    this.#containers.clear()
    // Volumes of its own have a Pod's life; the next one starts with others.
    await removeVolumes(join(this.#options.dir, 'volumes'))
    const failed = results.filter((one) => one.status === 'rejected')
    if (failed.length > 0) {
      throw new AggregateError(
        failed.map(({ reason }) => reason),
        `containers of ${this.pod.metadata.name} that did not end well`,
      )
    }
  }

  #container(name: string): KeptContainer {
    const container = this.#containers.get(name)
    if (!container) throw new Error(`${this.pod.metadata.name} runs no container ${name}`)
    return container
  }

  async #runInit(plan: ContainerPlan): Promise<void> {
    const { docker, prefix } = this.#options
    const name = `${prefix}-${this.pod.metadata.name}-${plan.name}`
    await docker.run(['create', '--name', name, ...plan.args])
    try {
      await docker.run(['start', '--attach', name])
    } finally {
      await docker.run(['rm', '--force', name])
    }
  }

  #hooks(container: string): Hooks {
    const { prefix, say = () => {} } = this.#options
    const { name } = this.pod.metadata
    const policy = this.pod.spec.restartPolicy ?? 'Always'
    return {
      nameOf: (restarts) => `${prefix}-${name}-${container}-${restarts}`,
      again: (exitCode) => policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0),
      started: (restarts) => say(`${name}: ${container} started, ${restarts} restarts`),
      ended: (exitCode) => {
        this.ends.push({ container, exitCode })
        say(`${name}: ${container} ended, exit code ${exitCode}`)
      },
    }
  }
}
