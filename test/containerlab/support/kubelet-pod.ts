// One Pod in the hands of the kubelet's stand-in: from its volumes and network over its containers and
// their probes to its end, and what the API server is told meanwhile.
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { describe } from '../../../src/describe.ts'
import type { Client } from '../../../src/kube/client.ts'
import type { Docker } from '../../../src/lab/docker.ts'
import type { Container, Pod } from '../../../src/lab/pod.ts'
import { type RunningPod, startPod } from '../../../src/lab/pod-runner.ts'
import { ContainerWatch } from './kubelet-container.ts'
import { type Condition, statusOf } from './kubelet-status.ts'
import { type Files, filesOf, unlessAbsent } from './kubelet-volumes.ts'
import type { PodNetwork } from './pod-network.ts'
import type { Prober } from './prober.ts'

export interface ApiPod extends Pod {
  readonly metadata: Pod['metadata'] & {
    readonly namespace: string
    readonly uid: string
    readonly deletionTimestamp?: string
  }
  readonly status?: { readonly conditions?: readonly Condition[] }
}

/** What all Pods of a node share. */
export interface Host {
  readonly name: string
  readonly address: string
  /** Docker's word for the node's own network. */
  readonly network: string
  readonly podNetwork: PodNetwork
  readonly docker: Docker
  readonly client: Client
  readonly prober: Prober
  readonly dir: string
  /** How the containers' names begin. */
  readonly prefix: string
  /** What every container is told: where the API server is. */
  readonly env: Readonly<Record<string, string>>
  readonly say: (line: string) => void
}

/** A kubelet looks at its containers once a second. */
const LOOK_MS = 1000
/** Then the wait for what is missing, or failed, doubles from half a second. */
const RETRY_MS = [500, 1000, 2000, 4000, 8000] as const

export class KeptPod {
  readonly pod: ApiPod
  readonly #host: Host
  readonly #over = new AbortController()
  readonly #stack = new AsyncDisposableStack()
  readonly #startTime = new Date().toISOString()
  readonly #living: Promise<void>
  #running: RunningPod | undefined
  #containers: readonly ContainerWatch[] = []
  /** Both of its own; without them it has the node's. */
  #address: string | undefined
  #network: string | undefined
  #status: object = {}

  constructor(host: Host, pod: ApiPod) {
    this.#host = host
    this.pod = pod
    this.#status = pod.status ?? {}
    this.#living = this.#live().catch((error: unknown) => {
      if (!this.#over.signal.aborted) host.say(`${pod.metadata.name}: ${describe(error)}`)
    })
  }

  /** While it runs. */
  get running(): RunningPod | undefined {
    return this.#running
  }

  /** As its deletion asks: politely, and then the object goes. */
  async end(): Promise<void> {
    await this.#finish(async (running) => await running.stop())
    const { metadata } = this.pod
    const preconditions = { uid: metadata.uid }
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions }
    await unlessAbsent(this.#host.client.request({ method: 'DELETE', path: this.#path, body }))
  }

  /** Its object has gone already, or the node goes. */
  async drop(): Promise<void> {
    await this.#finish(async (running) => await running.killAll())
  }

  async #finish(how: (running: RunningPod) => Promise<void>): Promise<void> {
    if (this.#over.signal.aborted) return await this.#living
    this.#over.abort()
    await this.#living
    if (this.#running) await how(this.#running)
    await this.#stack.disposeAsync()
  }

  async #live(): Promise<void> {
    const { signal } = this.#over
    await this.#again('CreatePodSandboxError', async () => await this.#enterNetwork())
    const files = await this.#again('ContainerCreating', async () => await this.#gather())
    await this.#again('CreateContainerError', async () => await this.#start(files))
    while (!signal.aborted) {
      await Promise.all(this.#containers.map((one) => one.look(signal)))
      await this.#tell()
      await delay(LOOK_MS, undefined, { signal })
    }
  }

  /** Until it succeeds; meanwhile the Pod's status says why it waits. */
  async #again<T>(reason: string, work: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await work()
      } catch (error) {
        this.#over.signal.throwIfAborted()
        await this.#tell({ reason, message: describe(error) })
        const waitMs = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]
        await delay(waitMs, undefined, { signal: this.#over.signal })
      }
    }
  }

  async #enterNetwork(): Promise<void> {
    const { address, podNetwork } = this.#host
    if (this.pod.spec.hostNetwork) this.#address = address
    else {
      const place = this.#stack.use(await podNetwork.add(this.pod.metadata.name))
      this.#address = place.address
      this.#network = place.network
    }
  }

  async #gather(): Promise<ReadonlyMap<string, Files>> {
    const volumes = (this.pod.spec.volumes ?? []).filter(
      ({ emptyDir, hostPath }) => !emptyDir && !hostPath,
    )
    const { client } = this.#host
    const files = async (volume: (typeof volumes)[number]) =>
      [volume.name, await filesOf(client, this.pod, volume)] as const
    return new Map(await Promise.all(volumes.map(files)))
  }

  async #start(files: ReadonlyMap<string, Files>): Promise<void> {
    const { name, address, docker, dir, prefix, env, network, prober, say } = this.#host
    const podIP = this.#address ?? address
    const running = await startPod({
      ...{ docker, pod: this.pod, prefix, say },
      network: this.#network ?? network,
      dir: `${dir}/${this.pod.metadata.uid}`,
      facts: { nodeName: name, hostIP: address, podIP, env },
      volumeFiles: (volume) => files.get(volume.name) ?? new Map(),
    })
    this.#running = this.#stack.use(running)
    this.#containers = this.pod.spec.containers.map(
      (container: Container) => new ContainerWatch({ running, container, podIP, docker, prober }),
    )
  }

  /** Only when there is something new to say. */
  async #tell(waiting?: { reason: string; message: string }): Promise<void> {
    const idle = ({ name, image }: Container) => ({
      ...{ name, image, isRunning: false, isReady: false, restarts: 0 },
    })
    const containers = waiting
      ? this.pod.spec.containers.map(idle)
      : this.#containers.map((one) => one.facts())
    const status = statusOf(
      {
        ...{ hostIP: this.#host.address, startTime: this.#startTime, containers },
        ...(this.#address === undefined ? {} : { podIP: this.#address }),
        ...(waiting ? { waiting } : {}),
      },
      this.#status,
      new Date().toISOString(),
    )
    if (isDeepStrictEqual(status, this.#status)) return
    this.#status = status
    const path = `${this.#path}/status`
    const request = this.#host.client.request({
      ...{ method: 'PATCH', path, patch: 'merge', body: { status } },
    })
    await unlessAbsent(request)
  }

  get #path(): string {
    const { namespace, name } = this.pod.metadata
    return `/api/v1/namespaces/${namespace}/pods/${name}`
  }
}
