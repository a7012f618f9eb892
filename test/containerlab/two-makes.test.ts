// An FRR router and a BIRD router, three nodes, both families: what two programs by different people make of
// what we announce, and of a Pod that ends.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { skipWithoutDocker } from './support/container-images.ts'
import { type Fleet, openFleet } from './support/fleet.ts'
import { allSigned, allUp, readsWell, tells } from './support/judging.ts'
import { inWords, type Kill, sightings } from './support/kills.ts'
import { unheard } from './support/unheard.ts'

const WEB = {
  prefixes: ['198.51.100.1/32', '2001:db8:64::/128'],
  communities: '64512:100 64512:1:100',
}
const NODES = ['n1', 'n2', 'n3']

suite('an FRR router and a BIRD router', { skip: await skipWithoutDocker() }, () => {
  let fleet: Fleet
  before(async () => {
    fleet = await openFleet({ name: 'two-makes', say: (line) => console.log(line) })
  })
  after(() => fleet?.[Symbol.asyncDispose]())

  async function bothHear(nodes: readonly string[]): Promise<void> {
    for (const router of fleet.routers) await tells(fleet, router, { ...WEB, nodes })
  }

  test('all sessions stand, with BFD, seen from both ends, and signed', async () => {
    await allUp(fleet)
    for (const node of NODES) await allSigned(fleet, node)
  })

  test('both routers read the same from every node, in both families', () => bothHear(NODES))

  test('FRR in the Pods is content, and says so to whoever asks', async () => {
    for (const node of NODES) await readsWell(fleet, node)
  })

  test('a node is cut off: both routers forget its routes, and learn them again', async () => {
    await fleet.lab.cut('n3')
    await bothHear(['n1', 'n2'])
    await fleet.lab.heal('n3')
    await allUp(fleet)
    await bothHear(NODES)
  })

  test('a speaker is killed: neither router hears of it', async () => {
    await unheard(fleet, 'n2', () => fleet.kill('n2', 'speaker'))
  })

  for (const [how, node] of [
    ['FRR is killed', 'n1'],
    ['the Pod is deleted, and made anew', 'n2'],
    ['the Pod is killed, and made anew', 'n3'],
  ] as const satisfies (readonly [Kill, string])[]) {
    test(`${how}: each router uses the other nodes, and this one again when it is back`, async (t) => {
      const seen = await sightings(fleet, how, { node, prefix: '198.51.100.1' })
      for (const sighting of seen) {
        t.diagnostic(inWords(sighting))
        assert.ok(sighting.hasDropped, `${sighting.router} has a new session`)
        assert.ok(sighting.lostMs !== undefined, `${sighting.router} turned to others meanwhile`)
      }
      await bothHear(NODES)
    })
  }
})
