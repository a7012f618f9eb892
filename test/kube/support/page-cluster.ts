// Clusters in which a page of the documentation is followed: an API server with Ferrule installed and a
// controller at work, or one that the operator installs, with controllers, scheduler and kubelets of paper.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { eventually } from '../../support/eventually.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { freePort } from '../../support/free-port.ts'
import { ROOT } from '../../support/source.ts'
import { type ApiServer, startApiServer } from './api-server.ts'
import { foreignDefinitions } from './foreign-kinds.ts'
import { installObjects } from './guide-cluster.ts'
import { end, startOperatedCluster } from './operated-cluster.ts'

const PATIENCE_MS = 60_000

export interface PageCluster extends AsyncDisposable {
  readonly server: ApiServer
  /** Pods become ready: what waits for them, and whole installations, are run as they stand. */
  readonly hasKubelets: boolean
}

export async function openInstalledCluster(): Promise<PageCluster> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(temporaryFolder())
  const server = stack.use(await startApiServer({ dir: folder.dir }))
  await installObjects(server)
  await server.apply(foreignDefinitions())
  await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
  const controller = await startController(server)
  stack.defer(() => end(controller))
  const open = stack.move()
  return { server, hasKubelets: false, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

export async function openOperatedCluster(): Promise<PageCluster> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(temporaryFolder())
  const cluster = stack.use(await startOperatedCluster(folder.dir))
  await cluster.server.kubectl('label', 'nodes', '--all', 'node-role.kubernetes.io/worker=')
  await cluster.start('operator-1')
  const open = stack.move()
  const { server } = cluster
  return { server, hasKubelets: true, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

async function startController(server: ApiServer): Promise<ChildProcess> {
  const port = await freePort()
  const ports = ['--port', '0', '--health-probe-port', `${port}`, '--webhook-mode', 'disabled']
  const args = ['src/main.ts', 'controller', '--kubeconfig', server.kubeconfig, ...ports]
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'ignore' })
  await eventually(async () => {
    assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
  }, PATIENCE_MS)
  return child
}
