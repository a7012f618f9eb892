// The way of somebody who installs Ferrule with docs/install.md: an empty cluster, one file, the first
// objects, a Service that answers from the router; then an upgrade, and the end of it. Real are the API
// server, controllers, scheduler, kube-proxy, both images and the router; a stand-in runs the Pods.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { Customer } from './support/customer.ts'
import { ADDRESS, FIRST_OBJECTS, PREFIX, webText } from './support/install-objects.ts'
import {
  type InstalledCluster,
  openEmptyCluster,
  skipWithoutParts,
} from './support/installed-cluster.ts'
import { addressOf, NODES } from './support/machines.ts'
import { outagesOf } from './support/router-log.ts'

const INSTALL = join(import.meta.dirname, '../../manifests/install.yaml')
const OWN = 'metallb-system'
const PATIENCE_MS = 60_000

suite('from an empty cluster to a Service, with one file', {
  skip: await skipWithoutParts(),
}, () => {
  let cluster: InstalledCluster
  let customer: Customer | undefined
  const kubectl = (...args: string[]) => cluster.server.kubectl(...args)
  const own = (...args: string[]) => kubectl('-n', OWN, ...args)

  before(async () => {
    cluster = await openEmptyCluster()
  })
  after(async () => {
    await customer?.[Symbol.asyncDispose]()
    await cluster?.[Symbol.asyncDispose]()
  })

  test('the file is applied, and both workloads come up', async (t) => {
    const begin = performance.now()
    await kubectl('apply', '--server-side', '-f', INSTALL)
    await rolledOut('deployment/controller')
    say(t, 'apply until the controllers are', performance.now() - begin)
    await own('wait', 'pod', '--all', '--for=condition=Ready', '--timeout=120s')
    say(t, 'apply until all Pods are ready', performance.now() - begin)
    await rolledOut('daemonset/speaker')
    say(t, 'apply until both are rolled out', performance.now() - begin)
    const pods = JSON.parse(await own('get', 'pods', '-o', 'json')).items
    assert.equal(pods.length, 2 + NODES.length)
    for (const { status } of pods) {
      for (const { name, restartCount } of status.containerStatuses) {
        assert.equal(restartCount, 0, name)
      }
    }
  })

  test('a pool, a peer, an advertisement and a Service: the router has the route by every node', async (t) => {
    const begin = performance.now()
    await cluster.server.apply(FIRST_OBJECTS)
    await cluster.server.apply(webText(cluster.images.ferrule))
    await cluster.router.routes(PREFIX, NODES)
    say(t, 'first objects until the route by all nodes', performance.now() - begin)
    assert.equal(await service('{.status.loadBalancer.ingress[*].ip}'), ADDRESS)
  })

  test('whoever is behind the router is answered by a Pod', async () => {
    customer = new Customer(cluster.router.netns, `http://${ADDRESS}/`, 20)
    assert.match(await customer.served(), /^web-/)
  })

  test('the webhook refuses what contradicts something else', async () => {
    const second = FIRST_OBJECTS.split('---')[0]!.replace('name: first', 'name: second')
    const refused = /denied the request.*overlap/s
    await eventually(
      async () => assert.rejects(cluster.server.apply(second, '--dry-run=server'), refused),
      PATIENCE_MS,
    )
  })

  test('an old version of a peer is converted by it', async () => {
    const old = await own('get', 'bgppeers.v1beta1.metallb.io', 'router', '-o', 'json')
    assert.equal(JSON.parse(old).apiVersion, 'metallb.io/v1beta1')
  })

  test('metrics are for who may see them', async () => {
    await kubectl('create', 'serviceaccount', 'prometheus', '-n', 'default')
    const binding = ['clusterrolebinding', 'prometheus', '--clusterrole=reads-metrics']
    await kubectl(
      'create',
      'clusterrole',
      'reads-metrics',
      '--verb=get',
      '--non-resource-url=/metrics',
    )
    await kubectl('create', ...binding, '--serviceaccount=default:prometheus')
    const token = (await kubectl('create', 'token', 'prometheus', '-n', 'default')).trim()
    const url = `https://${addressOf('n1')}:9120/metrics`
    assert.equal((await cluster.ask(url)).status, 401)
    await eventually(async () => {
      const { status, body } = await cluster.ask(url, token)
      assert.equal(status, 200)
      assert.match(body, /^metallb_bgp_session_up\{.*\} 1$/m)
    }, PATIENCE_MS)
  })

  test('vtysh in the container of FRR shows the session', async () => {
    const said = await cluster.exec('n1', 'speaker', 'frr', [
      ...['vtysh', '-c', 'show bgp summary'],
    ])
    assert.match(said, /192\.0\.2\.1 .* 64512 /)
  })

  test('another version is applied: one node after the other is silent, and the Service answers', async (t) => {
    const from = Date.now()
    for (const [name, image] of Object.entries(cluster.images)) {
      await cluster.run('tag', image, `ferrule${name === 'frr' ? '-frr' : ''}:next`)
    }
    await cluster.server.apply(
      (await readFile(INSTALL, 'utf8')).replaceAll(/(image: ferrule(?:-frr)?):dev/g, '$1:next'),
    )
    for (const one of ['deployment/controller', 'daemonset/speaker']) await rolledOut(one)
    say(t, 'upgrade until both are rolled out', Date.now() - from)
    await cluster.router.routes(PREFIX, NODES)
    const outages = outagesOf(await cluster.router.sessionChanges())
    for (const { peer, ms } of outages) say(t, `session with ${peer} down`, ms)
    assert.deepEqual(outages.map(({ peer }) => peer).sort(), NODES.map(addressOf))
    for (const [index, { from: begin }] of outages.entries()) {
      const before = outages[index - 1]
      assert.ok(!before || before.from + before.ms < begin, 'never two at once')
    }
    await customer?.served()
    t.diagnostic(
      `${customer?.failedSince(from).length} of ${customer?.visits.length} visits failed`,
    )
  })

  test('what the file brought, it takes along: the router forgets, nothing is left', async () => {
    await kubectl('delete', '-f', INSTALL, '--timeout=60s')
    await cluster.router.routes(PREFIX, [])
    const left = 'crd,clusterrole,clusterrolebinding,validatingwebhookconfiguration,namespace'
    const names = await kubectl('get', left, '-o', 'name')
    assert.doesNotMatch(names, /metallb/)
  })

  const rolledOut = (what: string) => own('rollout', 'status', what, '--timeout=240s')
  const service = (path: string) => kubectl('get', 'service', 'web', '-o', `jsonpath=${path}`)
})

function say(t: TestContext, what: string, ms: number): void {
  t.diagnostic(`${what}: ${(ms / 1000).toFixed(1)} s`)
}
