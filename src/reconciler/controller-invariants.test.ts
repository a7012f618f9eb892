import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pool, refusal, service, world } from '../../test/support/build.ts'
import { ALLOCATED_FROM_POOL } from '../api/annotations.ts'
import type { Service } from '../api/core.ts'
import { termsOf, whyNotShared } from '../ipam/sharing.ts'
import { ControllerMemo, type ControllerPlan, planController } from './controller.ts'
import { eventsBetween } from './service-events.ts'
import { settled } from './settled.ts'
import type { World } from './world.ts'

// Small pools, so that drawn Services meet: every rule between them is broken many times a run.
const POOLS = [
  pool('a', ['10.0.0.0/30']),
  pool('b', ['10.1.0.0/31', 'fd00:1::/126']),
  pool('c', { addresses: ['10.2.0.0/31'], autoAssign: false }),
  pool('d', {
    addresses: ['10.3.0.0/30', 'fd00:3::/127'],
    avoidBuggyIPs: true,
    serviceAllocation: { priority: 5, serviceSelectors: [{ matchLabels: { tier: 'gold' } }] },
  }),
  ...refusal('IPAddressPool', 'bad', { addresses: ['10.9.0.0'] }),
]

const ADDRESSES = [
  '10.0.0.1',
  '10.1.0.0',
  '10.2.0.1',
  '10.3.0.1',
  '10.9.0.1',
  'fd00:1::1',
  'fd00:3::',
]
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 })

const anyService = (name: string): fc.Arbitrary<Service> =>
  fc
    .record({
      created: fc.nat(3),
      stack: fc.constantFrom('v4', 'v6', 'prefer', 'prefer6', 'require', 'preferSingle', 'none'),
      type: fc.constantFrom('LoadBalancer', 'LoadBalancer', 'LoadBalancer', 'ClusterIP'),
      ips: fc.oneof(fc.constant([]), fc.subarray(ADDRESSES, { maxLength: 2 })),
      ports: fc.subarray([80, 443, 53], { minLength: 1 }),
      key: maybe(fc.constantFrom('k1', 'k2')),
      local: fc.boolean(),
      app: fc.constantFrom('x', 'y'),
      named: maybe(fc.constantFrom('a', 'b', 'c', 'd', 'nope')),
      wanted: maybe(fc.constantFrom('10.0.0.1', '10.1.0.1,fd00:1::1', '10.2.0.0', 'junk')),
      from: maybe(fc.constantFrom('a', 'bad')),
      gold: fc.boolean(),
    })
    .map((drawn) => {
      const annotations = Object.entries({
        'metallb.io/allow-shared-ip': drawn.key,
        'metallb.io/address-pool': drawn.named,
        'metallb.io/loadBalancerIPs': drawn.wanted,
        [ALLOCATED_FROM_POOL]: drawn.from,
      }).flatMap(([name, text]) => (text === undefined ? [] : [[name, text as string] as const]))
      return service(
        name,
        {
          type: drawn.type,
          ports: drawn.ports,
          selector: { app: drawn.app },
          ...(drawn.local ? { externalTrafficPolicy: 'Local' } : {}),
          ...STACKS[drawn.stack],
        },
        {
          uid: name,
          created: drawn.created,
          ips: drawn.ips,
          labels: drawn.gold ? { tier: 'gold' } : {},
          annotations: Object.fromEntries(annotations),
        },
      )
    })

const both = { clusterIPs: ['10.96.0.1', 'fd99::1'] }
const STACKS: Record<string, object> = {
  v4: {},
  v6: { clusterIPs: ['fd99::1'] },
  prefer: { ...both, ipFamilyPolicy: 'PreferDualStack' },
  prefer6: { ...both, ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv6', 'IPv4'] },
  require: { ...both, ipFamilyPolicy: 'RequireDualStack' },
  preferSingle: { ipFamilyPolicy: 'PreferDualStack' },
  none: { clusterIPs: [] },
}

const RUNS = 200
const NAMES = Array.from({ length: 9 }, (_, i) => `s${i}`)
const anyServices = fc.tuple(...NAMES.map(anyService))
const anyWorld = anyServices.map((services) => world([...POOLS, ...services]))

/** Of those who have some. */
const addressesIn = (plan: ControllerPlan) =>
  new Map(
    plan.decisions
      .filter(({ addresses }) => addresses.length > 0)
      .map((one) => [one.key, one.addresses]),
  )

function assertValid(w: World, plan: ControllerPlan): void {
  const users = new Map<string, Service[]>()
  for (const { key, addresses } of plan.decisions) {
    for (const address of addresses) {
      const others = users.get(address) ?? []
      const own = w.services.get(key)!
      for (const other of others) {
        assert.equal(whyNotShared(termsOf(own), termsOf(other)), undefined, `${address}: ${key}`)
      }
      users.set(address, [...others, own])
    }
  }
  for (const [name, status] of plan.pools) {
    assert.ok(status.availableIPv4 >= 0n && status.availableIPv6 >= 0n, `pool ${name}`)
  }
  assert.equal(plan.decisions.filter((one) => !one.because && one.addresses.length === 0).length, 0)
}

test('no address is given twice, unless all of its users may share it', () => {
  fc.assert(
    fc.property(anyWorld, (w) => assertValid(w, planController(w))),
    { numRuns: RUNS },
  )
})

test('a plan that was applied changes nothing, and says nothing new', () => {
  fc.assert(
    fc.property(anyWorld, (w) => {
      const first = planController(w)
      const then = settled(w, first)
      const second = planController(then, { previous: first })
      assert.deepEqual(second.writes, [])
      assert.deepEqual(addressesIn(second), addressesIn(first))
      assert.deepEqual(eventsBetween(first, second), [])
    }),
    { numRuns: RUNS },
  )
})

test('the same world has one plan, with a memo of other worlds or without', () => {
  const memo = new ControllerMemo()
  fc.assert(
    fc.property(anyWorld, (w) => {
      const plan = planController(w)
      assert.deepEqual(planController(w, { memo }), plan)
      assert.deepEqual(planController(w, { memo }), plan)
      const backwards = new Map([...w.services].reverse())
      const byKey = (p: ControllerPlan) => [...p.decisions].sort((a, b) => (a.key < b.key ? -1 : 1))
      assert.deepEqual(byKey(planController({ ...w, services: backwards })), byKey(plan))
    }),
  )
})

test('what others do does not move an address', () => {
  fc.assert(
    fc.property(anyServices, fc.subarray(NAMES), fc.subarray(NAMES), (services, early, gone) => {
      const among = (names: readonly string[]) => (one: Service) =>
        names.includes(one.metadata.name)
      const first = world([...POOLS, ...services.filter(among(early))])
      const before = planController(first)
      const kept = [...settled(first, before).services.values()].filter((s) => !among(gone)(s))
      const late = services.filter((one) => !among(early)(one))
      // Late comers bring no addresses of their own: those would be claims, not requests.
      const requests = late.map((one) => ({ ...one, status: { loadBalancer: { ingress: [] } } }))
      const after = planController(world([...POOLS, ...kept, ...requests]), { previous: before })
      const now = addressesIn(after)
      for (const one of kept) {
        const held = one.status.loadBalancer.ingress.map(({ ip }) => ip!)
        const has = now.get(`default/${one.metadata.name}`) ?? []
        assert.deepEqual(
          held.filter((ip) => !has.includes(ip)),
          [],
          one.metadata.name,
        )
      }
    }),
    { numRuns: RUNS },
  )
})

test('however they arrive, one by one, the outcome is valid', () => {
  fc.assert(
    fc.property(
      anyServices.chain((list) => fc.shuffledSubarray([...list], { minLength: list.length })),
      (arriving) => {
        let w = world(POOLS)
        let previous: ControllerPlan | undefined
        for (const one of arriving) {
          const services = [...w.services.values(), one]
          w = world([...POOLS, ...services])
          previous = planController(w, { previous })
          assertValid(w, previous)
          w = settled(w, previous)
        }
      },
    ),
    { numRuns: 40 },
  )
})
