// A cluster as our source of objects, at a real API server: what every source does, and what only a
// server can do to us. It forgets, goes away, refuses; other people write; rights are missing.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { RawObject } from '../../src/api/kinds.ts'
import { printProblem } from '../../src/config/problem.ts'
import { kubeconfigAccess } from '../../src/kube/access.ts'
import { isStatus } from '../../src/kube/api-error.ts'
import { type Client, openClient } from '../../src/kube/client.ts'
import { type Cluster, type ClusterOptions, openCluster } from '../../src/kube/cluster.ts'
import { openEvents } from '../../src/kube/events.ts'
import { printExact } from '../../src/kube/exact-json.ts'
import { openLease } from '../../src/kube/lease.ts'
import { pathOf, RESOURCES, type ServedKind } from '../../src/kube/resources.ts'
import { NAMESPACE } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { poolOf, Reader, sourceContract, webService } from '../support/source-contract.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { skipWithoutKube } from './support/commands.ts'
import { Gate } from './support/gate.ts'

const CRDS = join(import.meta.dirname, '../../manifests/crds')
const CONTROLLER = 'system:serviceaccount:metallb-system:controller'
const SOON_MS = 60_000

suite('a cluster at a real API server', { skip: await skipWithoutKube() }, () => {
  const folder = temporaryFolder()
  let server: ApiServer
  let admin: Client
  before(async () => {
    server = await startApiServer({ dir: folder.dir, users: [CONTROLLER] })
    await server.kubectl('apply', '--server-side', '-f', CRDS)
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
    await server.kubectl('create', 'namespace', NAMESPACE)
    const { kubeconfig } = await server.access()
    admin = openClient(await kubeconfigAccess(kubeconfig))
  })
  after(async () => {
    admin?.[Symbol.dispose]()
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const pathTo = (kind: ServedKind, name?: string) => {
    const namespace = kind === 'Service' || kind === 'EndpointSlice' ? 'default' : NAMESPACE
    return pathOf(RESOURCES[kind], { namespace, ...(name === undefined ? {} : { name }) })
  }
  const put = async (body: RawObject): Promise<void> => {
    const path = pathTo(body.kind as ServedKind, body.metadata.name)
    const query = { fieldManager: 'test', force: true }
    await admin.request({ method: 'PATCH', path, patch: 'apply', query, body })
  }
  const remove = async (kind: ServedKind, name: string): Promise<void> => {
    await admin.request({ method: 'DELETE', path: pathTo(kind, name) })
  }
  const read = async (kind: ServedKind, name: string): Promise<Standing | undefined> => {
    try {
      return await admin.request<Standing>({ path: pathTo(kind, name), exact: true })
    } catch (error) {
      if (isStatus(error, 404)) return undefined
      throw error
    }
  }
  const clean = async (): Promise<void> => {
    for (const kind of ['Service', 'IPAddressPool', 'ServiceBGPStatus'] as const) {
      const { items } = await admin.request<{ items: RawObject[] }>({ path: pathTo(kind) })
      const ours = items.filter(({ metadata }) => metadata.name.startsWith('our'))
      for (const { metadata } of ours) await remove(kind, metadata.name)
    }
  }

  async function open(
    options: Partial<ClusterOptions> = {},
    user?: string,
    gate?: Gate,
  ): Promise<Opened> {
    const { kubeconfig } = await server.access(user)
    const access = await kubeconfigAccess(kubeconfig)
    const place = gate ? new URL(`https://127.0.0.1:${gate.port}`) : access.server
    const client = openClient({ ...access, server: place })
    const errors: string[] = []
    const cluster = openCluster({
      ...{ client, role: 'controller', namespace: NAMESPACE },
      onError: ({ message }) => errors.push(message),
      ...options,
    })
    return {
      ...{ cluster, client, errors },
      [Symbol.asyncDispose]: async () => {
        await cluster[Symbol.asyncDispose]()
        client[Symbol.dispose]()
      },
    }
  }

  sourceContract('a real cluster', async (objects) => {
    await clean()
    for (const object of objects) await put(object)
    const opened = await open()
    return {
      ...{ source: opened.cluster, put },
      remove: (kind, name) => remove(kind as ServedKind, name),
      status: async (kind, name) => {
        const object = await read(kind as ServedKind, name)
        return object && printExact(object.status)
      },
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    }
  })

  test('etcd is compacted while the watch is down: what changed is told, and nothing else', async () => {
    await clean()
    for (const name of ['our-a', 'our-b', 'our-c']) await put(webService(name))
    await using gate = await new Gate(Number(new URL(server.url).port)).open()
    const [notes, sentences]: [string[], string[]] = [[], []]
    const onNote = (note: string) => notes.push(note)
    const onRecovered = (sentence: string) => sentences.push(sentence)
    await using opened = await open({ onNote, onRecovered }, undefined, gate)
    const { cluster, errors } = opened
    await cluster.ready
    const reader = new Reader(cluster)
    await reader.knows('our-a', 'our-b', 'our-c')
    await gate.shut()
    await eventually(() => assert.equal(errors.length, 1), SOON_MS)
    await remove('Service', 'our-a')
    await put(webService('our-b', 81))
    await put(webService('our-d'))
    await server.forget()
    assert.deepEqual(reader.take(), [], 'what was known stays')
    await gate.open()
    const told: string[] = []
    await eventually(() => {
      told.push(...reader.take())
      assert.deepEqual(told.sort(), ['our-a', 'our-b', 'our-d'])
    }, SOON_MS)
    assert.deepEqual(reader.names, ['our-b', 'our-c', 'our-d'])
    assert.equal(reader.service('our-b')?.spec.ports[0]?.port, 81)
    assert.match(
      notes.join('\n'),
      /^services are listed anew: .*Expired.*too old resource version/m,
    )
    await eventually(() => assert.deepEqual(sentences, ['the API server answers again']), SOON_MS)
    assert.deepEqual([errors.length, cluster.problems()], [1, []])
    await put(webService('our-e'))
    await eventually(() => assert.deepEqual(reader.take(), ['our-e']))
  })

  test('a write that was planned on what is not true any more is refused, and planned anew', async () => {
    await clean()
    await put(webService('our-web'))
    await using opened = await open()
    const { cluster } = opened
    await cluster.ready
    const reader = new Reader(cluster)
    reader.take()
    const write = { key: 'default/our-web', ingress: [{ ip: '192.0.2.1' }], annotations: {} }
    // The plan is older than this, whether or not we have heard of it.
    await put(webService('our-web', 81))
    await cluster.writeServiceStatuses([write])
    assert.deepEqual((await read('Service', 'our-web'))?.status, { loadBalancer: {} })
    await eventually(() => {
      reader.take()
      assert.equal(reader.service('our-web')?.spec.ports[0]?.port, 81)
    })
    await cluster.writeServiceStatuses([write])
    assert.match(printExact((await read('Service', 'our-web'))?.status), /192\.0\.2\.1/)
  })

  test('what the server fills in is no difference to write again', async () => {
    await clean()
    await put(webService('our-web'))
    await using opened = await open()
    const { cluster, client } = opened
    await cluster.ready
    const reader = new Reader(cluster)
    reader.take()
    await cluster.writeServiceStatuses([
      { key: 'default/our-web', ingress: [{ ip: '192.0.2.1' }], annotations: {} },
    ])
    reader.take()
    const { ingress } = reader.service('our-web')!.status.loadBalancer
    assert.deepEqual(ingress, [{ ip: '192.0.2.1', ipMode: 'VIP' }])
    const written = () => client.requests.get('PATCH services/status 200')
    const before = written()
    assert.ok(before)
    await cluster.writeServiceStatuses([{ key: 'default/our-web', ingress, annotations: {} }])
    assert.equal(written(), before)
  })

  test('an address that is none is refused in words that name the Service', async () => {
    await clean()
    await put(webService('our-web'))
    await using opened = await open()
    await opened.cluster.ready
    opened.cluster.takeChanges()
    const write = { key: 'default/our-web', ingress: [{ ip: 'nowhere' }], annotations: {} }
    await assert.rejects(opened.cluster.writeServiceStatuses([write]), (error: Error) => {
      assert.match(error.message, /status of Service default\/our-web/)
      assert.match(String(error.cause), /422 Invalid: .*nowhere/)
      return true
    })
  })

  test('status objects that somebody removes or edits are set right', async () => {
    await clean()
    await using opened = await open({ role: 'speaker' })
    const labels = { 'metallb.io/node': 'n1' }
    const status = { node: 'n1', serviceName: 'web', serviceNamespace: 'default', peers: ['r1'] }
    const wanted = {
      ...{ apiVersion: 'metallb.io/v1beta1', kind: 'ServiceBGPStatus', status },
      metadata: { name: 'our-web', namespace: NAMESPACE, labels },
    }
    await opened.cluster.writeStatusObjects('ServiceBGPStatus', labels, [wanted])
    const stands = async () =>
      assert.deepEqual((await read('ServiceBGPStatus', 'our-web'))?.status, status)
    await stands()
    await remove('ServiceBGPStatus', 'our-web')
    await eventually(stands)
    const path = `${pathTo('ServiceBGPStatus', 'our-web')}/status`
    await admin.request({ method: 'PATCH', path, patch: 'merge', body: { status: { peers: [] } } })
    await eventually(stands)
  })

  test('rights that are missing are named; with them the controller is ready by itself', async () => {
    await clean()
    // A refusal has to stand for a while before it counts; by this clock that is a moment.
    const clock = () => performance.now() * 100
    await using opened = await open({ clock }, CONTROLLER)
    const { cluster } = opened
    await eventually(() => assert.ok(cluster.problems().length > 0))
    const problems = () => cluster.problems().map(printProblem).join('\n')
    await eventually(() => assert.match(problems(), /API services: .*403 Forbidden: .*controller/))
    assert.doesNotMatch(problems() + opened.errors.join(), new RegExp(await tokenOf(CONTROLLER)))
    const binding = ['--clusterrole=cluster-admin', `--user=${CONTROLLER}`]
    await server.kubectl('create', 'clusterrolebinding', 'controller', ...binding)
    await cluster.ready
    assert.deepEqual(cluster.problems(), [])
  })

  test('an event is what kubectl shows of a Service', async () => {
    await put(webService('our-web'))
    const { metadata } = (await read('Service', 'our-web'))!
    await using events = openEvents({
      ...{ client: admin, component: 'metallb-controller', onError: assert.fail },
    })
    const involved = { kind: 'Service', namespace: 'default', name: 'our-web', uid: metadata.uid! }
    const message = 'address 192.0.2.1 from pool "a"'
    const told = { involved, type: 'Normal', reason: 'IPAllocated', message } as const
    for (let times = 0; times < 3; times++) events.record(told)
    await eventually(async () => {
      const shown = await server.kubectl('describe', 'service', 'our-web', '-n', 'default')
      assert.match(shown, /IPAllocated .*\(x3 over .*metallb-controller .*address 192\.0\.2\.1/)
    })
  })

  test('of two controllers one leads, and the other when it ends', async () => {
    const lease = (identity: string) =>
      openLease({
        ...{ client: admin, namespace: NAMESPACE, name: 'metallb-controller', identity },
        times: { leaseMs: 60_000, renewMs: 40_000, everyMs: 50, retryMs: 50 },
        ...{ onChange: () => {}, onError: assert.fail },
      })
    const first = lease('a')
    await eventually(() => assert.ok(first.isLeading))
    await using second = lease('b')
    const path = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/metallb-controller`
    const standing = () => admin.request<{ metadata: { resourceVersion: string } }>({ path })
    const { resourceVersion } = (await standing()).metadata
    await eventually(async () => {
      assert.notEqual((await standing()).metadata.resourceVersion, resourceVersion, 'renewed')
    })
    assert.equal(second.isLeading, false)
    await first[Symbol.asyncDispose]()
    await eventually(() => assert.ok(second.isLeading))
  })

  test('a list of many pages is whole', async () => {
    await clean()
    const names = Array.from({ length: 30 }, (_, at) => `our-pool-${String(at).padStart(2, '0')}`)
    for (const [at, name] of names.entries()) await put(poolOf(name, `192.0.2.${at}/32`))
    await using opened = await open({ pageSize: 7 })
    await opened.cluster.ready
    assert.deepEqual(new Reader(opened.cluster).take(), names)
  })

  const tokenOf = async (user: string) => (await server.access(user)).token
})

interface Standing extends RawObject {
  readonly metadata: RawObject['metadata'] & { readonly uid?: string }
  readonly status?: unknown
}

interface Opened extends AsyncDisposable {
  readonly cluster: Cluster
  readonly client: Client
  readonly errors: string[]
}
