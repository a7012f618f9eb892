// A real kube-controller-manager at an API server of the tests: what makes Pods of workloads, slices of
// Services, accounts and certificates in namespaces, and removes what belonged to something deleted.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ApiServer } from './api-server.ts'
import { startControlDaemon } from './control-daemon.ts'

/**
 * Nothing that judges nodes: node-lifecycle-controller would take those for dead that no kubelet
 * reports, and evict their Pods.
 */
const CONTROLLERS = [
  ...['deployment', 'replicaset', 'daemonset', 'job', 'endpointslice', 'disruption'],
  ...['serviceaccount', 'serviceaccount-token', 'root-ca-certificate-publisher'],
  ...['namespace', 'garbage-collector', 'clusterrole-aggregation'],
]

export async function startControllerManager(server: ApiServer): Promise<AsyncDisposable> {
  const { authority } = await server.access()
  const authorityFile = join(server.dir, 'authority.crt')
  await writeFile(authorityFile, authority)
  const flags = [
    `--controllers=${CONTROLLERS.map((name) => `${name}-controller`).join()}`,
    `--root-ca-file=${authorityFile}`,
    `--service-account-private-key-file=${join(server.dir, 'accounts.key')}`,
    // A test should wait for what is done, not for leave to do it.
    ...['--kube-api-qps=500', '--kube-api-burst=1000'],
  ]
  return await startControlDaemon(server, { name: 'kube-controller-manager', flags })
}
