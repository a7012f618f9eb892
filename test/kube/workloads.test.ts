// What other tests rely on: with real controllers and a real scheduler, workloads become Pods with a
// node each, Services get slices, namespaces what a Pod needs, and what is deleted takes its own along.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { skipWithoutControllers } from './support/commands.ts'
import { startControllerManager } from './support/controller-manager.ts'
import { addNodes } from './support/nodes.ts'
import { startScheduler } from './support/scheduler.ts'

const NODES = ['n1', 'n2', 'n3'] as const
const PATIENCE_MS = 60_000

const workload = (kind: string, rest: string) => `---
apiVersion: apps/v1
kind: ${kind}
metadata: { name: web-${kind.toLowerCase()}, namespace: shop }
spec:${rest}
  selector: { matchLabels: { app: ${kind} } }
  template:
    metadata: { labels: { app: ${kind} } }
    spec: { containers: [{ name: web, image: nobody/runs:it }] }
`
const SHOP = `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
`
const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: Deployment }, ports: [{ port: 80 }] }
`

suite('real controllers and a real scheduler', { skip: await skipWithoutControllers() }, () => {
  const folder = temporaryFolder()
  const stack = new AsyncDisposableStack()
  let server: ApiServer

  before(async () => {
    server = stack.use(await startApiServer({ dir: folder.dir }))
    stack.use(await startControllerManager(server))
    stack.use(await startScheduler(server))
    await addNodes(
      server,
      NODES.map((name, index) => ({ name, address: `192.0.2.${11 + index}` })),
    )
    await server.apply(SHOP)
  })
  after(async () => {
    await stack.disposeAsync()
    folder[Symbol.dispose]()
  })

  const get = async (...what: string[]) =>
    JSON.parse(await server.kubectl('get', ...what, '-n', 'shop', '-o', 'json'))
  /** Of the Pods of a workload, each one's node. */
  const nodesOf = async (kind: string): Promise<string[]> => {
    const { items } = await get('pods', '-l', `app=${kind}`)
    return items.map((pod: { spec: { nodeName?: string } }) => pod.spec.nodeName ?? 'none').sort()
  }

  test('a namespace gets an account and the certificate to trust', async () => {
    await eventually(() => get('serviceaccount', 'default'), PATIENCE_MS)
    const { data } = await eventually(() => get('configmap', 'kube-root-ca.crt'), PATIENCE_MS)
    assert.equal(data['ca.crt'], (await server.access()).authority)
  })

  test('a Deployment becomes Pods, spread over nodes', async () => {
    await server.apply(workload('Deployment', '\n  replicas: 3'))
    await eventually(
      async () => assert.deepEqual(await nodesOf('Deployment'), [...NODES]),
      PATIENCE_MS,
    )
  })

  test('a DaemonSet becomes a Pod on each node, and on one that comes later', async () => {
    await server.apply(workload('DaemonSet', ''))
    await eventually(
      async () => assert.deepEqual(await nodesOf('DaemonSet'), [...NODES]),
      PATIENCE_MS,
    )
    await addNodes(server, [{ name: 'n4', address: '192.0.2.14' }])
    const expected = [...NODES, 'n4']
    await eventually(
      async () => assert.deepEqual(await nodesOf('DaemonSet'), expected),
      PATIENCE_MS,
    )
  })

  test('a Service gets a slice of the Pods it selects', async () => {
    const [pod] = (await get('pods', '-l', 'app=Deployment')).items
    const conditions = [{ type: 'Ready', status: 'True' }]
    const status = { phase: 'Running', podIP: '10.244.0.7', podIPs: [{ ip: '10.244.0.7' }] }
    const patch = JSON.stringify({ status: { ...status, conditions } })
    const how = ['--subresource=status', '--type=merge', '-p', patch]
    await server.kubectl('patch', 'pod', pod.metadata.name, '-n', 'shop', ...how)
    await server.apply(SERVICE)
    await eventually(async () => {
      const slices = await get('endpointslices', '-l', 'kubernetes.io/service-name=web')
      const [endpoint] = slices.items[0].endpoints
      assert.deepEqual(endpoint.addresses, ['10.244.0.7'])
      assert.deepEqual(endpoint.nodeName, pod.spec.nodeName)
      assert.equal(endpoint.conditions.ready, true)
    }, PATIENCE_MS)
  })

  test('what an owner leaves behind goes with it', async () => {
    await server.kubectl('delete', 'deployment', 'web-deployment', '-n', 'shop')
    await eventually(async () => {
      assert.deepEqual((await get('replicasets')).items, [])
      // Nobody who runs Pods is here to say that they ended; those with a node wait for that.
      const { items } = await get('pods', '-l', 'app=Deployment')
      for (const pod of items) assert.ok(pod.metadata.deletionTimestamp, pod.metadata.name)
    }, PATIENCE_MS)
  })

  test('a namespace that is deleted takes its objects along', async () => {
    await server.kubectl('delete', 'namespace', 'shop', '--wait=false')
    await eventually(async () => {
      // As the node of each would do it, with Pods that came meanwhile.
      await server.kubectl('delete', 'pods', '--all', '-n', 'shop', '--force', '--grace-period=0')
      const left = await server.kubectl('get', 'namespace', 'shop', '--ignore-not-found')
      assert.equal(left, '')
    }, PATIENCE_MS)
  })
})
