// From MetalLB's chart to us, as docs/from-metallb.md tells it: two DaemonSets beside each other, and a label
// of each node that says whose it is.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { stringify } from 'yaml'
import { eventually } from '../support/eventually.ts'
import { metallbChart } from '../support/metallb-chart.ts'
import { metallbMemberlist, METALLB_NAMESPACE as OWN } from '../support/metallb-installation.ts'
import { ROOT } from '../support/source.ts'
import { startApiServer } from './support/api-server.ts'
import { skipWithoutControllers } from './support/commands.ts'
import { MovingCluster, NODES, PATIENCE_MS, type Pod } from './support/moving-cluster.ts'
import { differences, standing } from './support/standing.ts'

const PAGE = 'docs/from-metallb.md'
const CHART = "Installed by MetalLB's chart"
const KEY = metallbMemberlist().data.secretkey

/** Of frr-k8s, as far as it matters where its Pods are. */
const FRR_K8S = `
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: frr-k8s-daemon, namespace: ${OWN} }
spec:
  selector: { matchLabels: { app: frr-k8s } }
  template:
    metadata: { labels: { app: frr-k8s } }
    spec: { hostNetwork: true, containers: [{ name: frr, image: nobody/runs:it }] }
`
const imageOf = ({ spec }: Pod) => spec.containers[0]!.image

suite('from MetalLB’s chart', { skip: await skipWithoutControllers() }, () => {
  let cluster: MovingCluster
  let usersBefore: unknown

  before(async () => {
    cluster = await MovingCluster.start(PAGE)
    const [namespace, ...objects] = metallbChart()
    await cluster.prepare(namespace!)
    for (const one of objects) {
      await cluster.server.apply(stringify(one), '--field-manager=helm')
    }
    const { metadata, ...secret } = metallbMemberlist()
    const labels = { owner: 'helm', name: 'metallb' }
    const release = { name: 'sh.helm.release.v1.metallb.v1', namespace: OWN, labels }
    for (const one of [{ ...metadata, name: 'metallb-memberlist' }, release]) {
      await cluster.server.apply(stringify({ ...secret, metadata: one }))
    }
    await cluster.server.apply(FRR_K8S)
    usersBefore = await cluster.usersObjects()
    await cluster.settled('MetalLB', 'MetalLB', 'MetalLB')
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  async function frrK8sNodes(): Promise<string> {
    const nodes = await cluster.jsonpath('{.items[*].spec.nodeName}', 'pods', '-l', 'app=frr-k8s')
    return nodes.split(' ').toSorted().join(' ')
  }

  test('the controller: one after the other, with the same key, and the webhook finds ours', async () => {
    await cluster.run(CHART)
    assert.equal(await cluster.jsonpath('{.data.secretkey}', 'secret', 'memberlist'), KEY)
    assert.equal(
      await cluster.jsonpath('{.status.replicas}', 'deployment', 'metallb-controller'),
      '',
    )
    const { spec } = await cluster.get('service', 'metallb-webhook-service')
    const selector = Object.entries(spec.selector).map((pair) => pair.join('='))
    const pods = await cluster.get('pods', '-l', selector.join())
    assert.deepEqual(pods.items.map(imageOf), ['ferrule:dev', 'ferrule:dev'])
    await cluster.settled('MetalLB', 'MetalLB', 'MetalLB')
  })

  test('both DaemonSets stand beside each other, and nothing happens', async () => {
    const before = await cluster.uids()
    await cluster.run(CHART, 1)
    const [keepOff] = cluster.page.blocks('In frr-k8s mode')[0]!
    await cluster.page.run([keepOff!])
    await eventually(async () => {
      const { metadata, status } = await cluster.get('daemonset', 'metallb-speaker')
      assert.equal(status.observedGeneration, metadata.generation)
    }, PATIENCE_MS)
    assert.deepEqual(await cluster.uids(), before)
    await cluster.settled('MetalLB', 'MetalLB', 'MetalLB')
  })

  test('a node changes hands by its label, and back without it', async () => {
    const before = await cluster.uids()
    await cluster.moveNode(CHART, 2, 'n2')
    await cluster.settled('MetalLB', 'Ferrule', 'MetalLB')
    await eventually(async () => assert.equal(await frrK8sNodes(), 'n1 n3'), PATIENCE_MS)
    await cluster.server.kubectl('label', 'node', 'n2', 'speaker-')
    await cluster.settled('MetalLB', 'MetalLB', 'MetalLB')
    await eventually(async () => assert.equal(await frrK8sNodes(), 'n1 n2 n3'), PATIENCE_MS)
    const now = await cluster.uids()
    assert.deepEqual([now[0], now[2]], [before[0], before[2]])
  })

  test('all of them, and the end: what is left is a plain installation', async () => {
    for (const node of NODES) await cluster.moveNode(CHART, 2, node)
    await eventually(async () => assert.equal(await frrK8sNodes(), ''), PATIENCE_MS)
    await cluster.server.kubectl('delete', 'daemonset', 'frr-k8s-daemon', '-n', OWN)
    await cluster.settled('Ferrule', 'Ferrule', 'Ferrule')
    await cluster.run(CHART, 3)
    await cluster.settled('Ferrule', 'Ferrule', 'Ferrule')
    assert.deepEqual(await cluster.usersObjects(), usersBefore)
    await using fresh = await startApiServer({ dir: cluster.folder.path('fresh') })
    await fresh.apply(await fresh.kubectl('kustomize', join(ROOT, 'manifests')))
    const [moved, plain] = [await standing(cluster.server, OWN), await standing(fresh, OWN)]
    assert.deepEqual(differences(moved, plain), [])
  })
})
