// docs/install.md, followed line by line: an empty cluster, one file, the first objects, a Service that
// answers behind the router, an upgrade, and the end of it. Real are the API server, controllers,
// scheduler, kube-proxy, both images and the router; a stand-in runs the Pods.
import assert from 'node:assert/strict'
import { after, before, suite, type TestContext, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { Customer } from './support/customer.ts'
import { FollowedPage } from './support/followed-page.ts'
import {
  type InstalledCluster,
  openEmptyCluster,
  skipWithoutParts,
} from './support/installed-cluster.ts'
import { addressOf, NODES } from './support/machines.ts'
import { outagesOf } from './support/router-log.ts'
import { webText } from './support/web.ts'

const PAGE = 'docs/install.md'
/** The page's. */
const ADDRESS = '198.51.100.10'
const PREFIX = `${ADDRESS}/32`
const UPGRADED = {
  ferrule: 'registry.example.com/ferrule:v1',
  frr: 'registry.example.com/ferrule-frr:v1',
} as const
const PATIENCE_MS = 60_000

suite('from an empty cluster to a Service, and back', { skip: await skipWithoutParts() }, () => {
  let cluster: InstalledCluster
  let page: FollowedPage
  let customer: Customer
  const own = (...args: string[]) => cluster.server.kubectl('-n', 'metallb-system', ...args)

  before(async () => {
    cluster = await openEmptyCluster()
    page = await FollowedPage.open(PAGE, cluster)
    // As if the registry had them, and every node had pulled them.
    for (const name of ['ferrule', 'frr'] as const) {
      await cluster.docker.run(['tag', cluster.images[name], UPGRADED[name]])
    }
  })
  after(async () => {
    await customer?.[Symbol.asyncDispose]()
    page?.[Symbol.dispose]()
    await cluster?.docker.run(['rmi', '--force', ...Object.values(UPGRADED)])
    await cluster?.[Symbol.asyncDispose]()
  })

  test('Installing: both workloads come up, and nothing has to start twice', async (t) => {
    await page.follow('Installing', t)
    const pods = JSON.parse(await own('get', 'pods', '-o', 'json')).items
    assert.equal(pods.length, 2 + NODES.length)
    for (const { status } of pods) {
      for (const { name, restartCount } of status.containerStatuses) {
        assert.equal(restartCount, 0, name)
      }
    }
  })

  test('First objects: the router has the route by every node', async (t) => {
    await cluster.server.apply(webText(cluster.images.ferrule))
    const begin = Date.now()
    await page.follow('First objects', t)
    await cluster.router.routes(PREFIX, NODES)
    say(t, 'first objects until the route by every node', Date.now() - begin)
  })

  test('whoever is behind the router is answered by a Pod', async () => {
    customer = new Customer(cluster.router.netns, `http://${ADDRESS}/`, 20)
    assert.match(await customer.served(), /^web-/)
  })

  test('Does it work?: it says so', async (t) => await page.follow('Does it work?', t))

  test('an old version of a peer is converted by the webhook', async () => {
    const old = await own('get', 'bgppeers.v1beta1.metallb.io', 'router', '-o', 'json')
    assert.equal(JSON.parse(old).apiVersion, 'metallb.io/v1beta1')
  })

  test('metrics are for who may see them', async () => {
    const token = await cluster.mayGetMetrics('prometheus')
    const url = `https://${addressOf('n1')}:9120/metrics`
    assert.equal((await cluster.ask(url)).status, 401)
    await eventually(async () => {
      const { status, body } = await cluster.ask(url, token)
      assert.equal(status, 200)
      assert.match(body, /^metallb_bgp_session_up\{.*\} 1$/m)
    }, PATIENCE_MS)
  })

  test('Upgrading: one node after the other is silent, and the Service answers', async (t) => {
    const begin = Date.now()
    await page.follow('Upgrading', t)
    await cluster.router.routes(PREFIX, NODES)
    assert.deepEqual(await imagesOf(), Object.values(UPGRADED).sort())
    const outages = outagesOf(await cluster.router.sessionChanges())
    for (const { peer, ms } of outages) say(t, `session with ${peer} down`, ms)
    assert.deepEqual(outages.map(({ peer }) => peer).sort(), NODES.map(addressOf))
    for (const [index, { from }] of outages.slice(1).entries()) {
      const before = outages[index]!
      assert.ok(before.from + before.ms < from, 'never two at once')
    }
    await customer.served()
    const failed = customer.failedSince(begin).length
    t.diagnostic(`${failed} of ${customer.visits.length} visits of the Service failed`)
  })

  test('Removing: the router forgets, and nothing is left', async (t) => {
    await page.follow('Removing', t)
    await cluster.router.routes(PREFIX, [])
    const brought = 'crd,clusterrole,clusterrolebinding,validatingwebhookconfiguration,namespace'
    const left = await cluster.server.kubectl('get', brought, '-o', 'name')
    assert.doesNotMatch(left, /metallb/)
  })

  /** Of the speakers' containers, each once. */
  async function imagesOf(): Promise<string[]> {
    const pods = JSON.parse(await own('get', 'pods', '-l', 'component=speaker', '-o', 'json')).items
    const images = (pods as { spec: { containers: { image: string }[] } }[]).flatMap(({ spec }) =>
      spec.containers.map(({ image }) => image),
    )
    return [...new Set(images)].sort()
  }
})

function say(t: TestContext, what: string, ms: number): void {
  t.diagnostic(`${what}: ${(ms / 1000).toFixed(1)} s`)
}
