// Where the commands that answer and exit find the objects: the folder that is named, or else the
// cluster that kubectl would speak to from here. Says on stderr which cluster that was.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Access } from '../kube/access.ts'
import { type FlagValues, text, UsageError } from './flags.ts'
import { namespace, shared } from './role-flags.ts'

const { kubernetesHost, kubernetesPort } = shared

export const where = {
  objects: text(
    'Folder with the objects as YAML or JSON files, in any number of files and folders below it, instead of a cluster.',
    '',
    { value: 'DIR' },
  ),
  kubeconfig: text(
    'File that says how to reach a cluster. Without it, as for kubectl: ~/.kube/config, or the service account of the Pod we are in.',
    '',
    { env: 'KUBECONFIG', value: 'FILE' },
  ),
  context: text('Context of the kubeconfig to use instead of its current one.', '', {
    value: 'NAME',
  }),
  kubernetesHost,
  kubernetesPort,
  namespace,
}

export type Where = FlagValues<typeof where>

/** How help texts name the choice. */
export const WHERE_USAGE = '[--objects DIR | --kubeconfig FILE]'

export async function accessTo(flags: Where, home = homedir()): Promise<Access> {
  const { kubeconfigAccess, podAccess } = await import('../kube/access.ts')
  const { kubernetesHost, kubernetesPort, context } = flags
  const file = kubeconfigOf(flags, home)
  if (file !== '') return said(await kubeconfigAccess(file, context), flags, file)
  if (context !== '') throw new UsageError('--context needs a kubeconfig: --kubeconfig FILE')
  if (kubernetesHost === '') {
    throw new UsageError(
      'say where the objects are: --objects DIR for a folder, --kubeconfig FILE for a cluster (there is no ~/.kube/config)',
    )
  }
  return said(podAccess({ host: kubernetesHost, port: kubernetesPort }), flags, 'service account')
}

function kubeconfigOf({ kubeconfig }: Where, home: string): string {
  if (kubeconfig !== '') return kubeconfig
  const usual = join(home, '.kube/config')
  return existsSync(usual) ? usual : ''
}

/** What is right in one cluster is a riddle in another: whoever reads the answer has to know. */
function said(access: Access, { namespace }: Where, by: string): Access {
  const context = access.context === undefined ? '' : `context ${access.context} of `
  const server = `${access.server.origin}${access.server.pathname.replace(/\/$/, '')}`
  process.stderr.write(`cluster ${server} (${context}${by}), configuration in ${namespace}\n`)
  return access
}
