// One patch of the MetalLB object, and everything of ours in the cluster logs otherwise: the controller,
// every speaker, every daemon of FRR. Nothing is restarted, and the router hears nothing of it.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { Vty } from '../../src/frr/vty.ts'
import { eventually } from '../support/eventually.ts'
import { type Cluster, openCluster, skipWithoutCluster } from './support/cluster.ts'
import { type Node, toldBy } from './support/node.ts'
import { webText } from './support/objects.ts'

suite('the log level of a cluster', { skip: await skipWithoutCluster() }, () => {
  let cluster: Cluster
  before(async () => {
    cluster = await openCluster()
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  test('follows the MetalLB object, up and down, and the flag when it is gone', async () => {
    const marks = cluster.nodes.map((node) => ({ node, mark: node.hearing.mark() }))
    const roles = [cluster.controller, ...cluster.nodes.map(({ speaker }) => speaker)]
    const pids = roles.map(({ pid }) => pid)
    for (const [level, frrLevel] of [
      ['debug', 'debugging'],
      ['error', 'errors'],
    ] as const) {
      const told = await Promise.all(
        roles.map((role) => role.tells(new RegExp(`"logLevel":"${level}"`))),
      )
      await cluster.apply(metalLb(level))
      for (const one of told) await one.line()
      for (const node of cluster.nodes) await logsAt(node, frrLevel)
    }
    await cluster.remove('MetalLB', 'metallb', 'metallb-system')
    for (const node of cluster.nodes) await logsAt(node, 'informational')
    assert.deepEqual(
      roles.map(({ pid }) => pid),
      pids,
    )
    for (const { node, mark } of marks) assert.deepEqual(toldBy(node, mark), [], node.name)
    // That they were heard all the time, the next route tells.
    await cluster.apply(webText('web', 'n1'))
    await cluster.hears(`${await cluster.addressOf('web')}/32`, ['n1', 'n2', 'n3'])
  })
})

const metalLb = (logLevel: string): string =>
  `{apiVersion: metallb.io/v1beta1, kind: MetalLB, metadata: {name: metallb, namespace: metallb-system}, spec: {logLevel: ${logLevel}}}\n`

async function logsAt({ frr }: Node, level: string): Promise<void> {
  for (const daemon of ['zebra', 'bgpd', 'bfdd']) {
    await using vty = await Vty.open(join(frr.runDir, `${daemon}.vty`))
    await eventually(async () => {
      const { text } = await vty.request('show logging')
      assert.match(text, new RegExp(`^Stdout logging: level ${level}$`, 'm'), daemon)
    })
  }
}
