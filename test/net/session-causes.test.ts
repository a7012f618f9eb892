// Why a session is not up, as FRR says it: each cause made with a real router, and the words that
// docs/troubleshooting.md has for it.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Frr } from '../../src/lab/frr.ts'
import { eventually } from '../support/eventually.ts'
import { read } from '../support/source.ts'
import { openDemoPair } from './support/demo-pair.ts'
import { assertThere, frrVersions, skipOf } from './support/frr-versions.ts'

const PAGE = 'docs/troubleshooting.md'
const ROUTER = '192.0.2.1'
const NODE = '192.0.2.11'
/** Of the router: all its nodes. */
const NODES = 'NODES'
const PATIENCE_MS = 60_000

interface Cause {
  readonly what: string
  /** Lines below `router bgp` of the node, and of its router. */
  readonly node?: readonly string[]
  readonly router?: readonly string[]
  readonly peer: string
  readonly states: RegExp
  /** What follows `Last reset`, as the page has it. */
  readonly says: readonly string[]
}

const neighbor = (address: string, ...lines: string[]): string[] =>
  lines.map((line) => `neighbor ${address} ${line}`)
/** One that the node does not have yet. */
const newNeighbor = (address: string): string[] => [
  ...neighbor(address, 'remote-as 64512', 'timers connect 1'),
  'address-family ipv4 unicast',
  `neighbor ${address} activate`,
]

const CAUSES: readonly Cause[] = [
  {
    what: 'somebody shut it down on the router',
    ...{ peer: ROUTER, router: neighbor(NODE, 'shutdown') },
    ...{ states: /Active|Idle|Connect/ },
    // The router ends BFD with it, and may be heard to say that first.
    says: [
      'Notification received (Cease/Administrative Shutdown)',
      'Notification received (Cease/BFD Down)',
    ],
  },
  {
    what: 'no route to it',
    ...{ peer: '203.0.113.9', node: newNeighbor('203.0.113.9'), states: /Active|Idle/ },
    // The later version has it in other words.
    says: ['Waiting for NHT', 'No path to specified Neighbor'],
  },
  {
    what: 'nobody has the address',
    ...{ peer: '192.0.2.77', node: newNeighbor('192.0.2.77'), states: /Active|Connect/ },
    says: ['Waiting for peer OPEN'],
  },
  {
    what: 'the router is of another AS',
    ...{ peer: ROUTER, node: neighbor(ROUTER, 'remote-as 64999', 'timers connect 1') },
    router: [`no neighbor ${NODE} shutdown`],
    ...{ states: /Idle|Active|Connect/ },
    says: ['Notification sent (OPEN Message Error/Bad Peer AS)'],
  },
  {
    what: 'the router takes us for another AS',
    ...{ peer: ROUTER, node: neighbor(ROUTER, 'remote-as 64512', 'timers connect 1') },
    router: neighbor(NODES, 'remote-as 64999'),
    ...{ states: /Idle|Active|Connect/ },
    says: ['Notification received (OPEN Message Error/Bad Peer AS)'],
  },
]

for (const version of await frrVersions()) {
  suite(`sessions that do not come up, with ${version.name}`, { skip: skipOf(version) }, () => {
    const stack = new AsyncDisposableStack()
    let node: Frr
    let router: Frr
    before(async () => {
      assertThere(version)
      const pair = await openDemoPair(version, stack)
      node = pair.node
      router = pair.router
    })
    after(() => stack.disposeAsync())

    const configure = (frr: Frr, asn: number, lines: readonly string[]) =>
      frr.vtysh('configure terminal', `router bgp ${asn}`, ...lines)
    const show = (peer: string) => node.vtysh(`show bgp neighbors ${peer}`)
    const stateOf = (text: string) => /BGP state = (\w+)/.exec(text)?.[1] ?? ''

    test('before: the session stands', () =>
      eventually(async () => assert.equal(stateOf(await show(ROUTER)), 'Established'), PATIENCE_MS))

    for (const { what, peer, states, says, ...lines } of CAUSES) {
      test(`${what}: ${says.join(', or ')}`, async () => {
        await configure(router, 64512, lines.router ?? [])
        await configure(node, 64513, lines.node ?? [])
        await eventually(async () => {
          const text = await show(peer)
          assert.match(stateOf(text), states)
          // Some end in "/Hard Reset)".
          assert.ok(
            says.some((one) => text.includes(one.replace(/\)$/, ''))),
            text,
          )
        }, PATIENCE_MS)
      })
    }

    test('another password: it neither comes up nor says why, though the port answers', async () => {
      const lines = [...neighbor(NODES, 'remote-as 64513'), ...neighbor(NODES, 'password another')]
      await configure(router, 64512, lines)
      await eventually(async () => {
        const text = await show(ROUTER)
        assert.match(stateOf(text), /Connect/)
        assert.match(text, /Peer Authentication Enabled/)
      }, PATIENCE_MS)
    })
  })
}

test('the page has each of these words', () => {
  const page = read(PAGE)
  const said = CAUSES.flatMap(({ says }) => says)
  assert.deepEqual(
    said.filter((one) => !page.includes(`\`${one}\``)),
    [],
  )
})
