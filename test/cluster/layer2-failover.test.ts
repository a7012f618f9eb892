// The owner of an address goes, in every way it can: another node answers, and when it comes back it
// takes back what it is elected for. Once all is quiet no address has two owners, or none.
import { after, before, suite, test } from 'node:test'
import { kill } from '../../src/lab/process.ts'
import { skipWithoutCluster } from './support/control-plane.ts'
import { type Layer2Cluster, openLayer2Cluster } from './support/layer2-cluster.ts'
import { Addresses, layer2ServiceText } from './support/layer2-objects.ts'
import { endpointsText, NAMES } from './support/objects.ts'
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
