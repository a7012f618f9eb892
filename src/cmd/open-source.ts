// The source of objects that the flags name: a folder, or the API server of a cluster.
import { openFolder } from '../kube/folder.ts'
import type { Source } from '../kube/source.ts'
import type { Log } from '../log.ts'
import { type FlagValues, UsageError } from './flags.ts'
import type { shared } from './role-flags.ts'

export type SharedFlags = FlagValues<typeof shared>

export async function openSource(
  flags: SharedFlags,
  log: Log,
  role: 'controller' | 'speaker',
): Promise<Source> {
  return flags.objects === '' ? await openClusterOf(flags, log, role) : openFolderOf(flags, log)
}

function openFolderOf(flags: SharedFlags, log: Log): Source {
  const onError = (error: Error) => log.error({ op: 'watch', error }, 'cannot read the folder')
  return openFolder({
    ...{ dir: flags.objects, namespace: flags.namespace, onError },
    watch: !flags.once,
    rescanMs: flags.rescanMs,
  })
}

async function openClusterOf(
  flags: SharedFlags,
  log: Log,
  role: 'controller' | 'speaker',
): Promise<Source> {
  // Loaded only here: a folder needs nothing of it.
  const { openClient } = await import('../kube/client.ts')
  const { openCluster } = await import('../kube/cluster.ts')
  const client = openClient(await accessOf(flags))
  const cluster = openCluster({
    ...{ client, role, namespace: flags.namespace, podName: flags.podName },
    onError: (error) => log.error({ op: 'kube', error }, 'trouble with the API server'),
    onRecovered: () => log.info({ op: 'kube' }, 'the API server answers again'),
  })
  return cluster
}

async function accessOf({ kubeconfig, kubernetesHost, kubernetesPort }: SharedFlags) {
  const { kubeconfigAccess, podAccess } = await import('../kube/access.ts')
  if (kubeconfig !== '') return await kubeconfigAccess(kubeconfig)
  if (kubernetesHost !== '') return podAccess({ host: kubernetesHost, port: kubernetesPort })
  throw new UsageError(
    'say where the objects are: --objects DIR for a folder, --kubeconfig FILE for a cluster; in a Pod neither is needed',
  )
}
