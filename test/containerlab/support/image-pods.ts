// Single containers of our manifests, each in a Pod of its own: as the manifests say, with a change here
// and there to see what it does.
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Docker } from '../../../src/lab/docker.ts'
import type { Container, Pod } from '../../../src/lab/pod.ts'
import { type RunningPod, startPod } from '../../../src/lab/pod-runner.ts'
import { installed, type Manifest } from '../../support/manifests.ts'

/** A kind's template of Pods, with one of its containers alone; init containers where it shares them. */
export function podWith(
  name: 'speaker' | 'frr' | 'controller',
  change: Partial<Container> = {},
): Pod {
  const workload = name === 'controller' ? 'controller' : 'speaker'
  const { metadata, spec } = templateOf(workload)
  const container = { ...containerOf(workload, name), ...change }
  const initContainers = name === 'frr' ? spec.initContainers : []
  const used = [container, ...initContainers].flatMap(({ volumeMounts = [] }) =>
    volumeMounts.map((mount: { name: string }) => mount.name),
  )
  const volumes = spec.volumes.filter((volume: { name: string }) => used.includes(volume.name))
  return {
    metadata: { ...metadata, name, namespace: 'metallb-system' },
    spec: { ...spec, containers: [container], initContainers, volumes, restartPolicy: 'Never' },
  }
}

export function containerOf(workload: 'speaker' | 'controller', name: string): Container {
  return templateOf(workload).spec.containers.find((one: Container) => one.name === name)
}

/** What a container may do, by the manifests. */
export function capabilitiesOf(name: 'speaker' | 'frr' | 'controller'): readonly string[] {
  const workload = name === 'controller' ? 'controller' : 'speaker'
  return containerOf(workload, name).securityContext?.capabilities?.add ?? []
}

export function without(capability: string, name: 'speaker' | 'frr'): Partial<Container> {
  const { securityContext } = containerOf('speaker', name)
  const { drop = [] } = securityContext?.capabilities ?? {}
  const add = capabilitiesOf(name).filter((one) => one !== capability)
  return { securityContext: { ...securityContext, capabilities: { drop, add } } }
}

/** In a network namespace of its own, with nothing but loopback. */
export async function startAlone(docker: Docker, pod: Pod): Promise<RunningPod> {
  const dir = await mkdtemp(join(tmpdir(), 'image-pod-'))
  return await startPod({
    docker,
    pod,
    network: 'none',
    dir,
    prefix: dir.slice(dir.lastIndexOf('/') + 1),
    facts: { nodeName: 'n1', hostIP: '127.0.0.1', podIP: '127.0.0.1' },
    volumeFiles: ({ configMap }) =>
      configMap?.name === 'frr-startup' ? startupFiles() : new Map(),
  })
}

/** What FRR finds when it starts for the first time. */
export const startupFiles = (): ReadonlyMap<string, string> =>
  new Map(Object.entries(find('ConfigMap', 'frr-startup').object.data))

const templateOf = (workload: 'speaker' | 'controller') =>
  find(workload === 'speaker' ? 'DaemonSet' : 'Deployment', workload).object.spec.template

function find(kind: string, name: string): Manifest {
  const found = installed().find((one) => one.kind === kind && one.name === name)
  if (!found) throw new Error(`manifests/ have no ${kind} ${name}`)
  return found
}
