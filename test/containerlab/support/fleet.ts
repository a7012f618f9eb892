// A topology with everything in it: routers, and on every node the Pod of our DaemonSet, in containers; and
// a controller. They share one folder of objects instead of an API server.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type ContainerLab, openContainerLab } from '../../../src/lab/container-lab.ts'
import { IMAGES, TOPOLOGY_FILE } from '../../../src/lab/containerlab.ts'
import type { Docker } from '../../../src/lab/docker.ts'
import { type RunningPod, startPod } from '../../../src/lab/pod-runner.ts'
import { startSandbox } from '../../../src/lab/pod-sandbox.ts'
import { readSamples, type Sample } from '../../../src/lab/samples.ts'
import {
  bare,
  CONTAINER_NETWORKS,
  type Network,
  type NodeSpec,
  nodeObjects,
} from '../../../src/lab/topology.ts'
import { until } from '../../../src/lab/until.ts'
import { find, ROOT, read } from '../../support/source.ts'
import { openDockerWithImages } from './container-images.ts'
import { type RouterContainer, routerContainer } from './router-container.ts'
import { manifestFiles, workloadPod } from './workload-pod.ts'

export interface FleetOptions {
  /** Folder of the topology below test/containerlab. */
  readonly name: string
  readonly say: (line: string) => void
  /** Objects, if not the topology's own. */
  readonly samples?: readonly Sample[]
}

/** All containers have been started when it returns; sessions come up by and by. */
export async function openFleet(options: FleetOptions): Promise<Fleet> {
  await using stack = new AsyncDisposableStack()
  const { name, say } = options
  const network = CONTAINER_NETWORKS.get(name)?.()
  assert(network, `there is no topology ${name}`)
  const docker = stack.use(await openDockerWithImages(network, say))
  const file = join(ROOT, 'test/containerlab', name, TOPOLOGY_FILE)
  const lab = stack.use(await openContainerLab({ docker, file, say }))
  const fleet = new Fleet({ docker, lab, network, say, stack: stack.move() })
  try {
    await fleet.start(options.samples ?? (await objectsOf(name, network)))
    return fleet
  } catch (error) {
    await fleet[Symbol.asyncDispose]()
    throw error
  }
}

/** Beside the topology, else the samples that people are given for it. */
async function objectsOf(name: string, network: Network): Promise<readonly Sample[]> {
  const own = find(`test/containerlab/${name}/objects/*.yaml`)
  if (own.length === 0 && 'samples' in network) return await readSamples(String(network.samples))
  return own.map((path) => ({ file: path.split('/').at(-1)!, text: read(path) }))
}

interface Parts {
  readonly docker: Docker
  readonly lab: ContainerLab
  readonly network: Network
  readonly say: (line: string) => void
  readonly stack: AsyncDisposableStack
}

export class Fleet implements AsyncDisposable {
  readonly network: Network
  readonly lab: ContainerLab
  readonly docker: Docker
  readonly routers: readonly RouterContainer[]
  readonly #say: (line: string) => void
  readonly #stack: AsyncDisposableStack
  readonly #pods = new Map<string, RunningPod>()
  readonly #files = manifestFiles(randomBytes(32))

  constructor({ docker, lab, network, say, stack }: Parts) {
    this.docker = docker
    this.lab = lab
    this.network = network
    this.#say = say
    this.#stack = stack
    this.routers = network.routers.map((spec) =>
      routerContainer(docker, lab.container(spec.name), { spec, netns: lab.netns(spec.name) }),
    )
  }

  async start(samples: readonly Sample[]): Promise<void> {
    await this.#makeObjectsDir()
    for (const { file, text } of samples) await this.write(file, text)
    const nodes = nodeObjects(this.network).map((node) => stringify(node))
    await this.write('0-nodes.yaml', nodes.join('---\n'))
    await Promise.all([this.#startController(), ...this.network.nodes.map(this.#startSpeaker)])
  }

  get objectsDir(): string {
    return join(this.lab.dir, 'objects')
  }

  /** A node's Pod of the DaemonSet, by the node's name; `controller` is the controller's. */
  pod(name: string): RunningPod {
    const pod = this.#pods.get(name)
    assert(pod, `there is no Pod ${name}`)
    return pod
  }

  /** Ends a container without a word, and waits until the Pod has started it again. */
  async kill(node: string, container: string): Promise<void> {
    const pod = this.pod(node)
    const restarts = pod.restarts(container)
    await pod.kill(container, 'SIGKILL')
    await until(
      `${container} of ${node} runs again`,
      () => pod.restarts(container) > restarts && pod.containerName(container),
      { timeoutMs: 60_000 },
    )
  }

  router(name: string): RouterContainer {
    const router = this.routers.find(({ spec }) => spec.name === name)
    assert(router, `there is no router ${name}`)
    return router
  }

  /** Appears at once as a whole. Names with a dot first are not read. */
  async write(file: string, text: string): Promise<void> {
    const draft = join(this.objectsDir, `.${file}`)
    await writeFile(draft, text)
    await rename(draft, join(this.objectsDir, file))
  }

  /** Edits one of the files as a person would. */
  async change(file: string, from: string, to: string): Promise<void> {
    const text = await readFile(join(this.objectsDir, file), 'utf8')
    assert(text.includes(from), `${file} says ${from}`)
    await this.write(file, text.replaceAll(from, to))
  }

  async remove(file: string): Promise<void> {
    await unlink(join(this.objectsDir, file))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  /** For root without rights of its own as well as for the controller's user. */
  async #makeObjectsDir(): Promise<void> {
    const shared = [
      '',
      '.status',
      '.status/ConfigurationState',
      '.status/ConfigurationState/metallb-system',
    ]
    for (const path of shared) {
      const dir = join(this.objectsDir, path)
      await mkdir(dir, { recursive: true })
      await chmod(dir, 0o777)
    }
  }

  async #startController(): Promise<void> {
    const { docker, lab } = this
    const name = `${lab.prefix}-controller`
    const image = IMAGES.holder
    const sandbox = await startSandbox({ docker, name, hostname: 'controller', image })
    this.#stack.use(sandbox)
    const place = { network: sandbox.network, address: '127.0.0.1' }
    await this.#startPod('controller', place, { kind: 'Deployment', name: 'controller' })
  }

  readonly #startSpeaker = async ({ name, legs }: NodeSpec): Promise<void> => {
    const place = {
      network: `container:${this.lab.container(name)}`,
      address: bare(legs[0]!.v4),
    }
    // Who else is there is said by Pods of an API server; here by hand.
    const others = this.network.nodes.filter((other) => other.name !== name)
    const flags = [`--ml-join=${others.map(({ legs }) => bare(legs[0]!.v4)).join()}`]
    await this.#startPod(name, place, { kind: 'DaemonSet', name: 'speaker', flags })
  }

  async #startPod(
    machine: string,
    { network, address }: { network: string; address: string },
    workload: Pick<Parameters<typeof workloadPod>[0], 'kind' | 'name' | 'flags'>,
  ): Promise<void> {
    const podName = `${workload.name}-${machine}`
    const pod = await startPod({
      docker: this.docker,
      pod: workloadPod({ ...workload, podName, objectsDir: this.objectsDir }),
      network,
      dir: join(this.lab.dir, podName),
      facts: { nodeName: machine, hostIP: address, podIP: address },
      volumeFiles: this.#files,
      prefix: this.lab.prefix,
      say: this.#say,
    })
    this.#stack.use(pod)
    this.#pods.set(machine, pod)
  }
}
