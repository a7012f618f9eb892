// The owner of an address goes, in every way it can: another node answers, and when it comes back it
// takes back what it is elected for. Once all is quiet no address has two owners, or none.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { framesOf, ROUNDS } from '../../src/l2/link-queue.ts'
import { entryOf } from '../../src/l2/table.ts'
import { kill } from '../../src/lab/process.ts'
import { address as parsed } from '../../src/net/address.ts'
import { eventually } from '../support/eventually.ts'
import { PATIENCE, skipWithoutCluster } from './support/control-plane.ts'
import { type Layer2Cluster, openLayer2Cluster } from './support/layer2-cluster.ts'
import type { Sight } from './support/layer2-eyes.ts'
import { Addresses, layer2ServiceText } from './support/layer2-objects.ts'
import { endpointsText, NAMES, type NodeName } from './support/objects.ts'
import { cutOff } from './support/outage.ts'

suite('the owner of an address goes', { skip: await skipWithoutCluster() }, () => {
  const addresses = new Addresses(NAMES)
  /** Of n1, then n2; and those that stay where they are all the while. */
  const moving = addresses.take('n1', 'n2')
  const standing = [addresses.take('n2'), addresses.take('n3')] as const
  const all = [moving, ...standing]
  let cluster: Layer2Cluster
  before(async () => {
    cluster = await openLayer2Cluster({ frr: ['n1', 'n2'] })
    for (const [at, address] of all.entries()) {
      const name = `web-${at}`
      await cluster.apply(layer2ServiceText(name, { address }) + endpointsText(name, 'n3'))
    }
    await home()
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  const home = () => answered('n1')
  async function answered(owner: 'n1' | 'n2'): Promise<void> {
    await cluster.answeredBy(moving, owner)
    await cluster.answeredBy(standing[0], 'n2')
    await cluster.answeredBy(standing[1], 'n3')
  }

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`its speaker ends with ${signal}, and starts again`, async () => {
      const { speaker } = cluster.node('n1')
      await speaker.kill(signal)
      await answered('n2')
      await speaker.start()
      await home()
    })
  }

  test('its speaker hangs, and goes on', async () => {
    const { speaker } = cluster.node('n1')
    kill(speaker.pid, 'SIGSTOP')
    await answered('n2')
    kill(speaker.pid, 'SIGCONT')
    await home()
  })

  test('its speaker hangs for a moment: its neighbours are told where the addresses are, unasked', async () => {
    const both = [addresses.take('n1', 'n2'), 'fd00:2::1f0'] as const
    const wanted = { address: both.join(), isDual: true }
    await cluster.apply(layer2ServiceText('both', wanted) + endpointsText('both', 'n3'))
    for (const address of both) await cluster.answeredBy(address, 'n1')
    for (const address of both) await burst(address, 0)
    const { speaker } = cluster.node('n1')
    const { eyes } = cluster.visitor
    const told = await conflicts()
    const before = eyes.mark()
    kill(speaker.pid, 'SIGSTOP')
    for (const address of both) {
      const arrives = (sight: Sight) => isCall(sight, address, 'n2')
      await eyes.sees(`a datagram to ${address} at n2`, arrives, { mark: before })
    }
    const back = eyes.mark()
    kill(speaker.pid, 'SIGCONT')
    for (const address of both) await burst(address, back)
    const last = both.map((address) =>
      eyes.sights.findLast(({ kind, address: to }) => kind === 'call' && to === address),
    )
    assert.deepEqual(
      last.map((sight) => cluster.nameOf(sight!.to)),
      ['n1', 'n1'],
    )
    assert.equal(await conflicts(), told, 'a move is no conflict')
  })

  async function conflicts(): Promise<number> {
    const logs = await Promise.all(cluster.nodes.map(({ speaker }) => speaker.log()))
    return logs.join('\n').split('"event":"conflict"').length - 1
  }

  const isCall = ({ kind, address, to }: Sight, of: string, node: NodeName): boolean =>
    kind === 'call' && address === of && cluster.nameOf(to) === node

  /** Waits until n1 has told as much as of an address that is new. */
  async function burst(address: string, mark: number): Promise<void> {
    const entry = entryOf({ address: parsed(address), interfaces: [], slot: 0, sinceMs: 0 })
    const isClaim = ({ kind, address: of, from }: Sight) =>
      kind === 'claim' && of === address && cluster.nameOf(from) === 'n1'
    await eventually(() => {
      const claims = cluster.visitor.eyes.since(mark).filter(isClaim).length
      assert.ok(claims >= ROUNDS * framesOf(entry), `${claims} claims of ${address}`)
    }, PATIENCE.timeoutMs)
  }

  test('its cable is pulled, and put back', async () => {
    await cluster.unplug('n1')
    await answered('n2')
    await cluster.plug('n1')
    await home()
  })

  test('it loses its link, and gets it back', async () => {
    const { netns } = cluster.node('n1')
    await netns.ip('link set eth0 down')
    await answered('n2')
    await netns.ip('link set eth0 up')
    await home()
  })

  test('nobody can reach the API server meanwhile', async () => {
    const { speaker } = cluster.node('n1')
    await cutOff(cluster, async () => {
      await speaker.kill('SIGKILL')
      await answered('n2')
    })
    await speaker.start()
    await home()
  })

  test('all speakers end at once, and start again', async () => {
    await Promise.all(cluster.nodes.map(({ speaker }) => speaker.kill('SIGKILL')))
    await Promise.all(cluster.nodes.map(({ speaker }) => speaker.start()))
    await home()
  })
})
