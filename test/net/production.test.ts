// The production guide, block by block: its router configurations and its objects run as they stand, and
// then everything happens that its drills ask for. What each took is said; the guide's figures are these.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, suite, test } from 'node:test'
import type { Frr } from '../../src/lab/frr.ts'
import { frrState } from '../../src/lab/router-state.ts'
import { eventually } from '../support/eventually.ts'
import { assertThere, frrVersions, skipOf } from './support/frr-versions.ts'
import {
  ALL,
  becomes,
  PATIENCE_MS,
  ROUTERS,
  routesAt,
  sessionsOf,
  settled,
  spreadAt,
  standing,
  summaryOf,
  timed,
  WEB,
  watchedAt,
  withoutNode,
} from './support/production-look.ts'
import { FOREIGN, flood, serviceText } from './support/production-objects.ts'
import { openSite, type Site, writeGuide, writeNodes } from './support/production-site.ts'

const LOCAL = '10.100.0.20'
/** What the guide says of a route at each of its routers: its preference there, and its community. */
const MARK = { r1: '200 64512:1100', r2: '190 64512:1200' } as const

for (const version of await frrVersions()) {
  suite(`the production guide on ${version.name}`, { skip: skipOf(version) }, () => {
    let site: Site
    before(async () => {
      assertThere(version)
      site = await openSite({ version })
    })
    after(() => site?.[Symbol.asyncDispose]())
    // BFD that comes up may reset a session that has just begun: no test begins before it stands.
    beforeEach(() => settled(site))

    test('six sessions stand, signed, watched by BFD over one hop in the guide’s intervals', async () => {
      for (const router of ROUTERS) await becomes(() => watchedAt(site, router), ALL)
      for (const frr of site.nodes.values()) await signedAndWatched(frr)
    })

    test('each router has the route by all nodes, marked, preferred, and spreads packets over them', async () => {
      for (const router of ROUTERS) {
        await becomes(() => routesAt(site, router), by(router, WEB, ALL))
        await becomes(() => spreadAt(site, router), ALL)
      }
    })

    test('the nodes are told nothing', async () => {
      await site.lab.writeObjects('told.yaml', serviceText('told', ALL))
      await becomes(() => routesAt(site, 'r1').then((all) => all.length), 6)
      for (const frr of site.nodes.values()) {
        const heard = Object.values((await summaryOf(frr)).peers).map(({ pfxRcd }) => pfxRcd)
        assert.deepEqual(heard, [0, 0])
      }
      const told = Object.values((await summaryOf(site.r1)).peers).map(({ pfxSnt }) => pfxSnt)
      assert.deepEqual(told, [0, 0, 0])
      await remove(site, 'told.yaml')
    })

    test('externalTrafficPolicy Local: only the node with an endpoint is a next hop', async () => {
      await site.lab.writeObjects(
        'local.yaml',
        serviceText('local', ['n2'], { local: true, address: LOCAL }),
      )
      for (const router of ROUTERS) {
        await becomes(
          () => routesAt(site, router),
          [...by(router, WEB, ALL), ...by(router, `${LOCAL}/32`, ['n2'])].sort(),
        )
      }
      await remove(site, 'local.yaml')
    })

    test('a pool that the routers do not know is told to them, and refused', async () => {
      await site.lab.writeObjects('foreign.yaml', FOREIGN)
      await eventually(async () => {
        const told = await site.r1.vtysh('show ip bgp neighbors 192.168.1.10 received-routes')
        assert.match(told, /172\.16\.0\.1\/32/)
      }, PATIENCE_MS)
      for (const router of ROUTERS) {
        await becomes(() => routesAt(site, router), by(router, WEB, ALL))
      }
      await remove(site, 'foreign.yaml')
    })

    test('routes without a mark are refused by the router that should have had them', async () => {
      await writeGuide(site, '  communities:\n    - via-r1\n')
      await becomes(() => routesAt(site, 'r1'), [])
      assert.deepEqual(await spreadAt(site, 'r2'), ALL)
      await writeGuide(site)
      await standing(site, ALL)
    })

    test('a node falls silent: BFD takes it out at both routers, and brings it back', (t) =>
      withoutNode(t, site, 'n2'))

    test('a router falls silent: the other one notices nothing', async (t) => {
      const lan = site.lab.net.lan('rack')
      await lan.cut(site.netns('r1'))
      await timed(t, 'the nodes give it up', () =>
        becomes(() => sessionsOf(site, '192.168.1.1'), 0),
      )
      assert.deepEqual(await spreadAt(site, 'r2'), ALL)
      await lan.heal(site.netns('r1'))
      await timed(t, 'all is back', () => standing(site, ALL))
    })

    test('FRR of a node is killed and started: its routes go at once, and come back', async (t) => {
      const frr = site.nodes.get('n3')!
      const kill = () => Promise.all(frr.daemons.map((daemon) => frr.kill(daemon, 'SIGKILL')))
      await timed(t, 'out of both routers', async () => {
        await kill()
        await standing(site, ['n1', 'n2'])
      })
      await frr.startAll()
      await timed(t, 'back at both', () => standing(site, ALL))
    })

    test('a router is reloaded: the other one carries all, and it has everything again', async (t) => {
      await site.r1.stop()
      assert.deepEqual(await spreadAt(site, 'r2'), ALL)
      await site.r1.startAll()
      await timed(t, 'from the start of its daemons', () => standing(site, ALL))
    })

    test('a node is drained: its routes go, its sessions stay', async (t) => {
      await writeNodes(site.lab, 'n1')
      await timed(t, 'out of both routers', () => standing(site, ['n2', 'n3']))
      for (const router of ROUTERS) assert.deepEqual(await watchedAt(site, router), ALL)
      await writeNodes(site.lab)
      await timed(t, 'back at both', () => standing(site, ALL))
    })

    test('the password of r1 is changed, at the nodes first: r2 carries all meanwhile', async (t) => {
      await writeGuide(site, 'r1-bgp-password', 'another-one')
      await becomes(() => spreadAt(site, 'r1'), [])
      assert.deepEqual(await spreadAt(site, 'r2'), ALL)
      await inRouter(site.r1, 'neighbor NODES password another-one')
      await timed(t, 'from the change at the router', () => standing(site, ALL))
      await inRouter(site.r1, 'neighbor NODES password r1-bgp-password')
      await becomes(() => spreadAt(site, 'r1'), [])
      await writeGuide(site)
      await timed(t, 'at the router first, from the change of the Secret', () =>
        standing(site, ALL),
      )
    })

    test('the nodes’ AS number is changed router by router', async (t) => {
      await inRouter(site.r1, 'neighbor NODES remote-as 64514')
      await becomes(() => spreadAt(site, 'r1'), [])
      await writeGuide(site, 'peerAddress: 192.168.1.1\n', '$&  localASN: 64514\n')
      await timed(t, 'from the change of the BGPPeer', () => standing(site, ALL))
      const paths = (await frrState(site.r1).paths()).map(({ asPath }) => asPath)
      assert.deepEqual(paths, [[64514], [64514], [64514]])
      await inRouter(site.r1, 'neighbor NODES remote-as 64513')
      await writeGuide(site)
      await standing(site, ALL)
    })

    test('a filter that somebody widened, and more prefixes than the limit: the sessions of r1 end', async (t) => {
      await site.r1.vtysh('configure terminal', `${WIDE} permit 10.101.0.0/22 ge 32`)
      await site.lab.writeObjects('flood.yaml', flood(600))
      await timed(t, 'r1 has closed its sessions', () => becomes(() => spreadAt(site, 'r1'), []))
      assert.deepEqual(await spreadAt(site, 'r2'), ALL)
      await eventually(async () => {
        const told = await site.nodes.get('n1')!.vtysh('show bgp neighbor 192.168.1.1')
        assert.match(told, LIMIT)
        assert.match(await site.r1.vtysh('show bgp summary'), /Idle \(PfxCt\)/)
      }, PATIENCE_MS)
      await site.r1.vtysh('configure terminal', `no ${WIDE}`)
      await site.r1.vtysh('clear bgp *')
      await timed(t, 'all is back after "clear bgp *"', () => standing(site, ALL))
      await timed(t, 'what the filter refuses costs no session', async () => {
        await eventually(async () => {
          const told = await site.r1.vtysh('show ip bgp neighbors 192.168.1.10 received-routes')
          assert.match(told, /Total number of prefixes 601/)
        }, PATIENCE_MS)
        await standing(site, ALL)
      })
    })
  })
}

/** Behind it stands what is let in besides the pool. */
const WIDE = 'ip prefix-list SERVICES seq 20'
const LIMIT = /Cease\/Maximum Number of Prefixes Reached/

const by = (router: 'r1' | 'r2', prefix: string, nodes: readonly string[]): string[] =>
  nodes.map((node) => `${prefix} ${node} ${MARK[router]}`)

async function signedAndWatched(frr: Frr): Promise<void> {
  interface Neighbor {
    readonly authenticationEnabled?: number
    readonly bgpState: string
  }
  const neighbors = await frr.show<Record<string, Neighbor>>('show bgp neighbors')
  const signed = Object.values(neighbors).map((one) => [one.bgpState, one.authenticationEnabled])
  assert.deepEqual(signed, Array(2).fill(['Established', 1]))
  interface BfdPeer {
    readonly multihop: boolean
    readonly 'remote-detect-multiplier': number
    readonly 'remote-transmit-interval': number
  }
  const watched = await frr.show<BfdPeer[]>('show bfd peers')
  const agreed = watched.map((peer) => [
    ...[peer.multihop, peer['remote-detect-multiplier'], peer['remote-transmit-interval']],
  ])
  assert.deepEqual(agreed, Array(2).fill([false, 3, 300]))
}

const remove = (site: Site, file: string) => rm(join(site.lab.objectsDir, file))

const inRouter = (frr: Frr, line: string) =>
  frr.vtysh('configure terminal', 'router bgp 64512', line)
