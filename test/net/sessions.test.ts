// What becomes of a session that is lost and comes back, with real routers: what the speaker sees, its log,
// the event, the BGPSessionState, and the statuses of the Services. The times are told, not judged.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { BgpSessionStateStatus } from '../../src/api/bgp-session-state.ts'
import type { ServiceBgpStatusStatus } from '../../src/api/service-bgp-status.ts'
import { bgpAd, build, node, peer, pool, service, slice, world } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import { assertThere, frrVersions, skipOf } from './support/frr-versions.ts'
import { NODE, NODE_ASN, ROUTER_ASN, ROUTERS, WatchedNode } from './support/watched-node.ts'

/** More, for times worth telling: `ROUNDS=5`. */
const ROUNDS = Number(process.env.ROUNDS ?? 1)
const NAMES = ['tor-0', 'tor-1']
const spec = (at: number, more = {}) => ({
  ...{ myASN: NODE_ASN, peerASN: ROUTER_ASN, peerAddress: ROUTERS[at], connectTime: '1s' },
  ...more,
})
const WORLD = world([
  ...[node(NODE), pool('p', ['192.0.2.0/24']), bgpAd('all')],
  build('BFDProfile', 'fast', { spec: { receiveInterval: 100, transmitInterval: 100 } }),
  peer('tor-0', spec(0)),
  peer('tor-1', spec(1, { bfdProfile: 'fast' })),
  service('web', {}, { ips: ['192.0.2.1'] }),
  slice('web', [{ nodeName: NODE, addresses: ['10.1.0.1'] }]),
])
/** Of the node, as the second router sees it. */
const NODE_ADDRESS = '10.9.2.11'
const PATIENCE_MS = 60_000

for (const version of await frrVersions()) {
  suite(`sessions that are lost, with ${version.name}`, { skip: skipOf(version) }, () => {
    const stack = new AsyncDisposableStack()
    let it: WatchedNode
    before(async () => {
      assertThere(version)
      it = stack.use(await WatchedNode.open(version, WORLD))
      await allUp()
    })
    after(() => stack.disposeAsync())

    const isUp = (name: string) => it.role.sessions().find((one) => one.name === name)?.isUp
    const stateOf = (name: string) => {
      const states = it.statuses<BgpSessionStateStatus>('BGPSessionState')
      return states.find((one) => one.peer === ROUTERS[NAMES.indexOf(name)])?.bgpStatus
    }
    const hearers = () =>
      it.statuses<ServiceBgpStatusStatus>('ServiceBGPStatus').map(({ peers }) => peers?.join())
    const allUp = async () => {
      await eventually(() => assert.deepEqual(hearers(), [NAMES.join()]), PATIENCE_MS)
      for (const name of NAMES) {
        await eventually(() => assert.equal(stateOf(name), 'Established'), PATIENCE_MS)
      }
    }

    /** How long each of these takes, all looked at from now on. */
    const timed = async (checks: Record<string, () => void>): Promise<Record<string, number>> => {
      const began = performance.now()
      const times = Object.entries(checks).map(async ([what, check]) => {
        await eventually(check, PATIENCE_MS)
        return [what, performance.now() - began] as const
      })
      return Object.fromEntries(await Promise.all(times))
    }

    /** Everything that follows from a session that went, or came. */
    const following = (name: string, event: 'sessionUp' | 'sessionDown') => {
      const line = `${event} ${name}`
      const [logged, told] = [count(it.logged, line), count(it.told, line)]
      const bfd = `${event.replace('session', 'bfd')} ${name}`
      const watched = count(it.logged, bfd)
      const bfdToo = { bfd: () => assert.equal(count(it.logged, bfd), watched + 1) }
      return {
        ...(name === 'tor-1' ? bfdToo : {}),
        seen: () => assert.equal(isUp(name), event === 'sessionUp'),
        log: () => assert.equal(count(it.logged, line), logged + 1),
        event: () => assert.equal(count(it.told, line), told + 1),
        state: () => assert.equal(stateOf(name) === 'Established', event === 'sessionUp'),
      }
    }

    for (const [what, name, lose, restore] of [
      [
        'the router is killed',
        'tor-0',
        () => it.routers[0]!.frr.kill('bgpd', 'SIGKILL'),
        () => it.routers[0]!.frr.start('bgpd'),
      ],
      [
        'the link is cut',
        'tor-0',
        () => it.routers[0]!.netns.ip(`link set ${it.routers[0]!.ifname} down`),
        () => it.routers[0]!.netns.ip(`link set ${it.routers[0]!.ifname} up`),
      ],
      [
        'BFD misses a router behind a switch',
        'tor-1',
        () => it.routers[1]!.netns.ip(`link set ${it.routers[1]!.ifname} down`),
        () => it.routers[1]!.netns.ip(`link set ${it.routers[1]!.ifname} up`),
      ],
    ] as const) {
      test(`${what}: seen, told once, and out of the statuses after a while`, async (t) => {
        const downs: Record<string, number>[] = []
        const ups: Record<string, number>[] = []
        for (let round = 0; round < ROUNDS; round++) {
          const other = NAMES.find((one) => one !== name)
          const down = following(name, 'sessionDown')
          await lose()
          downs.push(await timed({ ...down, statuses: () => assert.deepEqual(hearers(), [other]) }))
          const up = following(name, 'sessionUp')
          await restore()
          ups.push(
            await timed({ ...up, statuses: () => assert.deepEqual(hearers(), [NAMES.join()]) }),
          )
          await allUp()
        }
        t.diagnostic(`lost:  ${summary(downs)}`)
        t.diagnostic(`back:  ${summary(ups)}`)
      })
    }

    // FRR 10.3 would wait for BFD for ever.
    test('the router gives up BFD: its session comes back without, and stays when BFD is back', async (t) => {
      const { frr } = it.routers[1]!
      const configure = (line: string) =>
        frr.vtysh('configure terminal', `router bgp ${ROUTER_ASN}`, line)
      const bfd = () => it.role.sessions().find(({ name }) => name === 'tor-1')?.bfd?.status
      await eventually(() => assert.equal(bfd(), 'up'), PATIENCE_MS)
      const down = following('tor-1', 'sessionDown')
      await configure(`no neighbor ${NODE_ADDRESS} bfd`)
      await frr.vtysh(`clear bgp ${NODE_ADDRESS}`)
      await timed(down)
      t.diagnostic(
        `back without BFD: ${JSON.stringify(await timed({ ms: () => assert.ok(isUp('tor-1')) }))}`,
      )
      assert.notEqual(bfd(), 'up')
      const downs = count(it.logged, 'sessionDown tor-1')
      await configure(`neighbor ${NODE_ADDRESS} bfd`)
      await eventually(() => assert.equal(bfd(), 'up'), PATIENCE_MS)
      await allUp()
      assert.equal(count(it.logged, 'sessionDown tor-1'), downs)
    })

    test('the node’s own bgpd ends: every session is down, and why is told', async () => {
      const downs = NAMES.map((name) => following(name, 'sessionDown'))
      await it.frr.kill('bgpd', 'SIGKILL')
      for (const down of downs) await timed(down)
      assert.deepEqual([...it.role.silent().keys()], ['bgpd'])
      await it.frr.start('bgpd')
      await allUp()
      assert.equal(it.role.silent().size, 0)
    })
  })
}

const count = (lines: readonly string[], line: string): number =>
  lines.filter((one) => one === line).length

/** Of each kind of news: the median and the longest, in milliseconds. */
function summary(rounds: readonly Record<string, number>[]): string {
  return Object.keys(rounds[0]!)
    .map((what) => {
      const times = rounds.map((one) => one[what]!).toSorted((a, b) => a - b)
      const [median, longest] = [times[Math.floor(times.length / 2)]!, times.at(-1)!]
      return `${what} ${median.toFixed(0)} (${longest.toFixed(0)})`
    })
    .join(', ')
}
