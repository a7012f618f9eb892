// The cases that take a real router, with BIRD in its place: TCP MD5, hops in between, timers,
// graceful restart, unnumbered sessions, and routes that come towards the node. And some of the
// others once more, read by people who did not write our receiver.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Path } from '../../src/lab/router-state.ts'
import { eventually } from '../support/eventually.ts'
import { worldOfFiles } from '../support/world-of-files.ts'
import { type BirdRouter, startBirdRouter, TOLD } from './support/bird-router.ts'
import { type Case, casesWithPeers, readCase } from './support/expectation.ts'
import { assertThere, frrVersions, skipOf } from './support/frr-versions.ts'
import { type Node, planOf } from './support/node.ts'
import { oneMoreOn, planAfterwards } from './support/one-more.ts'
import { type Seat, seatsOf } from './support/seats.ts'
import { type Stage, Stages } from './support/stages.ts'

const CASES = [
  ...casesWithPeers().filter(({ witness }) => witness === 'bird'),
  ...['bgp-dual-stack-service', 'bgp-large-communities', 'community-well-known'].map(readCase),
]

for (const version of await frrVersions()) {
  suite(`what BIRD hears from ${version.name}`, { skip: skipOf(version) }, () => {
    let stages: Stages
    before(async () => {
      assertThere(version)
      stages = await Stages.open(version)
    })
    after(() => stages?.[Symbol.asyncDispose]())
    for (const one of CASES) {
      test(one.name, async () => playCase(one, await stages.on(one.network)))
    }
  })
}

async function playCase(one: Case, { network, node, dir }: Stage): Promise<void> {
  const plan = planOf(worldOfFiles(...one.dirs))
  await using routers = new AsyncDisposableStack()
  // Routers go away one by one; a node that still knew them would back off from the next.
  routers.defer(async () => void (await node.apply(planOf(worldOfFiles()))))
  const listening: BirdRouter[] = []
  for (const seat of seatsOf(one, plan, network)) {
    listening.push(routers.use(await startBirdRouter(seat, dir)))
  }

  await node.apply(plan)
  for (const router of listening) await hearsAll(router)
  await learnsOnly(node, listening)
  assert.equal((await node.apply(plan)).kind, 'unchanged', 'a plan that runs is not sent again')

  await node.apply(planAfterwards(one.dirs))
  for (const router of listening) await hearsOnly(router, oneMoreOn(router.seat.session.families))
}

async function hearsAll(router: BirdRouter): Promise<void> {
  const { name, expected } = router.seat
  await eventually(async () => assert.ok(await router.session(), `${name}: session`))
  const session = await router.session()
  assert.deepEqual({ ...session, ...expected.sees }, session, `${name}: how the node shows itself`)
  const wanted = expectedRoutes(router.seat)
  await eventually(async () => {
    const heard = (await router.routes()).map((path) => asHeard(router.seat, path))
    assert.deepEqual(sorted(heard), wanted, `${name}: table`)
  })
  const unknown = (await router.attributeNames()).filter((name) => !ATTRIBUTES.includes(name))
  assert.deepEqual(unknown, [], `${name}: attributes nobody asked for`)
}

const ATTRIBUTES = ['origin', 'as_path', 'next_hop', 'med', 'local_pref'].map(
  (name) => `BGP.${name}`,
)
ATTRIBUTES.push('BGP.community', 'BGP.large_community')

async function hearsOnly(router: BirdRouter, prefixes: readonly string[]): Promise<void> {
  await eventually(async () => {
    const heard = (await router.routes()).map(({ prefix }) => prefix)
    assert.deepEqual(heard.sort(), [...prefixes].sort(), router.seat.name)
  })
}

/** Of what the routers tell, the node keeps what the case says: nothing, as a rule. */
async function learnsOnly({ frr }: Node, routers: readonly BirdRouter[]): Promise<void> {
  interface Neighbors {
    [name: string]: { messageStats: { updatesRecv: number } }
  }
  await eventually(async () => {
    const neighbors = await frr.show<Neighbors>('show bgp neighbors')
    for (const { seat } of routers) {
      const told = neighbors[seat.neighbor]?.messageStats.updatesRecv ?? 0
      assert.ok(told > 0, `${seat.name} has told the node nothing yet`)
    }
  })
  const wanted = routers.flatMap(({ seat }) => seat.expected.nodeLearns)
  await eventually(async () => {
    const known: string[] = []
    for (const family of ['ipv4', 'ipv6']) {
      const { routes } = await frr.show<{ routes?: object }>(`show bgp ${family} unicast`)
      known.push(...Object.keys(routes ?? {}).filter((prefix) => TOLD.includes(prefix)))
    }
    assert.deepEqual(known, wanted, 'what the node learned from its routers')
  })
}

/** BIRD shows a preference of its own making on routes of external neighbours. */
function asHeard({ expected }: Seat, { best: _, localPref, ...path }: Path) {
  const isInternal = expected.asn === expected.sees.asn
  return {
    ...path,
    ...(isInternal && localPref !== undefined ? { localPref } : {}),
    communities: path.communities.sort(),
    largeCommunities: path.largeCommunities.sort(),
  }
}

function expectedRoutes({ expected, place }: Seat) {
  return sorted(
    expected.hears.map(({ nextHop, ...route }) => ({
      ...{ ...route, nextHop: place.nextHops[nextHop] ?? nextHop, med: 0 },
      communities: [...route.communities].sort(),
      largeCommunities: [...route.largeCommunities].sort(),
    })),
  )
}

const sorted = <T extends { prefix: string }>(routes: T[]): T[] =>
  routes.sort((a, b) => (a.prefix < b.prefix ? -1 : a.prefix > b.prefix ? 1 : 0))
