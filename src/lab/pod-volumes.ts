// The volumes of a Pod as folders of this machine: what each is, who owns it and what its files may be.
// Pure; pod-volume-folders.ts makes them.
import assert from 'node:assert/strict'
import { bytesOf, type Pod, type Volume } from './pod.ts'
import { ownGroup } from './pod-security.ts'

export type VolumePlan = { readonly name: string; readonly mode: number } & (
  | { readonly kind: 'folder' }
  | { readonly kind: 'memory'; readonly sizeBytes: string | undefined }
  /** Files of objects. Others may be mounted below it, at these folders. */
  | { readonly kind: 'files'; readonly fileMode: number; readonly below: readonly string[] }
)

// What `fsGroup` adds (pkg/volume/volume_linux.go of the kubelet): the group may read, and write where the
// Pod may; folders it may enter, and what is made in them is the group's.
const GROUP_READS = 0o440
const GROUP_FOLDER = 0o2110

export function podVolumes({ spec }: Pod): VolumePlan[] {
  const shared = ownGroup(spec.securityContext ?? {}).length > 0
  return (spec.volumes ?? [])
    .filter((volume) => volume.hostPath === undefined)
    .map((volume) => {
      const { name, emptyDir } = volume
      if (emptyDir) return { name, ...emptyFolder(emptyDir, shared) }
      const fileMode = (fileSource(volume).defaultMode ?? 0o644) | (shared ? GROUP_READS : 0)
      const mode = 0o777 | (shared ? GROUP_FOLDER | GROUP_READS : 0)
      return { name, mode, kind: 'files', fileMode, below: mountedBelow(spec, name) }
    })
}

function emptyFolder(source: NonNullable<Volume['emptyDir']>, shared: boolean) {
  const { medium = '', sizeLimit } = source
  assert(['', 'Memory'].includes(medium), `an emptyDir of medium ${medium}`)
  const mode = 0o777 | (shared ? GROUP_FOLDER | 0o660 : 0)
  if (medium === '') return { kind: 'folder' as const, mode }
  return { kind: 'memory' as const, mode, sizeBytes: sizeLimit && bytesOf(sizeLimit) }
}

function fileSource({ name, configMap, secret, projected }: Volume) {
  const source = configMap ?? secret ?? projected
  assert(source, `volume ${name} has a source that is not known here`)
  return source
}

/** Nobody can make a folder in files that are read only, so the place of a mount must be there before. */
function mountedBelow(spec: Pod['spec'], name: string): string[] {
  const containers = [...(spec.initContainers ?? []), ...spec.containers]
  const below = containers.flatMap(({ volumeMounts = [] }) =>
    volumeMounts
      .filter((mount) => mount.name === name)
      .flatMap(({ mountPath }) =>
        volumeMounts
          .filter((other) => other.mountPath.startsWith(`${mountPath}/`))
          .map((other) => other.mountPath.slice(mountPath.length + 1)),
      ),
  )
  return [...new Set(below)].sort()
}
