import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Given, pool, refusal, service, world } from '../../test/support/build.ts'
import { ALLOCATED_FROM_POOL } from '../api/annotations.ts'
import type { Service } from '../api/core.ts'
import { type ControllerPlan, type Memory, planController } from './controller.ts'
import { settled } from './settled.ts'

const POOLS = [
  pool('pool1', ['1.2.3.0/31']),
  pool('pool2', { addresses: ['3.4.5.6/32'], autoAssign: false }),
  pool('pool3', ['1000::/127']),
  pool('pool4', { addresses: ['2000::1/128'], autoAssign: false }),
]
const BOTH = pool('pool5', ['192.168.0.0/31', '3000::/127'])

const v6 = { clusterIPs: ['fd00::1'], ipFamilies: ['IPv6'] }
const dual = (policy = 'PreferDualStack') => ({
  clusterIPs: ['10.96.0.1', 'fd00::1'],
  ipFamilyPolicy: policy,
})
const inPool = (name: string) => ({ 'metallb.io/address-pool': name })
const wants = (list: string) => ({ 'metallb.io/loadBalancerIPs': list })
const shares = (key: string) => ({ 'metallb.io/allow-shared-ip': key })
const from = (name: string) => ({ [ALLOCATED_FROM_POOL]: name })

const plan = (given: readonly Given[], memory?: Memory, options = {}) =>
  planController(world(given, options), memory)

const decisionIn = ({ decisions }: ControllerPlan, name = 'web') =>
  decisions.find((one) => one.key === `default/${name}`)

/** Addresses by name of the Service; of one that is pending, the reason. */
const outcome = ({ decisions }: ControllerPlan) =>
  Object.fromEntries(
    decisions.map(({ key, addresses, because }) => [
      key.replace('default/', ''),
      addresses.length > 0 ? addresses.join(' ') : because,
    ]),
  )

for (const [title, given, expected] of [
  ['an IPv4 Service gets the lowest address', service('web'), '1.2.3.0'],
  ['an IPv6 Service gets one of IPv6', service('web', v6), '1000::'],
  ['an address asked for in the spec', service('web', { loadBalancerIP: '1.2.3.1' }), '1.2.3.1'],
  ['one that is no address', service('web', { loadBalancerIP: 'nope' }), 'invalidRequest'],
  ['one outside all pools', service('web', { loadBalancerIP: '9.9.9.9' }), 'addressNotInPool'],
  [
    'one asked for by annotation, blanks and all',
    service('web', {}, { annotations: wants(' 1.2.3.1 ') }),
    '1.2.3.1',
  ],
  [
    'two of one family',
    service('web', {}, { annotations: wants('1.2.3.0,1.2.3.1') }),
    'invalidRequest',
  ],
  [
    'asked for in both places, though equal',
    service('web', { loadBalancerIP: '1.2.3.1' }, { annotations: wants('1.2.3.1') }),
    'invalidRequest',
  ],
  [
    'an address of a family that the Service is not of',
    service('web', v6, { annotations: wants('1.2.3.0') }),
    'requestedFamily',
  ],
  [
    'a dual-stack Service that asks for one',
    service('web', dual(), { annotations: wants('1.2.3.0') }),
    'requestedFamily',
  ],
  [
    'the deprecated annotation',
    service('web', {}, { annotations: { 'metallb.universe.tf/loadBalancerIPs': '1.2.3.1' } }),
    '1.2.3.1',
  ],
  [
    'the new annotation wins, even when empty',
    service(
      'web',
      {},
      {
        annotations: {
          'metallb.universe.tf/address-pool': 'pool2',
          'metallb.io/address-pool': '',
        },
      },
    ),
    '1.2.3.0',
  ],
  [
    'a pool that is not automatic, by name',
    service('web', {}, { annotations: inPool('pool2') }),
    '3.4.5.6',
  ],
  ['a pool nobody knows', service('web', {}, { annotations: inPool('pol2') }), 'unknownPool'],
  [
    'a pool without the family',
    service('web', v6, { annotations: inPool('pool2') }),
    'noSuchFamily',
  ],
  [
    'an address that the pool asked for does not hold',
    service('web', {}, { annotations: { ...inPool('pool2'), ...wants('1.2.3.0') } }),
    'otherPool',
  ],
  ['no cluster address yet', service('web', { clusterIPs: [] }), 'noClusterIP'],
  ['a headless Service', service('web', { clusterIPs: ['None'] }), 'unknownFamily'],
  [
    'RequireDualStack with one cluster address',
    service('web', { ipFamilyPolicy: 'RequireDualStack' }),
    'notEnoughClusterIPs',
  ],
  [
    'RequireDualStack where no pool has both',
    service('web', dual('RequireDualStack')),
    'noPoolFits',
  ],
  ['PreferDualStack where no pool has both', service('web', dual()), '1.2.3.0'],
  [
    'PreferDualStack, IPv6 first',
    service('web', { ...dual(), ipFamilies: ['IPv6', 'IPv4'] }),
    '1000::',
  ],
  [
    'PreferDualStack, from a pool of one family',
    service('web', dual(), { annotations: inPool('pool2') }),
    '3.4.5.6',
  ],
] as const) {
  test(`a new Service: ${title}`, () =>
    assert.deepEqual(outcome(plan([...POOLS, given])), { web: expected }))
}

for (const [title, given, expected] of [
  ['both addresses from one pool', service('web', dual('RequireDualStack')), '192.168.0.0 3000::'],
  [
    'IPv4 first, whatever comes first in the Service',
    service('web', { ...dual('RequireDualStack'), ipFamilies: ['IPv6', 'IPv4'] }),
    '192.168.0.0 3000::',
  ],
  [
    'one address for a Service of one family that would like two',
    service('web', { ipFamilyPolicy: 'PreferDualStack' }),
    '1.2.3.0',
  ],
  [
    'both asked for, in any order',
    service('web', dual(), { annotations: wants('3000::1,192.168.0.1') }),
    '192.168.0.1 3000::1',
  ],
  [
    'two asked for, of two pools',
    service('web', dual(), { annotations: wants('1.2.3.0,3000::1') }),
    'addressesOfTwoPools',
  ],
  [
    'the family it lacks is added',
    service('web', dual(), { ips: ['192.168.0.1'] }),
    '192.168.0.1 3000::',
  ],
  [
    'RequireDualStack completes what it has',
    service('web', dual('RequireDualStack'), { ips: ['3000::1'] }),
    '192.168.0.0 3000::1',
  ],
  [
    'RequireDualStack moves when its pool has no other family',
    service('web', dual('RequireDualStack'), { ips: ['1.2.3.1'] }),
    '192.168.0.0 3000::',
  ],
  [
    'one address asked for and held is not given a second',
    service('web', { ...dual() }, { ips: ['192.168.0.1'], annotations: wants('192.168.0.1') }),
    '192.168.0.1',
  ],
  [
    'a Service that became single-stack keeps the address that fits',
    service('web', {}, { ips: ['192.168.0.1', '3000::1'] }),
    '192.168.0.1',
  ],
  [
    'a pool with both does not draw an address that is held elsewhere',
    service('web', dual(), { ips: ['1.2.3.1'] }),
    '1.2.3.1',
  ],
] as const) {
  test(`with a pool of both families: ${title}`, () =>
    assert.deepEqual(outcome(plan([...POOLS, BOTH, given])), { web: expected }))
}

for (const [title, given, expected, lost] of [
  ['an address that fits stays', service('web', {}, { ips: ['1.2.3.1'] }), '1.2.3.1', undefined],
  [
    'an address of a pool that is not automatic stays',
    service('web', {}, { ips: ['3.4.5.6'] }),
    '3.4.5.6',
    undefined,
  ],
  [
    'an address outside all pools',
    service('web', {}, { ips: ['9.9.9.9'] }),
    '1.2.3.0',
    'addressNotInPool',
  ],
  [
    'an address of another pool than the one named',
    service('web', {}, { ips: ['1.2.3.0'], annotations: inPool('pool2') }),
    '3.4.5.6',
    'otherPool',
  ],
  [
    'an address other than the one asked for',
    service('web', { loadBalancerIP: '1.2.3.1' }, { ips: ['1.2.3.0'] }),
    '1.2.3.1',
    'otherAddressWanted',
  ],
  [
    'what is asked for is invalid: it keeps what it has',
    service('web', { loadBalancerIP: 'x' }, { ips: ['1.2.3.1'] }),
    '1.2.3.1',
    undefined,
  ],
  [
    'an address of the other family',
    service('web', {}, { ips: ['1000::'] }),
    '1.2.3.0',
    'otherFamily',
  ],
  [
    'an IPv4 address of an IPv6 Service',
    service('web', v6, { ips: ['1.2.3.0'] }),
    '1000::',
    'otherFamily',
  ],
  [
    'more addresses than make sense',
    service('web', {}, { ips: ['1.2.3.0', '1.2.3.1', '1000::'] }),
    '1.2.3.0',
    'invalidStatus',
  ],
  [
    'something that is no address',
    service('web', {}, { ips: ['what'] }),
    '1.2.3.0',
    'invalidStatus',
  ],
  [
    'a host name and an unknown address',
    service('web', {}, { ingress: [{ hostname: 'h' }, { ip: '9.9.9.9' }] }),
    '1.2.3.0',
    'addressNotInPool',
  ],
  [
    'no family can be told: nothing is touched',
    service('web', { clusterIPs: ['None'] }, { ips: ['1.2.3.1'] }),
    '1.2.3.1',
    undefined,
  ],
] as const) {
  test(`a Service that has an address: ${title}`, () => {
    const result = plan([...POOLS, given])
    assert.deepEqual(outcome(result), { web: expected })
    assert.equal(decisionIn(result)?.lost?.because, lost)
  })
}

test('what is written: the address, and the pool it came from', () => {
  const { writes } = plan([...POOLS, service('web', {}, { uid: 'u' })])
  assert.deepEqual(writes, [
    { key: 'default/web', identity: 'u', ingress: [{ ip: '1.2.3.0' }], annotation: 'pool1' },
  ])
})

test('nothing is written for a Service that has what it should', () => {
  const web = service('web', {}, { ips: ['1.2.3.0'], annotations: from('pool1') })
  assert.deepEqual(plan([...POOLS, web]).writes, [])
})

test('an entry of the status stays whole: ipMode is not ours', () => {
  const entry = { ip: '1.2.3.0', ipMode: 'Proxy' }
  const web = service('web', {}, { ingress: [entry] })
  assert.deepEqual(plan([...POOLS, web]).writes[0]?.ingress, [entry])
  const settledOne = service('web', {}, { ingress: [entry], annotations: from('pool1') })
  assert.deepEqual(plan([...POOLS, settledOne]).writes, [])
})

test('the order of two addresses in the status stays as it is', () => {
  const meta = {
    ips: ['3000::1', '192.168.0.1'],
    annotations: { ...from('pool5'), ...wants('192.168.0.1,3000::1') },
  }
  assert.deepEqual(plan([BOTH, service('web', dual(), meta)]).writes, [])
})

test('a Service that never was ours is none of our business', () => {
  const cluster = service('plain', { type: 'ClusterIP' })
  const other = service('other', { loadBalancerClass: 'x' }, { ips: ['1.2.3.0'] })
  const { decisions, writes, pools } = plan([...POOLS, cluster, other])
  assert.deepEqual([decisions, writes], [[], []])
  assert.equal(pools.get('pool1')?.assignedIPv4, 0n)
})

for (const [lbClass, written, ours] of [
  ['', undefined, true],
  ['', 'x', false],
  ['x', undefined, false],
  ['x', 'x', true],
  ['x', 'y', false],
] as const) {
  test(`class ${written ?? 'none'} where ours is "${lbClass}": ${ours ? 'served' : 'left alone'}`, () => {
    const web = service('web', written ? { loadBalancerClass: written } : {})
    assert.equal(plan([...POOLS, web], {}, { lbClass }).decisions.length, ours ? 1 : 0)
  })
}

for (const [title, lbClass, meta] of [
  ['by its annotation', 'x', { ips: ['1.2.3.0'], annotations: from('pool1') }],
  ['by its status', '', { ips: ['1.2.3.0'] }],
] as const) {
  test(`a Service that is no load balancer any more is cleaned up, known ${title}`, () => {
    const web = service('web', { type: 'NodePort' }, meta)
    const later = service('later', lbClass ? { loadBalancerClass: lbClass } : {})
    const { writes } = plan([...POOLS, web, later], {}, { lbClass })
    assert.deepEqual(
      writes.map((one) => [one.key, one.ingress, one.annotation]),
      [
        ['default/later', [{ ip: '1.2.3.0' }], 'pool1'],
        ['default/web', [], null],
      ],
    )
  })
}

test('without any pool all addresses are taken back', () => {
  const result = plan([service('web', {}, { ips: ['1.2.3.0'], annotations: from('pool1') })])
  assert.deepEqual(outcome(result), { web: 'noPools' })
  assert.deepEqual([result.writes[0]?.ingress, result.writes[0]?.annotation], [[], null])
})

test('a pool that is refused, not deleted, takes nothing from its Services', () => {
  const web = service('web', {}, { ips: ['7.7.7.7'], annotations: from('bad') })
  const bad = refusal('IPAddressPool', 'bad', { addresses: ['7.7.7.7'] })
  for (const rest of [[], POOLS]) {
    const result = plan([...rest, web, ...bad])
    assert.deepEqual(outcome(result), { web: '7.7.7.7' })
    assert.deepEqual(result.writes, [])
    assert.equal(decisionIn(result)?.because, 'poolRefused')
  }
  assert.deepEqual(outcome(plan([...POOLS, web])), { web: '1.2.3.0' })
})

test('an address that another pool holds is judged by that pool', () => {
  const web = service('web', {}, { ips: ['1.2.3.1'], annotations: from('bad') })
  const bad = refusal('IPAddressPool', 'bad', { addresses: ['7.7.7.7'] })
  const { writes } = plan([...POOLS, web, ...bad])
  assert.equal(writes[0]?.annotation, 'pool1')
})

test('one address of two, and no second to be had: it is given up, and told', () => {
  const web = service('web', dual('RequireDualStack'), { ips: ['1.2.3.1'] })
  const result = plan([...POOLS, web])
  assert.deepEqual(outcome(result), { web: 'noPoolFits' })
  assert.deepEqual(decisionIn(result)?.lost?.addresses, ['1.2.3.1'])
  const later = service('later', {}, { created: 5 })
  assert.equal(outcome(plan([pool('p', ['1.2.3.1/32']), web, later])).later, '1.2.3.1')
})

test('who holds an address claims before who waits, wherever it stands in the list', () => {
  const first = service('aaa', {}, { created: 1 })
  const holder = service('zzz', {}, { created: 2, ips: ['1.2.3.0'] })
  assert.deepEqual(outcome(plan([...POOLS, first, holder])), { aaa: '1.2.3.1', zzz: '1.2.3.0' })
})

test('of two that claim one address the elder keeps it', () => {
  const young = service('a', {}, { created: 2, ips: ['1.2.3.1'] })
  const old = service('b', {}, { created: 1, ips: ['1.2.3.1'] })
  const result = plan([...POOLS, young, old])
  assert.deepEqual(outcome(result), { a: '1.2.3.0', b: '1.2.3.1' })
  assert.match(decisionIn(result, 'a')?.lost?.sentence ?? '', /1\.2\.3\.1 by default\/b/)
})

test('who waits is served in the order of creation', () => {
  const waiting = [3, 1, 2].map((created) => service(`s${created}`, {}, { created }))
  assert.deepEqual(outcome(plan([...POOLS, ...waiting])), {
    s1: '1.2.3.0',
    s2: '1.2.3.1',
    s3: 'noPoolFits',
  })
})

test('an address that becomes free goes to who waits, without anything else happening', () => {
  const [a, b, c] = [1, 2, 3].map((n) => service(`s${n}`, {}, { created: n }))
  const full = settled(world([...POOLS, a!, b!, c!]), plan([...POOLS, a!, b!, c!]))
  const services = new Map([...full.services].filter(([key]) => key !== 'default/s1'))
  assert.deepEqual(outcome(planController({ ...full, services })), { s2: '1.2.3.1', s3: '1.2.3.0' })
})

test('a stale copy of a Service does not cost it its address', () => {
  const stale = service('web', {}, { uid: 'u', created: 2 })
  const other = service('a', {}, { created: 1 })
  const written = new Map([['u', ['1.2.3.0']]])
  const result = plan([...POOLS, stale, other], { written })
  assert.deepEqual(outcome(result), { a: '1.2.3.1', web: '1.2.3.0' })
  assert.deepEqual(
    result.writes.map((one) => one.key),
    ['default/a'],
  )
})

test('pools say why they were passed over', () => {
  const result = plan([
    ...POOLS,
    pool('mine', { addresses: ['5.5.5.5/32'], serviceAllocation: { namespaces: ['other'] } }),
    service('web', dual('RequireDualStack')),
  ])
  assert.deepEqual(decisionIn(result)?.considered, [
    { pool: 'mine', because: 'namespaceNotSelected' },
    { pool: 'pool1', because: 'onlyOneFamily' },
    { pool: 'pool3', because: 'onlyOneFamily' },
    { pool: 'pool2', because: 'notAutomatic' },
    { pool: 'pool4', because: 'notAutomatic' },
  ])
})

test('a pool that is pinned away from its Service lets it go', () => {
  const pinned = (name: string) =>
    pool('a', { addresses: ['5.5.5.5/32'], serviceAllocation: { namespaces: [name] } })
  const web = service('web', {}, { ips: ['5.5.5.5'] })
  assert.deepEqual(outcome(plan([pinned('default'), ...POOLS, web])), { web: '5.5.5.5' })
  const moved = plan([pinned('other'), ...POOLS, web])
  assert.deepEqual(outcome(moved), { web: '1.2.3.0' })
  assert.equal(decisionIn(moved)?.lost?.because, 'namespaceNotSelected')
})

const sharer = (name: string, port: number, meta = {}, spec = {}) =>
  service(name, { ports: [port], ...spec }, { ips: ['1.2.3.0'], annotations: shares('k'), ...meta })

const local = (app: string) => ({ externalTrafficPolicy: 'Local', selector: { app } })

test('of sharers that fell out, the one that changed goes, though it is the eldest', () => {
  const rest = [sharer('b', 81, { created: 2 }), sharer('c', 82, { created: 3 })]
  const before = plan([...POOLS, sharer('a', 80, { created: 1 }), ...rest])
  assert.deepEqual(outcome(before), { a: '1.2.3.0', b: '1.2.3.0', c: '1.2.3.0' })
  const changed = sharer('a', 80, { created: 1 }, local('x'))
  const after = plan([...POOLS, changed, ...rest], { previous: before })
  assert.deepEqual(outcome(after), { a: '1.2.3.1', b: '1.2.3.0', c: '1.2.3.0' })
})

test('sharers that agree again share again, without help', () => {
  const apart = [
    sharer('a', 80, { created: 1 }, local('x')),
    sharer('b', 81, { created: 2 }, local('y')),
  ]
  assert.deepEqual(outcome(plan([...POOLS, ...apart])), { a: '1.2.3.0', b: '1.2.3.1' })
  const again = [
    sharer('a', 80, { created: 1 }, local('x')),
    sharer('b', 81, { created: 2, ips: [] }, local('x')),
  ]
  assert.deepEqual(outcome(plan([...POOLS, ...again])), { a: '1.2.3.0', b: '1.2.3.0' })
})

test('a sharer goes where it can share, though a lower address is free', () => {
  const held = sharer('a', 80, { ips: ['1.2.3.1'] })
  assert.deepEqual(outcome(plan([...POOLS, held, sharer('b', 81, { ips: [] })])), {
    a: '1.2.3.1',
    b: '1.2.3.1',
  })
})

test('the status of a pool counts addresses, not users', () => {
  const { pools } = plan([
    ...POOLS,
    BOTH,
    sharer('a', 80),
    sharer('b', 81),
    service('c', dual('RequireDualStack')),
  ])
  const { capacity: _capacity, ...pool1 } = pools.get('pool1')!
  assert.deepEqual(pool1, {
    assignedIPv4: 1n,
    assignedIPv6: 0n,
    availableIPv4: 1n,
    availableIPv6: 0n,
    services: 2,
  })
  assert.equal(pools.get('pool5')?.assignedIPv6, 1n)
})

test('the status of a huge pool is exact', () => {
  const { pools } = plan([pool('six', ['fd00::/64']), service('web', v6)])
  assert.equal(pools.get('six')?.availableIPv6, 9223372036854775806n)
})

test('a Service of ours is known again by its identity, not by its name', () => {
  const before = plan([
    ...POOLS,
    sharer('a', 80, { uid: '1' }),
    sharer('b', 80, { uid: '2', ips: [] }),
  ])
  const [a] = before.decisions
  assert.equal(a?.identity, '1')
  const web: Service = service('x', {}, {})
  assert.equal(plan([...POOLS, web]).decisions[0]?.identity, 'default/x')
})
