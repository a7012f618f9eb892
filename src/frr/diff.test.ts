import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { config } from './arbitrary-config.ts'
import type { Placed, Step } from './change.ts'
import { type Difference, diffTrees } from './diff.ts'
import type { Reset } from './resets.ts'
import { withoutPassword } from './router-diff.ts'
import { SimulatedFrr } from './simulated-frr.ts'
import { equalTrees, parseTree, type Tree } from './tree.ts'

const WITH_VRF = { vrfs: ['red'], asns: [64512, 64999] }
const pair = fc.tuple(config(WITH_VRF), config(WITH_VRF))
const RUNS = { numRuns: 120 }
// Reads the whole configuration after every single command.
const FEW_RUNS = { numRuns: 30 }

const stepsOf = ({ groups }: Difference): Step[] => groups.flatMap((group) => group.steps)
const difference = (a: string, b: string): Difference => diffTrees(parseTree(a), parseTree(b))
const send = (frr: SimulatedFrr, { path, line }: Placed): void => frr.take(path, line)

function running(text: string): SimulatedFrr {
  const frr = new SimulatedFrr()
  for (const step of stepsOf(difference('', text))) send(frr, step)
  return frr
}

function assertRuns(frr: SimulatedFrr, wanted: string): void {
  if (equalTrees(parseTree(frr.text()), parseTree(wanted))) return
  assert.equal(frr.text(), wanted)
}

test('the commands of a difference lead from what runs to what is wanted', () => {
  fc.assert(
    fc.property(pair, ([from, to]) => {
      const frr = running(from)
      for (const step of stepsOf(difference(frr.text(), to))) send(frr, step)
      assertRuns(frr, to)
      assert.deepEqual(difference(frr.text(), to), { groups: [], refresh: [], resets: [] })
    }),
    RUNS,
  )
})

test('the inverses, newest first, lead back from any point', () => {
  fc.assert(
    fc.property(pair, fc.nat(), ([from, to], at) => {
      const frr = running(from)
      const steps = stepsOf(difference(from, to))
      const done = steps.slice(0, steps.length === 0 ? 0 : (at % steps.length) + 1)
      for (const step of done) send(frr, step)
      for (const step of done.reverse()) for (const undo of step.undo) send(frr, undo)
      assertRuns(frr, from)
    }),
    RUNS,
  )
})

test('a network that stays is never absent and never without the map of its class', () => {
  fc.assert(
    fc.property(pair, ([from, to]) => {
      const stay = [...networksOf(parseTree(from))].filter((one) =>
        networksOf(parseTree(to)).has(one),
      )
      const frr = running(from)
      for (const step of stepsOf(difference(from, to))) {
        send(frr, step)
        const now = parseTree(frr.text())
        const there = networksOf(now)
        for (const network of stay) assert.ok(there.has(network), `${network} after ${step.line}`)
        for (const map of mapsOf(now, stay)) {
          const tag = now.contexts.get(`route-map ${map} 1`)?.lines.get('set tag')
          assert.equal(tag, `set tag ${map.slice(4)}`, `${map} after ${step.line}`)
        }
      }
    }),
    FEW_RUNS,
  )
})

test('what ends a session comes after every network that comes or goes', () => {
  const sameAsn = config({ vrfs: ['red'], asns: [64512] })
  fc.assert(
    fc.property(sameAsn, sameAsn, (from, to) => {
      const change = difference(from, to)
      const steps = stepsOf(change)
      const first = steps.findIndex((step) => change.resets.some((reset) => ends(reset, step)))
      assert.equal(first < 0, change.resets.length === 0)
      const late = first < 0 ? [] : steps.slice(first).map((step) => step.line)
      assert.deepEqual(
        late.filter((line) => /^(no )?network /.test(line)),
        [],
      )
    }),
    RUNS,
  )
})

const BASE = `bgp route-map delay-timer 0
route-map svc-1 permit 1
 set tag 1
route-map a-out permit 10
 match tag 1
 set community 65001:1 additive
route-map a-out deny 65000
route-map a-in deny 20
router bgp 64512
 no bgp default ipv4-unicast
 neighbor 10.0.0.2 remote-as 64513
 neighbor 10.0.0.2 password red
 address-family ipv4 unicast
  neighbor 10.0.0.2 activate
  neighbor 10.0.0.2 route-map a-in in
  neighbor 10.0.0.2 route-map a-out out
  network 198.18.0.1/32 route-map svc-1
  network 198.18.0.2/32 route-map svc-1
`
const shown = ({ groups, refresh }: Difference): string[] => [
  ...groups.flatMap(({ path, steps }) =>
    steps.map(({ line }) => [...path, line].filter((part) => part !== '').join(' > ')),
  ),
  ...refresh,
]
const FAMILY = 'router bgp 64512 > address-family ipv4 unicast'

test('an empty difference is no command', () => {
  assert.deepEqual(difference(BASE, BASE), { groups: [], refresh: [], resets: [] })
})

test('one more service is one command', () => {
  const more = `${BASE}  network 198.18.0.3/32 route-map svc-1\n`
  assert.deepEqual(shown(difference(BASE, more)), [
    `${FAMILY} > network 198.18.0.3/32 route-map svc-1`,
  ])
  assert.deepEqual(shown(difference(more, BASE)), [`${FAMILY} > no network 198.18.0.3/32`])
})

test('another class: first the new maps, then the networks, then the old maps, and no refresh', () => {
  const moved = BASE.replaceAll('svc-1', 'svc-2')
    .replaceAll('tag 1', 'tag 2')
    .replace('a-out permit 10', 'a-out permit 20')
    .replace('65001:1', '65001:2')
  assert.deepEqual(shown(difference(BASE, moved)), [
    'route-map svc-2 permit 1',
    'route-map svc-2 permit 1 > set tag 2',
    'route-map a-out permit 20',
    'route-map a-out permit 20 > match tag 2',
    'route-map a-out permit 20 > set community 65001:2 additive',
    `${FAMILY} > network 198.18.0.1/32 route-map svc-2`,
    `${FAMILY} > network 198.18.0.2/32 route-map svc-2`,
    'no route-map svc-1 permit 1',
    'no route-map a-out permit 10',
  ])
})

test('a clause edited under a route that stays asks its peer to look again', () => {
  const edited = BASE.replace('set community 65001:1 additive', 'set community 65001:9 additive')
  assert.deepEqual(shown(difference(BASE, edited)), [
    'route-map a-out permit 10 > set community 65001:9 additive',
    'clear bgp ipv4 unicast 10.0.0.2 soft out',
  ])
})

for (const [name, from, to, refresh] of [
  [
    'a clause removed under a route that stays',
    BASE,
    BASE.replace('route-map a-out permit 10\n match tag 1\n set community 65001:1 additive\n', ''),
    ['clear bgp ipv4 unicast 10.0.0.2 soft out'],
  ],
  [
    'a clause for a class without routes',
    BASE,
    `route-map a-out permit 50\n match tag 5\n set local-preference 7\n${BASE}`,
    [],
  ],
  [
    'an inbound entry of the user',
    BASE,
    `route-map a-in permit 5\n match ip address prefix-list mine\n${BASE}`,
    ['clear bgp ipv4 unicast 10.0.0.2 soft in'],
  ],
  [
    'a list an inbound entry leans on',
    `ip prefix-list mine permit 10.0.0.0/8\nroute-map a-in permit 5\n match ip address prefix-list mine\n${BASE}`,
    `ip prefix-list mine permit 11.0.0.0/8\nroute-map a-in permit 5\n match ip address prefix-list mine\n${BASE}`,
    ['clear bgp ipv4 unicast 10.0.0.2 soft in'],
  ],
  [
    'in a VRF',
    BASE.replace('router bgp 64512', 'router bgp 64512 vrf red'),
    BASE.replace('router bgp 64512', 'router bgp 64512 vrf red').replace('65001:1', '65001:9'),
    ['clear bgp vrf red ipv4 unicast 10.0.0.2 soft out'],
  ],
  [
    'a session that ends anyway',
    BASE,
    BASE.replace('65001:1', '65001:9').replace('password red', 'password blue'),
    [],
  ],
] as const) {
  test(`whom to refresh: ${name}`, () => assert.deepEqual(difference(from, to).refresh, refresh))
}

test('a class map edited in place says its networks again', () => {
  const edited = BASE.replace('set tag 1', 'set tag 4')
  assert.deepEqual(shown(difference(BASE, edited)).slice(0, 3), [
    'route-map svc-1 permit 1 > set tag 4',
    `${FAMILY} > network 198.18.0.1/32 route-map svc-1`,
    `${FAMILY} > network 198.18.0.2/32 route-map svc-1`,
  ])
})

test('resets are named with their reason, and no password with them', () => {
  const { resets, groups } = difference(BASE, BASE.replace('password red', 'password blue'))
  assert.deepEqual(resets, [
    {
      neighbor: '10.0.0.2',
      line: 'neighbor 10.0.0.2 password ***',
      why: 'the TCP connection must be opened anew',
    },
  ])
  assert.equal(groups.at(-1)?.steps.at(-1)?.line, 'neighbor 10.0.0.2 password blue')
})

test('a router that goes is one command, and comes back whole', () => {
  const { groups } = difference(BASE, '')
  const steps = groups.flatMap((group) => group.steps)
  assert.equal(steps.filter((step) => step.line === 'no router bgp 64512').length, 1)
  assert.deepEqual(
    steps.filter((step) => step.path[0]?.startsWith('router')),
    [],
  )
})

test('another AS number replaces the router at the very end', () => {
  const change = difference(BASE, BASE.replace('router bgp 64512', 'router bgp 64999'))
  assert.equal(shown(change)[0], 'no router bgp 64512')
  assert.equal(change.resets[0]?.line, 'router bgp 64999')
})

test('a family closes before its maps are taken away', () => {
  const closed = BASE.replace(/ {2}neighbor 10.0.0.2 (activate|route-map).*\n/g, '')
  assert.deepEqual(shown(difference(BASE, closed)), [
    `${FAMILY} > no neighbor 10.0.0.2 activate`,
    `${FAMILY} > no neighbor 10.0.0.2 route-map a-in in`,
    `${FAMILY} > no neighbor 10.0.0.2 route-map a-out out`,
  ])
})

test('a new neighbour: who it is, its maps, its families, and only then the start', () => {
  const router = 'router bgp 64512\n'
  const full = `${router} neighbor 10.0.0.2 timers connect 5
 neighbor 10.0.0.2 bfd profile fast
 neighbor 10.0.0.2 remote-as 64513
 address-family ipv4 unicast
  neighbor 10.0.0.2 activate
  neighbor 10.0.0.2 route-map a-out out
`
  assert.deepEqual(shown(difference(router, full)), [
    'router bgp 64512 > neighbor 10.0.0.2 remote-as 64513',
    'router bgp 64512 > neighbor 10.0.0.2 bfd',
    'router bgp 64512 > neighbor 10.0.0.2 bfd profile fast',
    `${FAMILY} > neighbor 10.0.0.2 route-map a-out out`,
    `${FAMILY} > neighbor 10.0.0.2 activate`,
    'router bgp 64512 > neighbor 10.0.0.2 timers connect 5',
  ])
})

function ends(reset: Reset, { path, line }: Step): boolean {
  const vrf = / vrf (\S+)/.exec(path[0] ?? '')?.[1]
  const said = path.length > 1 ? `${path[1]}: ${line}` : withoutPassword(line)
  return reset.vrf === vrf && reset.line === said
}

/** Router and network, where the router keeps its ASN. */
function networksOf(tree: Tree): Set<string> {
  return new Set(
    [...tree.contexts.values()].flatMap((router) =>
      [...router.contexts.values()].flatMap((family) =>
        [...family.lines.keys()]
          .filter((slot) => slot.startsWith('network '))
          .map((slot) => `${router.opener} ${slot}`),
      ),
    ),
  )
}

function mapsOf(tree: Tree, networks: readonly string[]): Set<string> {
  const maps = new Set<string>()
  for (const router of tree.contexts.values()) {
    for (const family of router.contexts.values()) {
      for (const [slot, line] of family.lines) {
        if (networks.includes(`${router.opener} ${slot}`)) maps.add(line.split(' ')[3]!)
      }
    }
  }
  return maps
}
