// Starts a program as a Pod's container is started: what tells it where the API server is, and who it
// is, are files and environment, not a kubeconfig, for reading that brings a library of its own.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Login } from '../../kube/support/access.ts'

/** In this process only: `ip netns exec` has given it a table of mounts of its own. */
const MOUNT = `
mount -t tmpfs tmpfs /var/run
mkdir -p /var/run/secrets/kubernetes.io
cp -r "$1" /var/run/secrets/kubernetes.io/serviceaccount
shift
exec "$@"
`

/** The words that start it in a network namespace; `dir` is to hold its credentials. */
export async function inPod(
  program: string,
  { url, authority, token }: Login,
  dir: string,
): Promise<string[]> {
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'ca.crt'), authority)
  await writeFile(join(dir, 'token'), token, { mode: 0o600 })
  const { hostname, port } = new URL(url)
  const environment = [`KUBERNETES_SERVICE_HOST=${hostname}`, `KUBERNETES_SERVICE_PORT=${port}`]
  return ['sh', '-ec', MOUNT, 'in-pod', dir, 'env', '-u', 'KUBECONFIG', ...environment, program]
}
