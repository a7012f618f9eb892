import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Given, pool, service, world } from '../../test/support/build.ts'
import { type ControllerPlan, planController } from './controller.ts'
import { eventsBetween } from './service-events.ts'
import { settled } from './settled.ts'

const P = pool('p', ['1.2.3.0/31'])
const D = pool('d', ['9.9.9.0/31'], { created: 1 })
const dual = (policy: string) => ({ clusterIPs: ['10.96.0.1', 'fd99::1'], ipFamilyPolicy: policy })

const plan = (given: readonly Given[], previous?: ControllerPlan) =>
  planController(world(given), { previous })
const told = (before: ControllerPlan | undefined, after: ControllerPlan) =>
  eventsBetween(before, after).map((one) => `${one.type} ${one.reason}`)

for (const [title, given, expected] of [
  ['an address is given', service('web'), ['Normal IPAllocated']],
  ['an address was there already', service('web', {}, { ips: ['1.2.3.0'] }), []],
  [
    'nothing can be given',
    service('web', { loadBalancerIP: '8.8.8.8' }),
    ['Warning AllocationFailed'],
  ],
  [
    'an address that no pool holds',
    service('web', {}, { ips: ['8.8.8.8'] }),
    ['Normal ClearAssignment', 'Normal IPAllocated'],
  ],
  [
    'a status that makes no sense',
    service('web', {}, { ips: ['1.2.3.1', '9.9.9.9', '::1'] }),
    ['Warning nolbIPsIPFamily', 'Normal IPAllocated'],
  ],
  [
    'a wrong request beside a right address',
    service('web', { loadBalancerIP: 'x' }, { ips: ['1.2.3.0'] }),
    ['Warning LoadBalancerFailed'],
  ],
  [
    'no family of the Service, but an address',
    service('web', { clusterIPs: ['None'] }, { ips: ['1.2.3.0'] }),
    ['Warning noclusterIPsIPFamily'],
  ],
  [
    'a second family that cannot be had',
    service('web', dual('PreferDualStack'), { ips: ['1.2.3.0'] }),
    ['Normal AdditionalAssignFailed'],
  ],
  [
    'two families for one cluster address',
    service('web', { ipFamilyPolicy: 'RequireDualStack' }),
    ['Warning not enough clusterips'],
  ],
  ['no cluster address yet', service('web', { clusterIPs: [] }), []],
  [
    'a Service that is no load balancer any more',
    service('web', { type: 'NodePort' }, { ips: ['1.2.3.0'] }),
    [],
  ],
  [
    'a deprecated annotation, as something is written',
    service('web', {}, { annotations: { 'metallb.universe.tf/address-pool': 'p' } }),
    ['Normal IPAllocated', 'Warning deprecatedAnnotation'],
  ],
] as const) {
  test(`events: ${title}`, () => {
    const first = plan([P, given])
    assert.deepEqual(told(undefined, first), expected)
    assert.deepEqual(told(first, plan([P, given], first)), [], 'the same again is no news')
  })
}

test('a deprecated annotation is not told when nothing is written', () => {
  const annotations = {
    'metallb.universe.tf/address-pool': 'p',
    'metallb.io/ip-allocated-from-pool': 'p',
  }
  const web = service('web', {}, { ips: ['1.2.3.0'], annotations })
  assert.deepEqual(told(undefined, plan([P, web])), [])
})

test('a failure is told again when its cause changes, and success after it', () => {
  const first = plan([P, service('web', { loadBalancerIP: '8.8.8.8' })])
  const other = plan([P, service('web', { loadBalancerIP: '8.8.8.9' })], first)
  assert.deepEqual(told(first, other), ['Warning AllocationFailed'])
  const good = plan([P, service('web', { loadBalancerIP: '1.2.3.1' })], other)
  assert.deepEqual(told(other, good), ['Normal IPAllocated'])
})

test('the sentence names the address, its pool and what was in the way', () => {
  const [web, db] = [
    service('web', {}, { created: 1 }),
    service('db', { loadBalancerIP: '1.2.3.0' }, { created: 2 }),
  ]
  assert.deepEqual(
    eventsBetween(undefined, plan([P, web, db])).map((one) => `${one.key}: ${one.message}`),
    [
      'default/db: "default/db": the address is in use: 1.2.3.0 by default/web: not both are marked as sharing',
      'default/web: address 1.2.3.0 from pool "p"',
    ],
  )
})

test('pools that were passed over are named, up to a bound', () => {
  const pools = [1, 2, 3, 4, 5, 6].map((n) =>
    pool(`p${n}`, { addresses: [`1.0.0.${n}/32`], autoAssign: false }),
  )
  const [event] = eventsBetween(undefined, plan([...pools, service('web')]))
  assert.match(event!.message, /pool "p1": autoAssign is off/)
  assert.match(event!.message, /; and 2 more\)$/)
})

test('the same name on another object is told anew', () => {
  const failing = (uid: string) => service('web', { loadBalancerIP: '8.8.8.8' }, { uid })
  const first = plan([P, failing('1')])
  assert.deepEqual(told(first, plan([P, failing('2')], first)), ['Warning AllocationFailed'])
})

test('a pool that goes takes the address, and a new one gives another', () => {
  const given = world([P, service('web')])
  const first = planController(given)
  const gone = { ...settled(given, first), config: world([]).config }
  const second = planController(gone, { previous: first })
  assert.deepEqual(told(first, second), ['Warning AllocationFailed'])
  const back = { ...settled(gone, second), config: world([D]).config }
  assert.deepEqual(told(second, planController(back, { previous: second })), ['Normal IPAllocated'])
})
