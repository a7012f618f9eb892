// What a folder does not have: who leads, and waiting for it.
import assert from 'node:assert/strict'
import test from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { type FakeApiServer, startFakeApiServer } from '../../test/support/fake-api-server.ts'
import { temporaryFolder } from '../../test/support/folder.ts'
import { openLog } from '../log.ts'
import { Metrics } from '../metrics/record.ts'
import { onlyFlags } from './flags.ts'
import { openSource } from './open-source.ts'
import { type Role, runRoles } from './role.ts'
import { shared } from './role-flags.ts'

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/metallb-system/leases'
const HELD = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'controller', namespace: 'metallb-system' },
  spec: { holderIdentity: 'another', leaseDurationSeconds: 3600 },
}

const kubeconfig = (server: string) => `
apiVersion: v1
kind: Config
current-context: fake
clusters: [{ name: fake, cluster: { server: '${server}' } }]
users: [{ name: fake, user: {} }]
contexts: [{ name: fake, context: { cluster: fake, user: fake } }]
`

async function start(server: FakeApiServer, args: readonly string[], leads = true) {
  const folder = temporaryFolder({ kubeconfig: kubeconfig(server.url) })
  const given = ['--kubeconfig', folder.path('kubeconfig'), '--pod-name', 'we', '--port=0']
  const flags = onlyFlags(shared, [...given, ...args], {})
  const said: string[] = []
  const log = openLog('info', { write: (line) => said.push(JSON.parse(line).msg) })
  const stop = new AbortController()
  const { signal } = stop
  const opening = openSource({ flags, log, role: 'controller', signal, leads })
  const run = async (roles: readonly Role[]) => {
    await using opened = await opening
    const { source } = opened
    return await runRoles({ source, flags, log, metrics: new Metrics({}), roles, signal })
  }
  return { stop, said, opening, run, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

test('--once waits to lead, says so, and a signal ends the wait', async () => {
  await using server = await startFakeApiServer()
  server.put(LEASES, HELD)
  using once = await start(server, ['--once'])
  let passes = 0
  const role = { name: 'one', pass: async () => void passes++, plan: () => undefined }
  const code = once.run([role])
  await eventually(() => assert.ok(server.asked.some(({ path }) => path.startsWith(LEASES))))
  assert.match(once.said.join(), /waiting for the Lease metallb-system\/controller/)
  once.stop.abort()
  assert.equal(await code, 1)
  assert.equal(passes, 0)
  const lease = server.get(`${LEASES}/controller`)!.spec as { holderIdentity: string }
  assert.equal(lease.holderIdentity, 'another')
})

test('a signal also ends --once where the objects cannot be read', async () => {
  await using server = await startFakeApiServer()
  server.intercept = ({ path }) => path.endsWith('/services')
  using once = await start(server, ['--once'])
  const code = once.run([])
  await eventually(() => assert.match(once.said.join(), /leading/))
  await eventually(() => assert.ok(server.asked.some(({ path }) => path.endsWith('/services'))))
  once.stop.abort()
  assert.equal(await code, 1)
  assert.match(once.said.join(), /ended before the pass could be made/)
})

test('who leads may write, tells everybody who wants to know, and gives the Lease back', async () => {
  await using server = await startFakeApiServer()
  using running = await start(server, [])
  const opened = await running.opening
  const { leadership } = opened
  const told: string[] = []
  for (const name of ['a', 'b']) leadership.onChange(() => told.push(name))
  await eventually(() => assert.ok(leadership.isLeading && leadership.leftMs() > 0))
  await opened[Symbol.asyncDispose]()
  assert.deepEqual(told.slice(-2), ['a', 'b'])
  assert.deepEqual([leadership.isLeading, leadership.leftMs()], [false, 0])
})

test('who only answers webhooks leaves the Lease to others', async () => {
  await using server = await startFakeApiServer()
  using running = await start(server, [], false)
  const opened = await running.opening
  await opened.source.ready
  await opened[Symbol.asyncDispose]()
  assert.deepEqual(
    server.asked.filter(({ path }) => path.startsWith(LEASES)),
    [],
  )
})
