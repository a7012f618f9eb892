// Addresses that stay where they are answered: whoever was away takes back nothing, and nobody on the LAN
// is told anything again. One speaker that goes by another rule, and the hash decides for all.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { framesOf, ROUNDS } from '../../src/l2/link-queue.ts'
import { entryOf } from '../../src/l2/table.ts'
import { address as parsed } from '../../src/net/address.ts'
import { eventually } from '../support/eventually.ts'
import { PATIENCE, skipWithoutCluster } from './support/control-plane.ts'
import { type Layer2Cluster, openLayer2Cluster } from './support/layer2-cluster.ts'
import { Addresses, layer2ServiceText } from './support/layer2-objects.ts'
import type { Layer2Node } from './support/node.ts'
import { endpointsText, NAMES, type NodeName } from './support/objects.ts'

/** All that is told of an address that is new on a node. */
const BURST =
  ROUNDS *
  framesOf(entryOf({ address: parsed('192.0.2.193'), interfaces: [], slot: 0, sinceMs: 0 }))

const STICKY = '--l2-ownership=sticky'

suite('addresses stay where they are answered', { skip: await skipWithoutCluster() }, () => {
  const addresses = new Addresses(NAMES)
  /** The hash elects n1 for it, without n1 it elects n2. */
  const moving = addresses.take('n1', 'n2')
  const standing = addresses.take('n3')
  let cluster: Layer2Cluster
  before(async () => {
    cluster = await openLayer2Cluster({ speakerFlags: [STICKY] })
    await serve('moving', moving)
    await serve('standing', standing)
    await cluster.answeredBy(moving, 'n1')
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  let served = 0
  async function serve(name: string, address: string): Promise<void> {
    await cluster.apply(layer2ServiceText(name, { address }) + endpointsText(name, 'n3'))
    served++
  }

  /** Starts it; it takes part again, and knows what the others hold, when this returns. */
  async function start({ speaker }: Layer2Node): Promise<void> {
    const back = await speaker.tells(/"all living speakers have/)
    await speaker.start()
    await back.line()
  }

  /** Shows that a node that is back decides: it answers for an address that is new. */
  async function takesNew(node: NodeName): Promise<string> {
    const address = addresses.take(node)
    await serve(`fence-${address.split('.').at(-1)}`, address)
    await cluster.answeredBy(address, node)
    return address
  }

  function claimsOf(address: string, node: NodeName, mark = 0): number {
    const { mac } = cluster.node(node)
    return cluster.visitor.eyes
      .since(mark)
      .filter((sight) => sight.kind === 'claim' && sight.address === address && sight.from === mac)
      .length
  }

  /** Waits until all has been told of an address that is new on a node. */
  const burst = (address: string, node: NodeName) =>
    eventually(() => {
      const claims = claimsOf(address, node)
      assert.ok(claims >= BURST, `${claims} claims of ${address} by ${node}`)
    }, PATIENCE.timeoutMs)

  /** The statuses of a Service, with their versions. */
  async function statusesOf(service: string): Promise<string[]> {
    const all = await cluster.ours('ServiceL2Status')
    return all
      .filter(({ status }) => status?.serviceName === service)
      .map(({ metadata, status }) => `${status.node} ${metadata.resourceVersion}`)
  }

  const heldBy = (node: NodeName) =>
    eventually(async () => {
      const holders = (await statusesOf('moving')).map((one) => one.split(' ')[0])
      assert.deepEqual(holders, [node])
    }, PATIENCE.timeoutMs)

  test('who was killed takes back nothing, and nobody is told anything again', async () => {
    const [n1, n2] = [cluster.node('n1'), cluster.node('n2')]
    await n1.speaker.kill('SIGKILL')
    await cluster.answeredBy(moving, 'n2')
    await heldBy('n2')
    await burst(moving, 'n2')
    const [before, mark] = [await statusesOf('moving'), cluster.visitor.eyes.mark()]
    await start(n1)
    // As long as a burst of its own takes, there is none of the other address.
    await burst(await takesNew('n1'), 'n1')
    await cluster.answeredBy(moving, 'n2')
    assert.deepEqual(await statusesOf('moving'), before)
    assert.equal(claimsOf(moving, 'n1', mark), 0)
    const again = claimsOf(moving, 'n2', mark)
    assert.ok(again < BURST, `${again} claims by who had it all the while`)
    assert.doesNotMatch(await n2.speaker.log(), /serviceWithdrawn/)
  })

  test('beside one that goes by the hash, all go by it; what it gave stays afterwards', async () => {
    const n3 = cluster.node('n3')
    const { speaker } = n3
    await speaker.kill('SIGTERM')
    speaker.setFlags()
    await speaker.start()
    await cluster.answeredBy(moving, 'n1')
    await cluster.answeredBy(standing, 'n3')
    await speaker.kill('SIGTERM')
    speaker.setFlags(STICKY)
    await start(n3)
    await takesNew('n3')
    await cluster.answeredBy(moving, 'n1')
  })

  test('who was cut off leaves its address to who has it by now', async () => {
    await cluster.unplug('n1')
    await cluster.answeredBy(moving, 'n2')
    await heldBy('n2')
    const before = [await statusesOf('moving'), await statusesOf('standing')]
    const back = await cluster.node('n2').speaker.tells(/"memberJoined".*"n1"/)
    await cluster.plug('n1')
    await back.line()
    await takesNew('n1')
    await cluster.answeredBy(moving, 'n2')
    await heldBy('n2')
    // What it took for its own meanwhile it has not taken from them.
    await eventually(async () => {
      assert.deepEqual([await statusesOf('moving'), await statusesOf('standing')], before)
    }, PATIENCE.timeoutMs)
  })

  test('spread: new addresses that the hash would give to one node go to all', async () => {
    for (const { speaker } of cluster.nodes) {
      await speaker.kill('SIGTERM')
      speaker.setFlags('--l2-ownership=spread')
    }
    await Promise.all(cluster.nodes.map(start))
    const fresh = Array.from({ length: 9 }, () => addresses.take('n1'))
    for (const [at, address] of fresh.entries()) await serve(`spread-${at}`, address)
    const statuses = await eventually(async () => {
      // One that is just being made says nothing yet.
      const all = (await cluster.ours('ServiceL2Status')).flatMap(({ status }) => status ?? [])
      const held = Map.groupBy(all, (status) => status.node).values()
      const counts = [...held].map(({ length }) => length)
      assert.equal(all.length, served)
      assert.ok(Math.max(...counts) <= Math.ceil(served / NAMES.length), `${counts} of ${served}`)
      return all
    }, PATIENCE.timeoutMs)
    for (const [at, address] of fresh.entries()) {
      const status = statuses.find(({ serviceName }) => serviceName === `spread-${at}`)
      await cluster.answeredBy(address, status.node)
    }
  })
})
