// The Pods of our own manifests for a lab without an API server: what stands there, but the roles read a
// folder of objects. Nothing else differs, and test/containerlab/README.md says so.
import assert from 'node:assert/strict'
import type { Container, Pod, PodSpec, Volume } from '../../../src/lab/pod.ts'
import { installed } from '../../support/manifests.ts'

/** Where the folder stands in every container of ours. */
export const OBJECTS = '/objects'
const FOLDER: Volume['name'] = 'objects'

export interface WorkloadPodOptions {
  readonly kind: 'DaemonSet' | 'Deployment'
  readonly name: 'speaker' | 'controller'
  readonly podName: string
  /** The folder on this machine. */
  readonly objectsDir: string
  /** Further flags of our role. */
  readonly flags?: readonly string[]
}

export function workloadPod({ kind, name, podName, ...more }: WorkloadPodOptions): Pod {
  const manifest = installed().find((one) => one.kind === kind && one.name === name)
  assert(manifest, `${kind} ${name}`)
  const { metadata, spec } = manifest.object.spec.template as Pod
  return {
    metadata: { ...metadata, name: podName, namespace: manifest.namespace ?? 'default' },
    spec: readingFolder(spec, { role: name, ...more }),
  }
}

function readingFolder(
  spec: PodSpec,
  {
    role,
    objectsDir,
    flags = [],
  }: { role: string } & Pick<WorkloadPodOptions, 'objectsDir' | 'flags'>,
): PodSpec {
  const mount = { name: FOLDER, mountPath: OBJECTS }
  const reading = (container: Container): Container => ({
    ...container,
    args: [...(container.args ?? []), `--objects=${OBJECTS}`, ...flags],
    volumeMounts: [...(container.volumeMounts ?? []), mount],
  })
  return {
    ...spec,
    containers: spec.containers.map((one) => (one.name === role ? reading(one) : one)),
    volumes: [...(spec.volumes ?? []), { name: FOLDER, hostPath: { path: objectsDir } }],
  }
}

/** The files that our ConfigMaps hold, and those of the one Secret the controller would have made. */
export function manifestFiles(gossipKey: Buffer) {
  return ({ configMap, secret }: Volume): Map<string, string | Uint8Array> => {
    if (secret?.secretName === 'memberlist') return new Map([['secretkey', gossipKey]])
    const found = installed().find(
      (one) => one.kind === 'ConfigMap' && one.name === configMap?.name,
    )
    if (found) return new Map(Object.entries<string>(found.object.data))
    // What an API server gives: a token, and objects that may be absent.
    return new Map()
  }
}
