// The production guide, taken at its word: its complete multi-router configuration on three nodes,
// and what its four routers then know. Every session with MD5 and BFD, every route with the one
// community the guide promises at that router.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Frr } from '../../src/lab/frr.ts'
import type { Router } from '../../src/lab/lab.ts'
import { frrState, type Path, type RouterState } from '../../src/lab/router-state.ts'
import { eventually } from '../support/eventually.ts'
import { assertThere, frrVersions, skipOf } from './support/frr-versions.ts'
import { GuideLab, guideWorld, withoutService } from './support/guide-lab.ts'

/** From the guide: what each of its routers shall see on every route of the nodes. */
const COMMUNITY: Readonly<Record<string, string>> = {
  '192.168.1.1': '64512:1100',
  '192.168.1.2': '64512:1200',
  '192.168.2.1': '64512:2100',
  '192.168.2.2': '64512:2200',
}
/** The guide's test Service gets the first address of the pool that does not end in .0. */
const WEB = '10.100.0.1/32'
const LOCAL = '10.100.0.20/32'
const NODES_AS = 64513
/**
 * A router's BFD, coming up, resets a session that is just beginning, and a node that loses this race
 * before the OPEN tries again after FRR's 120 s: the guide's peers have no `connectTime`.
 */
const PATIENCE_MS = 150_000

for (const version of await frrVersions()) {
  suite(`the guide's multi-router setup on ${version.name}`, { skip: skipOf(version) }, () => {
    let guide: GuideLab
    before(async () => {
      assertThere(version)
      guide = await GuideLab.open(version)
    })
    after(() => guide?.[Symbol.asyncDispose]())

    test('the objects are accepted and run on every node', async () => {
      const world = guideWorld()
      assert.deepEqual(world.problems, [])
      assert.deepEqual(await guide.apply(world), ['applied', 'applied', 'applied'])
    })

    test('all twelve sessions stand with BFD, seen from both ends', async (t) => {
      const began = performance.now()
      for (const router of guide.routers) {
        await allUp(router.state, [...guide.nodesAt(router).values()])
      }
      for (const { frr } of guide.nodes.values()) await allUp(frrState(frr), routerAddresses(guide))
      t.diagnostic(`after ${((performance.now() - began) / 1000).toFixed(1)} s`)
    })

    test('all of them are signed with the password of the Secrets', async () => {
      for (const { frr } of guide.nodes.values()) await allSigned(frr, routerAddresses(guide))
    })

    test('each router has every route from every node, with its community and no other', async (t) => {
      for (const router of guide.routers) {
        await eventually(async () => {
          assert.deepEqual(await told(guide, router), expectedAt(router, [WEB, LOCAL]))
        }, PATIENCE_MS)
        for (const line of await seen(guide, router)) t.diagnostic(line)
      }
    })

    test('applied again, nothing is sent', async () => {
      const kinds = await guide.apply(guideWorld())
      assert.deepEqual(kinds, ['unchanged', 'unchanged', 'unchanged'])
    })

    test('a Service that goes takes its route from every router, and only its own', async () => {
      await guide.apply(withoutService(guideWorld(), 'default/nginx-lb'))
      for (const router of guide.routers) {
        await eventually(async () => {
          assert.deepEqual(await told(guide, router), expectedAt(router, [LOCAL]))
        })
        await allUp(router.state, [...guide.nodesAt(router).values()])
      }
    })
  })
}

const addressOf = ({ spec }: Router): string => spec.legs[0]!.v4.split('/')[0]!
const routerAddresses = (guide: GuideLab) => guide.routers.map(addressOf)

async function allUp(state: RouterState, peers: readonly string[]): Promise<void> {
  const up = peers.map((peer) => ({ peer, established: true, bfdUp: true }))
  await eventually(async () => {
    const sessions = (await state.sessions()).filter(({ peer }) => peers.includes(peer))
    assert.deepEqual(byPeer(sessions), byPeer(up))
  }, PATIENCE_MS)
}

const byPeer = <T extends { peer: string }>(list: T[]): T[] =>
  list.sort((a, b) => (a.peer < b.peer ? -1 : 1))

async function allSigned(frr: Frr, peers: readonly string[]): Promise<void> {
  const known =
    await frr.show<Record<string, { authenticationEnabled?: number }>>('show bgp neighbors')
  const signed = Object.keys(known).filter((peer) => known[peer]!.authenticationEnabled === 1)
  assert.deepEqual(signed.sort(), [...peers].sort())
}

/** What the nodes told this router; not what it has from the other routers. */
async function told(guide: GuideLab, router: Router) {
  const nodes = guide.nodesAt(router)
  const nameOf = new Map([...nodes].map(([name, address]) => [address, name]))
  const paths = (await router.state.paths()).filter(({ nextHop }) => nameOf.has(nextHop))
  return paths.map((path) => line(nameOf.get(path.nextHop)!, path)).sort()
}

const line = (node: string, { prefix, asPath, communities, largeCommunities }: Path) =>
  `${prefix} by ${node}, AS ${asPath.join(' ')}, ${[...communities, ...largeCommunities].join(' ')}`

function expectedAt(router: Router, prefixes: readonly string[]): string[] {
  const community = COMMUNITY[addressOf(router)]
  return prefixes
    .flatMap((prefix) =>
      (prefix === LOCAL ? ['n2'] : ['n1', 'n2', 'n3']).map((node) => [prefix, node]),
    )
    .map(([prefix, node]) => `${prefix} by ${node}, AS ${NODES_AS}, ${community}`)
    .sort()
}

/** For whoever runs the test and wants to see it. */
async function seen(guide: GuideLab, router: Router): Promise<string[]> {
  const lines = (await told(guide, router)).map((one) => `    ${one}`)
  return [`${router.spec.name} ${addressOf(router)} (${router.make})`, ...lines]
}
