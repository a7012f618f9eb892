// Who a container runs as and what it may do: a Pod's and a container's security contexts as arguments of
// Docker. Pure.
import assert from 'node:assert/strict'
import type { Container, PodSecurity } from './pod.ts'

export function securityArgs(pod: PodSecurity, container: Container): string[] {
  const own = container.securityContext ?? {}
  const groups = [...(pod.supplementalGroups ?? []), ...ownGroup(pod)]
  const { add = [], drop = [] } = own.capabilities ?? {}
  return [
    ...userArgs(pod, container),
    ...groups.flatMap((group) => ['--group-add', String(group)]),
    ...drop.flatMap((name) => ['--cap-drop', name]),
    ...add.flatMap((name) => ['--cap-add', name]),
    ...(own.privileged ? ['--privileged'] : []),
    ...(own.readOnlyRootFilesystem ? ['--read-only'] : []),
    ...(own.allowPrivilegeEscalation === false ? ['--security-opt', 'no-new-privileges'] : []),
    ...seccompArgs(own.seccompProfile?.type ?? pod.seccompProfile?.type),
  ]
}

function userArgs(pod: PodSecurity, { name, securityContext = {} }: Container): string[] {
  const user = securityContext.runAsUser ?? pod.runAsUser
  const group = securityContext.runAsGroup ?? pod.runAsGroup
  if (securityContext.runAsNonRoot ?? pod.runAsNonRoot) {
    // The kubelet would look at the image's user when the Pod names none.
    assert(
      user !== undefined && user !== 0,
      `${name} shall not run as root, and names no other user`,
    )
  }
  if (user === undefined) return []
  return ['--user', group === undefined ? String(user) : `${user}:${group}`]
}

/** The group that owns the Pod's volumes, in a list of none or one. */
export const ownGroup = ({ fsGroup }: { readonly fsGroup?: number }): number[] =>
  fsGroup === undefined ? [] : [fsGroup]

/** A Pod that asks for no profile gets none, unless its kubelet was told otherwise; Docker's is on. */
function seccompArgs(type: string | undefined): string[] {
  assert(type !== 'Localhost', 'a seccomp profile of the node is not known here')
  return type === 'RuntimeDefault' ? [] : ['--security-opt', 'seccomp=unconfined']
}
