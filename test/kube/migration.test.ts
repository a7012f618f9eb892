// From MetalLB to us and back, as docs/from-metallb.md tells it, command by command: a real API server
// with its controllers and scheduler, three nodes, MetalLB's objects, and Pods that a kubelet on paper
// runs. After every step each node has one speaker, and it never had two.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { stringify } from 'yaml'
import { eventually } from '../support/eventually.ts'
import {
  metallbInstallation,
  metallbMemberlist,
  METALLB_NAMESPACE as OWN,
} from '../support/metallb-installation.ts'
import { ROOT } from '../support/source.ts'
import { startApiServer } from './support/api-server.ts'
import { skipWithoutControllers } from './support/commands.ts'
import { MovingCluster, metallbDefinitions, NODES, PATIENCE_MS } from './support/moving-cluster.ts'
import { differences, standing } from './support/standing.ts'

const PAGE = 'docs/from-metallb.md'

suite('from MetalLB and back', { skip: await skipWithoutControllers() }, () => {
  let cluster: MovingCluster
  let usersBefore: unknown
  let metallbStanding: unknown

  before(async () => {
    cluster = await MovingCluster.start(PAGE)
    await cluster.prepare(metallbInstallation()[0]!)
    await installMetallb()
    usersBefore = await cluster.usersObjects()
    metallbStanding = await standing(cluster.server, OWN)
    await cluster.settled('MetalLB', 'MetalLB', 'MetalLB')
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  async function installMetallb(): Promise<void> {
    const { folder, page, server } = cluster
    const objects = [...metallbDefinitions(), ...metallbInstallation()]
    const text = objects.map((one) => `---\n${stringify(one)}`).join('')
    for (const path of ['METALLB.yaml', 'BACK/METALLB.yaml']) folder.write(path, text)
    folder.write('BACK/kustomization.yaml', page.file('kustomization.yaml'))
    await server.kubectl('apply', '-f', folder.path('METALLB.yaml'))
    // As MetalLB's controller makes it.
    const uid = await cluster.jsonpath('{.metadata.uid}', 'deployment', 'controller')
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'controller', uid }
    const { metadata, ...secret } = metallbMemberlist()
    await server.apply(
      stringify({ ...secret, metadata: { ...metadata, ownerReferences: [owner] } }),
    )
  }

  async function goBack(nodes: readonly string[]): Promise<void> {
    await cluster.run('Going back')
    for (const node of nodes) await cluster.moveNode('Going back', 1, node)
  }

  /** Kubernetes' controllers have seen all, and everything is as MetalLB's manifests have it. */
  async function asBefore(): Promise<void> {
    const pods = await cluster.uids()
    await cluster.run('Going back', 2)
    await cluster.observed()
    assert.deepEqual(await cluster.uids(), pods)
    assert.deepEqual(differences(await standing(cluster.server, OWN), metallbStanding), [])
    assert.deepEqual(await cluster.usersObjects(), usersBefore)
  }

  async function nothingLost(): Promise<void> {
    assert.deepEqual(await cluster.usersObjects(), usersBefore)
    assert.deepEqual(
      [
        await cluster.jsonpath('{.data.secretkey}', 'secret', 'memberlist'),
        await cluster.jsonpath('{.metadata.ownerReferences}', 'secret', 'memberlist'),
      ],
      [metallbMemberlist().data.secretkey, ''],
    )
  }

  test('before: what is there is understood', async () => {
    const [checked, planned] = await cluster.run('Before you start')
    assert.match(checked!, /no problems/)
    assert.match(planned!, /router-primary/)
  })

  test('1: the definitions change, and no object under them', async () => {
    await cluster.run('1. The definitions')
    assert.deepEqual(await cluster.usersObjects(), usersBefore)
    await cluster.settled('MetalLB', 'MetalLB', 'MetalLB')
  })

  test('2: one controller after the other, and the key of the gossip outlives the first', async () => {
    await cluster.run('2. The controller')
    await cluster.run('2. The controller', 1)
    await nothingLost()
    const pods = ['pods', '-l', 'component=controller']
    const images = await cluster.jsonpath('{.items[*].spec.containers[*].image}', ...pods)
    assert.equal(images, 'ferrule:dev ferrule:dev')
    await cluster.settled('MetalLB', 'MetalLB', 'MetalLB')
  })

  test('3: the DaemonSet is exchanged under the Pods, which go on', async () => {
    const before = await cluster.uids()
    await cluster.run('3. The speakers')
    await eventually(async () => {
      const pods = ['pods', '-l', 'component=speaker']
      const owners = '{.items[*].metadata.ownerReferences[*].uid}'
      const own = await cluster.jsonpath('{.metadata.uid}', 'daemonset', 'speaker')
      assert.equal(await cluster.jsonpath(owners, ...pods), NODES.map(() => own).join(' '))
    }, PATIENCE_MS)
    assert.deepEqual(await cluster.uids(), before)
    await cluster.settled('MetalLB', 'MetalLB', 'MetalLB')
  })

  test('3: one node changes hands, and nothing happens to the others', async () => {
    const before = await cluster.uids()
    await cluster.moveNode('3. The speakers', 1, 'n1')
    await cluster.settled('Ferrule', 'MetalLB', 'MetalLB')
    assert.deepEqual((await cluster.uids()).slice(1), before.slice(1))
    const [listed] = await cluster.run('3. The speakers', 2)
    assert.match(listed!, /^n1 +ferrule:dev$/m)
    assert.match(listed!, /^n2 +\S*metallb\S*$/m)
  })

  test('MetalLB’s speakers keep their rights and their token meanwhile', async () => {
    for (const verb of ['list', 'watch', 'create', 'delete', 'update']) {
      const asked = ['auth', 'can-i', verb, 'servicel2statuses.metallb.io', '-A']
      const as = `--as=system:serviceaccount:${OWN}:speaker`
      assert.equal((await cluster.server.kubectl(...asked, as)).trim(), 'yes')
    }
    // One of MetalLB's Pods that is made now would have its token, too.
    const token = '{.automountServiceAccountToken}'
    assert.equal(await cluster.jsonpath(token, 'serviceaccount', 'speaker'), 'true')
  })

  test('back from the middle: the node that had changed hands changes back', async () => {
    const before = await cluster.uids()
    await goBack(['n1'])
    await cluster.settled('MetalLB', 'MetalLB', 'MetalLB')
    assert.deepEqual((await cluster.uids()).slice(1), before.slice(1))
    await asBefore()
  })

  test('and forth again, the whole way', async () => {
    await cluster.run('1. The definitions')
    await cluster.run('2. The controller')
    await cluster.run('3. The speakers')
    for (const node of NODES) await cluster.moveNode('3. The speakers', 1, node)
    await cluster.settled('Ferrule', 'Ferrule', 'Ferrule')
    const before = await cluster.uids()
    await cluster.run('4. The plain installation')
    await nothingLost()
    await cluster.observed()
    assert.deepEqual(await cluster.uids(), before)
  })

  test('what stands now is a plain installation, to the last field', async () => {
    await using fresh = await startApiServer({ dir: cluster.folder.path('fresh') })
    await fresh.apply(await fresh.kubectl('kustomize', join(ROOT, 'manifests')))
    const [moved, plain] = [await standing(cluster.server, OWN), await standing(fresh, OWN)]
    assert.deepEqual(differences(moved, plain), [])
  })

  test('and back from the end', async () => {
    await goBack(NODES)
    await cluster.settled('MetalLB', 'MetalLB', 'MetalLB')
    await asBefore()
  })
})
