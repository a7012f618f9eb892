import assert from 'node:assert/strict'
import test from 'node:test'
import type { Problem } from '../config/problem.ts'
import type { SpeakerPlan } from './speaker.ts'
import { BgpStatuses, configurationState, L2Statuses } from './status-objects.ts'

const plan = (peers: Record<string, string[]>) =>
  ({
    node: 'n1',
    bgpStatuses: Object.entries(peers).map(([service, names]) => ({ service, peers: names })),
  }) as unknown as SpeakerPlan

test('each Service that is heard has one status, with the labels that find it', () => {
  const [status] = new BgpStatuses('metallb-system').of(plan({ 'shop/web': ['a', 'b'] }))
  assert.match(status!.metadata.name, /^bgp-[0-9a-f]{12}$/)
  assert.deepEqual(status!.metadata.labels, {
    'metallb.io/node': 'n1',
    'metallb.io/service-name': 'web',
    'metallb.io/service-namespace': 'shop',
  })
  assert.deepEqual(status!.status, {
    node: 'n1',
    serviceName: 'web',
    serviceNamespace: 'shop',
    peers: ['a', 'b'],
  })
})

test('a status that says the same is the very same; names differ where services do', () => {
  const statuses = new BgpStatuses('m')
  const [a, b] = statuses.of(plan({ 'x/a-b': ['p'], 'x-a/b': ['p'] }))
  assert.notEqual(a!.metadata.name, b!.metadata.name)
  const [same, other] = statuses.of(plan({ 'x/a-b': ['p'], 'x-a/b': ['p', 'q'] }))
  assert.equal(same, a)
  assert.notEqual(other, b)
  assert.equal(other!.metadata.name, b!.metadata.name)
})

const answering = (interfaces: Record<string, string[]>) =>
  ({
    node: 'n1',
    l2: {
      statuses: Object.entries(interfaces).map(([service, names]) => ({
        service,
        interfaces: names,
      })),
    },
  }) as unknown as SpeakerPlan

test('each Service that this node answers for has one status; all interfaces are not named', () => {
  const statuses = new L2Statuses('metallb-system')
  const [some, all] = statuses.of(answering({ 'shop/web': ['eth0', 'eth1'], 'shop/api': [] }))
  assert.equal(some!.kind, 'ServiceL2Status')
  assert.match(some!.metadata.name, /^l2-[0-9a-f]{12}$/)
  assert.deepEqual(some!.metadata.labels, {
    'metallb.io/node': 'n1',
    'metallb.io/service-name': 'web',
    'metallb.io/service-namespace': 'shop',
  })
  const of = { node: 'n1', serviceNamespace: 'shop' }
  const interfaces = [{ name: 'eth0' }, { name: 'eth1' }]
  assert.deepEqual(some!.status, { ...of, serviceName: 'web', interfaces })
  assert.deepEqual(all!.status, { ...of, serviceName: 'api' })
  const next = statuses.of(answering({ 'shop/web': ['eth0', 'eth1'], 'shop/api': ['eth0'] }))
  assert.equal(next[0], some)
  assert.notEqual(next[1], all)
  assert.deepEqual(statuses.of({ node: 'n1' } as SpeakerPlan), [])
})

const problem: Problem = {
  ...{ kind: 'BGPPeer', namespace: 'm', name: 'tor', path: 'spec.x' },
  ...{ code: 'bad', message: 'no' },
}

test('the state of the configuration names every problem, and changes only with them', () => {
  const reporter = { namespace: 'm', node: 'n1' }
  const good = configurationState(reporter, [], 1000)
  assert.equal(good.metadata.name, 'speaker-n1')
  assert.equal(good.status.result, 'Valid')
  assert.equal(configurationState(reporter, [], 2000, good), good)
  const bad = configurationState(reporter, [problem], 3000, good)
  assert.equal(bad.status.result, 'Invalid')
  assert.equal(bad.status.errorSummary, 'BGPPeer m/tor spec.x: no')
  assert.equal(bad.status.conditions?.[0]?.lastTransitionTime, '1970-01-01T00:00:03Z')
  const worse = configurationState(reporter, [problem, problem], 9000, bad)
  assert.equal(worse.status.conditions?.[0]?.lastTransitionTime, '1970-01-01T00:00:03Z')
})

test('the controller speaks under its own name', () => {
  const state = configurationState({ namespace: 'm' }, [], 0)
  assert.equal(state.metadata.name, 'controller')
  assert.equal(state.status.conditions?.[0]?.type, 'poolReconcilerValid')
})
