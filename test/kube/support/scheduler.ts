// A real kube-scheduler at an API server of the tests: it gives each Pod a node, or says why it cannot.
import type { ApiServer } from './api-server.ts'
import { startControlDaemon } from './control-daemon.ts'

export async function startScheduler(server: ApiServer): Promise<AsyncDisposable> {
  const flags = ['--kube-api-qps=500', '--kube-api-burst=1000']
  return await startControlDaemon(server, { name: 'kube-scheduler', flags })
}
