// The production guide's network: four routers in two data centres and three nodes with a leg in each. Every
// router hears its own community; one of them may go, and so may a node.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { bare, legOf } from '../../src/lab/topology.ts'
import { skipWithoutDocker } from './support/container-images.ts'
import { type Fleet, openFleet } from './support/fleet.ts'
import { allSigned, allUp, patiently, readsWell, tells, vtysh } from './support/judging.ts'
import { unheard } from './support/unheard.ts'

const PREFIX = '10.100.0.1/32'
/** What the samples give each of them; each hears its own and no other. */
const COMMUNITIES = [
  ['r1', '64512:1100'],
  ['r2', '64512:1200'],
  ['r3', '64512:2100'],
  ['r4', '64512:2200'],
] as const
const NODES = ['n1', 'n2', 'n3']

suite('four routers in two data centres', { skip: await skipWithoutDocker() }, () => {
  let fleet: Fleet
  before(async () => {
    fleet = await openFleet({ name: 'data-centres', say: (line) => console.log(line) })
  })
  after(() => fleet?.[Symbol.asyncDispose]())

  async function allHear(nodes: readonly string[], except?: string): Promise<void> {
    for (const [name, communities] of COMMUNITIES) {
      if (name === except) continue
      await tells(fleet, fleet.router(name), { prefixes: [PREFIX], nodes, communities })
    }
  }

  test('all sessions stand, with BFD, seen from both ends, and signed', async () => {
    await allUp(fleet)
    for (const node of NODES) await allSigned(fleet, node)
  })

  test('each router has the address from every node, with its own community and no other', () =>
    allHear(NODES))

  test('FRR in the Pods is content, and says so to whoever asks', async () => {
    for (const node of NODES) {
      await readsWell(fleet, node)
      assert.deepEqual(await fleet.pod(node).probe('frr'), { alive: true, said: '' })
    }
  })

  test('a speaker is killed: none of the four routers hears of it', async () => {
    await unheard(fleet, 'n2', () => fleet.kill('n2', 'speaker'))
  })

  test('a node is cut off: all routers forget its routes, and learn them again', async () => {
    await fleet.lab.cut('n3')
    await allHear(['n1', 'n2'])
    await fleet.lab.heal('n3')
    await allUp(fleet)
    await allHear(NODES)
  })

  test('a router goes: the nodes notice, the other data centre keeps its own paths', async () => {
    const gone = bare(legOf(fleet.router('r1').spec, 'wan').v4)
    assert.ok((await nextHops('r3')).includes(gone), 'r3 has a path by r1')
    await fleet.lab.cut('r1')
    await fleet.lab.kill('r1')
    for (const node of NODES) {
      await patiently(async () => assert.equal(await sessionState(node, 'r1'), 'down'))
      for (const other of ['r2', 'r3', 'r4']) {
        assert.equal(await sessionState(node, other), 'Established up', `${node} with ${other}`)
      }
    }
    await allHear(NODES, 'r1')
    // The session with r1 has no BFD: it ends when its cable says so, or with its hold time.
    const best = (await fleet.router('r3').paths()).filter((path) => path.best)
    const own = fleet.network.nodes.map((node) => bare(legOf(node, 'dc2').v4))
    assert.deepEqual(best.map(({ nextHop }) => nextHop).sort(), own.sort())
  })

  const nextHops = async (router: string) =>
    (await fleet.router(router).paths()).map(({ nextHop }) => nextHop)

  /** As the node sees it, with the state of BFD. */
  async function sessionState(node: string, router: string): Promise<string> {
    const { spec } = fleet.router(router)
    const address = bare(legOf(spec, spec.lan).v4)
    const text = await vtysh(fleet, node, `show bgp neighbors ${address} json`)
    const { bgpState, peerBfdInfo } = JSON.parse(text)[address]
    return bgpState === 'Established' ? `${bgpState} ${peerBfdInfo.status.toLowerCase()}` : 'down'
  }
})
