// A Pod as `docker create` arguments: what a kubelet and its container runtime make of a Pod's spec, said
// in Docker's words. Pure. A field we would have to leave out is an error, for a test must not claim
// what did not happen; fields that only schedulers and controllers read are nobody's loss.
import assert from 'node:assert/strict'
import { environment, expandReferences } from './pod-environment.ts'
import { securityArgs } from './pod-security.ts'

export interface Pod {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec: PodSpec
}

export interface PodSpec {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly securityContext?: PodSecurity
  readonly hostNetwork?: boolean
  readonly serviceAccountName?: string
  readonly restartPolicy?: string
  readonly terminationGracePeriodSeconds?: number
}

export interface PodSecurity {
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly runAsNonRoot?: boolean
  readonly fsGroup?: number
  readonly supplementalGroups?: readonly number[]
  readonly seccompProfile?: { readonly type: string }
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly env?: readonly EnvVar[]
  readonly volumeMounts?: readonly VolumeMount[]
  readonly resources?: { readonly limits?: Readonly<Record<string, string>> }
  readonly livenessProbe?: { readonly exec?: { readonly command: readonly string[] } }
  readonly securityContext?: ContainerSecurity
}

interface ContainerSecurity {
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly readOnlyRootFilesystem?: boolean
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly runAsNonRoot?: boolean
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly seccompProfile?: { readonly type: string }
}

interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } }
}

export interface VolumeMount {
  readonly name: string
  readonly mountPath: string
  readonly subPath?: string
  readonly readOnly?: boolean
}

/** One of the sources besides its name: `emptyDir`, `configMap`, `secret`, `projected`, `hostPath`. */
export interface Volume {
  readonly name: string
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string }
  readonly configMap?: FileSource & { readonly name: string }
  readonly secret?: FileSource & { readonly secretName: string }
  readonly projected?: { readonly defaultMode?: number; readonly sources: readonly object[] }
  readonly hostPath?: { readonly path: string; readonly type?: string }
}

interface FileSource {
  readonly defaultMode?: number
  readonly optional?: boolean
}

/** What only the node it runs on knows. */
export interface PodFacts {
  readonly nodeName: string
  readonly hostIP: string
  readonly podIP: string
  /** What a kubelet adds to every container: where the API server is. */
  readonly env?: Readonly<Record<string, string>>
}

export interface PodPlace extends PodFacts {
  /** Docker's word for the network namespace: `container:NAME`, `host` or `none`. */
  readonly network: string
  /** Where each volume lies, by the volume's name. */
  readonly volumesDir: string
}

export interface ContainerPlan {
  readonly name: string
  /** What follows `docker create --name …`. */
  readonly args: readonly string[]
}

export interface ContainerPlans {
  /** One after another, each to its end. */
  readonly init: readonly ContainerPlan[]
  /** All at once. */
  readonly main: readonly ContainerPlan[]
}

export function podContainers(pod: Pod, place: PodPlace): ContainerPlans {
  const plan = (container: Container): ContainerPlan => {
    refuseUnknown(container, KNOWN.container, `container ${container.name}`)
    refuseUnknown(container.securityContext ?? {}, KNOWN.security, `security of ${container.name}`)
    return { name: container.name, args: createArgs(pod, container, place) }
  }
  refuseUnknown(pod.spec, KNOWN.pod, `pod ${pod.metadata.name}`)
  refuseUnknown(pod.spec.securityContext ?? {}, KNOWN.podSecurity, 'the security of the pod')
  return {
    init: (pod.spec.initContainers ?? []).map(plan),
    main: pod.spec.containers.map(plan),
  }
}

function createArgs(pod: Pod, container: Container, place: PodPlace): string[] {
  const env = environment(pod, container, place)
  const expand = (text: string) => expandReferences(text, env)
  const [entrypoint, ...command] = (container.command ?? []).map(expand)
  return [
    ...['--network', place.network],
    ...securityArgs(pod.spec.securityContext ?? {}, container),
    ...resourceArgs(container),
    ...[...env].flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...(container.workingDir ? ['--workdir', container.workingDir] : []),
    ...(container.volumeMounts ?? []).flatMap((mount) => mountArgs(pod, mount, place)),
    ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
    container.image,
    ...command,
    ...(container.args ?? []).map(expand),
  ]
}

function resourceArgs({ resources }: Container): string[] {
  const { cpu, memory } = resources?.limits ?? {}
  return [
    // No swap: a Pod's limit is of memory alone.
    ...(memory ? ['--memory', bytesOf(memory), '--memory-swap', bytesOf(memory)] : []),
    ...(cpu ? ['--cpus', cpu.endsWith('m') ? String(Number(cpu.slice(0, -1)) / 1000) : cpu] : []),
  ]
}

const UNITS = new Map([
  ['', 1],
  ...['k', 'M', 'G', 'T'].map((unit, index) => [unit, 1000 ** (index + 1)] as const),
  ...['Ki', 'Mi', 'Gi', 'Ti'].map((unit, index) => [unit, 1024 ** (index + 1)] as const),
])

/** A Kubernetes quantity of bytes, in bytes. */
export function bytesOf(quantity: string): string {
  const [, digits, unit = ''] = /^(\d+)([A-Za-z]*)$/.exec(quantity) ?? []
  const factor = UNITS.get(unit)
  assert(digits !== undefined && factor !== undefined, `"${quantity}" is not a number of bytes`)
  return String(Number(digits) * factor)
}

function mountArgs(pod: Pod, mount: VolumeMount, { volumesDir }: PodPlace): string[] {
  const volume = pod.spec.volumes?.find(({ name }) => name === mount.name)
  assert(volume, `no volume ${mount.name}`)
  const top = volume.hostPath?.path ?? `${volumesDir}/${volume.name}`
  const source = mount.subPath ? `${top}/${mount.subPath}` : top
  // Files that come from objects can be written by nobody, whatever the mount says.
  const readOnly = mount.readOnly || !(volume.emptyDir || volume.hostPath)
  const fields = ['type=bind', `source=${source}`, `target=${mount.mountPath}`]
  return ['--mount', [...fields, ...(readOnly ? ['readonly'] : [])].join(',')]
}

/** Fields we know the meaning of, and those that mean nothing on the node. */
const KNOWN = {
  pod: [
    ...['containers', 'initContainers', 'volumes', 'securityContext', 'hostNetwork'],
    ...['serviceAccountName', 'restartPolicy', 'terminationGracePeriodSeconds', 'nodeName'],
    ...['enableServiceLinks', 'automountServiceAccountToken', 'dnsPolicy', 'schedulerName'],
    ...['nodeSelector', 'tolerations', 'affinity', 'priority', 'priorityClassName'],
    ...['topologySpreadConstraints', 'preemptionPolicy', 'serviceAccount', 'imagePullSecrets'],
  ],
  podSecurity: [
    ...['runAsUser', 'runAsGroup', 'runAsNonRoot', 'fsGroup', 'supplementalGroups'],
    ...['seccompProfile'],
  ],
  container: [
    ...['name', 'image', 'command', 'args', 'workingDir', 'env', 'volumeMounts', 'resources'],
    ...['livenessProbe', 'readinessProbe', 'startupProbe', 'securityContext', 'ports'],
    ...['imagePullPolicy', 'terminationMessagePath', 'terminationMessagePolicy'],
  ],
  security: [
    ...['privileged', 'allowPrivilegeEscalation', 'readOnlyRootFilesystem', 'runAsUser'],
    ...['runAsGroup', 'runAsNonRoot', 'capabilities', 'seccompProfile'],
  ],
}

function refuseUnknown(value: object, known: readonly string[], where: string): void {
  const unknown = Object.keys(value).filter((key) => !known.includes(key))
  assert(unknown.length === 0, `${where}: ${unknown.join(', ')} would be left out`)
}
