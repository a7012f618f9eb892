// The metrics of BGP and BFD beside what vtysh says at the same moment: before the path to a router breaks,
// while it is broken, and after. Numbers move, so each has to lie between what vtysh said before and after.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { table } from '../../src/cmd/table.ts'
import type { Frr } from '../../src/lab/frr.ts'
import { openNet, uniquePrefix } from '../../src/lab/netns.ts'
import { eventually } from '../support/eventually.ts'
import { assertThere, frrVersions, skipOf } from './support/frr-versions.ts'
import { ABSENT, IPV4, IPV6, MeteredNode, PEERS, UNNUMBERED } from './support/metered-node.ts'

type Json = Record<string, unknown>
const number = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** Name of the metric → where vtysh shows the number. */
const BGP_NUMBERS: Readonly<Record<string, (neighbor: Neighbor) => number>> = {
  metallb_bgp_session_up: ({ bgpState }) => Number(bgpState === 'Established'),
  metallb_bgp_announced_prefixes_total: ({ addressFamilyInfo = {} }) =>
    Object.values(addressFamilyInfo).reduce((sum, one) => sum + number(one.sentPrefixCounter), 0),
  metallb_bgp_opens_sent: ({ messageStats }) => number(messageStats.opensSent),
  metallb_bgp_opens_received: ({ messageStats }) => number(messageStats.opensRecv),
  metallb_bgp_notifications_sent: ({ messageStats }) => number(messageStats.notificationsSent),
  metallb_bgp_updates_total: ({ messageStats }) => number(messageStats.updatesSent),
  metallb_bgp_updates_total_received: ({ messageStats }) => number(messageStats.updatesRecv),
  metallb_bgp_keepalives_sent: ({ messageStats }) => number(messageStats.keepalivesSent),
  metallb_bgp_keepalives_received: ({ messageStats }) => number(messageStats.keepalivesRecv),
  metallb_bgp_route_refresh_sent: ({ messageStats }) => number(messageStats.routeRefreshSent),
  metallb_bgp_total_sent: ({ messageStats }) => number(messageStats.totalSent),
  metallb_bgp_total_received: ({ messageStats }) => number(messageStats.totalRecv),
}
const BFD_NUMBERS: Readonly<Record<string, string>> = {
  metallb_bfd_control_packet_input: 'control-packet-input',
  metallb_bfd_control_packet_output: 'control-packet-output',
  metallb_bfd_echo_packet_input: 'echo-packet-input',
  metallb_bfd_echo_packet_output: 'echo-packet-output',
  metallb_bfd_session_up_events: 'session-up',
  metallb_bfd_session_down_events: 'session-down',
  metallb_bfd_zebra_notifications: 'zebra-notifications',
}

interface Neighbor {
  readonly bgpState: string
  readonly messageStats: Json
  readonly addressFamilyInfo?: Record<string, Json>
}
interface BfdPeer extends Json {
  readonly peer: string
  readonly interface?: string
}

/** What the metrics should be, by series, as vtysh shows it. */
async function shown(frr: Frr): Promise<Map<string, number>> {
  const neighbors = await frr.show<Record<string, Neighbor>>('show bgp neighbors')
  const peers = await frr.show<BfdPeer[]>('show bfd peers')
  const counters = await frr.show<BfdPeer[]>('show bfd peers counters')
  const bgp = Object.entries(neighbors).flatMap(([peer, neighbor]) =>
    Object.entries(BGP_NUMBERS).map(([name, read]): [string, number] => [
      series(name, `${peer}:179`),
      read(neighbor),
    ]),
  )
  const bfd = counters.flatMap((one) =>
    Object.entries(BFD_NUMBERS).map(([name, field]): [string, number] => [
      series(name, placeOf(one)),
      number(one[field]),
    ]),
  )
  const up = peers.map((one): [string, number] => [
    series('metallb_bfd_session_up', placeOf(one)),
    Number(one.status === 'up'),
  ])
  return new Map([...bgp, ...up, ...bfd])
}

const series = (name: string, peer: string) => `${name}{peer="${peer}",vrf="default"}`
/** An unnumbered session goes by its interface, not by a link-local address. */
const placeOf = (one: BfdPeer) => (one.peer.startsWith('fe80:') ? one.interface! : one.peer)

/** Every number of vtysh is told, and lies between two looks; returns what was told. */
async function compare(node: MeteredNode): Promise<ReadonlyMap<string, number>> {
  const first = await shown(node.frr)
  const told = await node.scrape()
  const last = await shown(node.frr)
  assert.deepEqual([...first.keys()].toSorted(), [...last.keys()].toSorted())
  for (const [name, least] of first) {
    const [value, most] = [told.get(name), last.get(name)!]
    assert.ok(value !== undefined, `${name} is not told`)
    assert.ok(least <= value && value <= most, `${name}: ${value} is not in ${least} … ${most}`)
  }
  const known = [...told.keys()].filter((name) => /^metallb_b(?:gp|fd)_/.test(name))
  assert.deepEqual(known.toSorted(), [...first.keys()].toSorted(), 'no series of its own making')
  return told
}

const sessionUp = (peer: string) => series('metallb_bgp_session_up', `${peer}:179`)
const bfdUp = (peer: string) => series('metallb_bfd_session_up', peer)

/** Tries until the metrics say so. */
const untilTold = (node: MeteredNode, wanted: Readonly<Record<string, number>>) =>
  eventually(
    async () => assert.partialDeepStrictEqual(asObject(await node.scrape()), wanted),
    60_000,
  )

const asObject = (told: ReadonlyMap<string, number>) => Object.fromEntries(told)

for (const version of await frrVersions()) {
  suite(`metrics beside vtysh on ${version.name}`, { skip: skipOf(version) }, () => {
    let node: MeteredNode
    let earlier: ReadonlyMap<string, number>
    const stack = new AsyncDisposableStack()
    before(async () => {
      assertThere(version)
      const dir = await mkdtemp(join(tmpdir(), 'ferrule-metrics-'))
      stack.defer(() => rm(dir, { recursive: true, force: true }))
      const net = stack.use(await openNet(uniquePrefix('metrics')))
      node = stack.use(await MeteredNode.open({ net, dir, root: version.root }))
    })
    after(() => stack.disposeAsync())

    test('with all sessions up but the one whose router is not there', async () => {
      const up = PEERS.map((peer): [string, number] => [sessionUp(peer), 1])
      const bfd = [IPV4, UNNUMBERED].map((peer): [string, number] => [bfdUp(peer), 1])
      const absent = { [sessionUp(ABSENT)]: 0, [bfdUp(ABSENT)]: 0 }
      await untilTold(node, { ...Object.fromEntries([...up, ...bfd]), ...absent })
      const sent = series('metallb_bgp_announced_prefixes_total', `${IPV4}:179`)
      await untilTold(node, { [sent]: 2, ferrule_bgp_sessions_established: 3 })
      earlier = await compare(node)
    })

    test('while the path is broken', async () => {
      await node.cut()
      await untilTold(node, { [sessionUp(IPV4)]: 0, [bfdUp(IPV4)]: 0, [sessionUp(UNNUMBERED)]: 1 })
      await eventually(() => compare(node))
    })

    test('and when it is whole again', async (t) => {
      await node.heal()
      await untilTold(node, { [sessionUp(IPV4)]: 1, [bfdUp(IPV4)]: 1, [sessionUp(IPV6)]: 1 })
      const told = await eventually(() => compare(node))
      for (const name of ['up_events', 'down_events']) {
        const key = series(`metallb_bfd_session_${name}`, IPV4)
        assert.ok(told.get(key)! > earlier.get(key)!, key)
      }
      const opens = series('metallb_bgp_opens_sent', `${IPV4}:179`)
      assert.ok(told.get(opens)! > earlier.get(opens)!, 'a session that came back said OPEN again')
      const rows = [...earlier].filter(([name]) => name.startsWith('metallb_b'))
      const here = rows.filter(([name]) => name.includes(`"${IPV4}`))
      const lines = here.map(([name, was]) => [name, String(was), String(told.get(name))])
      t.diagnostic(`\n${table(['SERIES', 'BEFORE', 'AFTER'], lines)}`)
    })

    test('what somebody changed by hand is undone, and counted', async () => {
      const undone = async () => (await node.scrape()).get('ferrule_frr_undone_lines_total')
      await node.pass()
      assert.equal(await undone(), 0)
      await node.frr.vtysh('configure terminal', 'router bgp 64500', `no neighbor ${ABSENT}`)
      assert.ok(!(ABSENT in (await node.frr.show('show bgp neighbors'))))
      await node.pass()
      assert.ok(ABSENT in (await node.frr.show('show bgp neighbors')))
      assert.ok((await undone())! > 0)
    })

    test('a bgpd that died is a session down, not a session unheard of', async () => {
      await node.frr.kill('bgpd', 'SIGKILL')
      const down = [...PEERS, ABSENT].map((peer): [string, number] => [sessionUp(peer), 0])
      await untilTold(node, {
        ...Object.fromEntries(down),
        ...{ ferrule_bgp_sessions_wanted: 4, ferrule_bgp_sessions_established: 0 },
        'ferrule_frr_silent_bool{daemon="bgpd"}': 1,
        'ferrule_frr_silent_bool{daemon="bfdd"}': 0,
      })
      const told = [...(await node.scrape()).keys()]
      assert.deepEqual(
        told.filter((name) => /^metallb_bgp_(?:opens|updates)_/.test(name)),
        [],
      )
    })
  })
}
