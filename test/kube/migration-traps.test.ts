// What docs/from-metallb.md has precautions against: each, left out, does what the page says of it.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { stringify } from 'yaml'
import { eventually } from '../support/eventually.ts'
import { installed } from '../support/manifests.ts'
import {
  metallbInstallation,
  metallbMemberlist,
  METALLB_NAMESPACE as OWN,
} from '../support/metallb-installation.ts'
import { skipWithoutControllers } from './support/commands.ts'
import { MovingCluster, NODES, PATIENCE_MS } from './support/moving-cluster.ts'

suite('what a move would run into', { skip: await skipWithoutControllers() }, () => {
  let cluster: MovingCluster

  before(async () => {
    cluster = await MovingCluster.start('docs/from-metallb.md')
    await cluster.prepare(metallbInstallation()[0]!)
    for (const one of metallbInstallation()) {
      // Somebody else's tool: what kubectl applied itself it would know how to take over.
      await cluster.server.apply(stringify(one), '--field-manager=somebody')
    }
    await cluster.settled('MetalLB', 'MetalLB', 'MetalLB')
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  const ours = (kind: string, name: string) =>
    structuredClone(installed().find((one) => one.kind === kind && one.name === name)!.object)
  const containersOf = (name: string) =>
    cluster.jsonpath('{.spec.template.spec.containers[*].name}', 'daemonset', name)

  test('ours applied over MetalLB’s DaemonSet is a mixture of both, which is refused', async () => {
    const daemonSet = stringify(ours('DaemonSet', 'speaker'))
    const trial = cluster.server.apply(daemonSet, '--force-conflicts', '--dry-run=server')
    await assert.rejects(trial, /livenessProbe.*may not specify more than 1 handler type/)
  })

  test('the Deployment deleted with the key still its own: the key is gone', async () => {
    const uid = await cluster.jsonpath('{.metadata.uid}', 'deployment', 'controller')
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'controller', uid }
    const { metadata, ...secret } = metallbMemberlist()
    const owned = { ...secret, metadata: { ...metadata, ownerReferences: [owner] } }
    await cluster.server.apply(stringify(owned))
    await cluster.server.kubectl('delete', 'deployment', 'controller', '-n', OWN)
    await eventually(async () => {
      const left = await cluster.get('secret', '--ignore-not-found', '-l', '!nothing')
      const names = left.items.map((one: typeof owned) => one.metadata.name)
      assert.ok(!names.includes('memberlist'), names.join())
    }, PATIENCE_MS)
  })

  test('a second DaemonSet with the same selector takes nothing that has an owner, and orphans at once', async () => {
    const before = await cluster.uids()
    const second = ours('DaemonSet', 'speaker')
    second.metadata.name = 'speaker-second'
    second.spec.template.spec.nodeSelector = { 'kubernetes.io/hostname': 'nowhere' }
    await cluster.server.apply(stringify(second))
    await observed('speaker-second')
    assert.deepEqual(await cluster.uids(), before)
    assert.equal(await containersOf('speaker'), 'speaker frr reloader frr-metrics')
    // Now nobody's, they are the second one's, which wants none of them on these nodes.
    await cluster.server.kubectl('delete', 'daemonset', 'speaker', '-n', OWN, '--cascade=orphan')
    await eventually(async () => assert.deepEqual(await cluster.speakers(), []), PATIENCE_MS)
    await cluster.server.kubectl('delete', 'daemonset', 'speaker-second', '-n', OWN)
  })

  test('both at once without a label: ours, of higher priority, evicts MetalLB’s from every node', async () => {
    const theirs = metallbInstallation().find(({ kind }) => kind === 'DaemonSet')!
    const labels = { app: 'other', component: 'speaker' }
    const { template } = theirs.spec
    await cluster.server.apply(
      stringify({
        ...theirs,
        metadata: { ...theirs.metadata, name: 'metallb-speaker' },
        spec: {
          selector: { matchLabels: labels },
          template: { ...template, metadata: { labels } },
        },
      }),
    )
    await cluster.settled('MetalLB', 'MetalLB', 'MetalLB')
    await cluster.server.apply(stringify(ours('DaemonSet', 'speaker')))
    await eventually(async () => {
      const running = (await cluster.speakers()).filter(({ spec }) => spec.nodeName)
      const images = running.map(({ spec }) => spec.containers[0]!.image)
      assert.deepEqual(
        images,
        NODES.map(() => 'ferrule:dev'),
      )
    }, PATIENCE_MS)
  })

  async function observed(name: string): Promise<void> {
    await eventually(async () => {
      const { metadata, status } = await cluster.get('daemonset', name)
      assert.equal(status.observedGeneration, metadata.generation)
    }, PATIENCE_MS)
  }
})
