import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Given,
  l2Ad,
  legacyPool,
  node,
  pool,
  type ServiceMeta,
  service,
  slice,
  world,
} from '../../test/support/build.ts'
import { decideL2, type L2Decision, type L2World } from './announce-l2.ts'

const ON1 = { nodeName: 'iris1', addresses: ['10.1.0.1'] }
const ON2 = { nodeName: 'iris2', addresses: ['10.1.0.2'] }
const on = (where: object, conditions: Record<string, unknown>) => ({ ...where, conditions })
const UNREADY = { ready: false }

const POOL = pool('pool', ['10.20.30.0/24', 'fd00:1::/64'])
const NODES = [node('iris1'), node('iris2')]
const ALL = l2Ad('all')
const only = (name: string, more: object = {}) =>
  l2Ad(`only-${name}`, { nodeSelectors: [hostname(name)], ...more })

interface Situation {
  readonly config?: Given[]
  readonly nodes?: Given[]
  /** Of the Service that holds 10.20.30.1, which iris2 wins. */
  readonly spec?: Record<string, unknown>
  readonly meta?: ServiceMeta
  readonly endpoints?: Record<string, unknown>[]
  readonly options?: Partial<L2World>
}

/** What each of the two decides. */
function decide(situation: Situation): L2Decision[] {
  const { config = [ALL], nodes = NODES, spec = {}, meta = {}, endpoints = [ON1] } = situation
  const web = service('web', spec, { ips: ['10.20.30.1'], ...meta })
  const base = world([POOL, ...config, ...nodes, web, slice('web', endpoints)])
  const shared = { ignoreExcludeLb: false, logLevel: 'info', ...situation.options }
  return ['iris1', 'iris2'].map((name) =>
    decideL2({ ...base, ...shared, node: name, hostname: name }, web),
  )
}

/** `yes`, or why not and who instead. */
const told = (decision: L2Decision): string =>
  decision.announce ? 'yes' : [decision.because, decision.owner].filter(Boolean).join(' ')

const LOCAL = { externalTrafficPolicy: 'Local' }
const SECOND = { ips: ['10.20.30.2'] }
const EXCLUDED = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' }
const unavailable = (status: string) => ({ conditions: [{ type: 'NetworkUnavailable', status }] })
const BY_SELECTOR = l2Ad('tier', { serviceSelectors: [{ matchLabels: { tier: 'a' } }] })
const TIER_A = { labels: { tier: 'a' } }
const preferring = (name: string, weight: number, ad = `prefer-${name}`) =>
  l2Ad(ad, { preferredNodeSelectors: [{ weight, preference: hostname(name) }] })

for (const [name, situation, first, second] of [
  ['any endpoint serves', {}, 'otherOwner iris2', 'yes'],
  ['another address, another owner', { meta: SECOND }, 'yes', 'otherOwner iris1'],
  ['no load balancer', { spec: { type: 'ClusterIP' } }, 'notLoadBalancer', 'notLoadBalancer'],
  ['another class', { spec: { loadBalancerClass: 'x.io/lb' } }, 'otherClass', 'otherClass'],
  ['no address', { meta: { ips: [] } }, 'noIPAllocated', 'noIPAllocated'],
  ['a host name', { meta: { ingress: [{ hostname: 'a.b' }] } }, 'invalidIP', 'invalidIP'],
  ['no pool', { meta: { ips: ['192.0.2.1'] } }, 'ipNotAllowed', 'ipNotAllowed'],
  ['no advertisement', { config: [] }, 'notOwner', 'notOwner'],
  [
    'an advertisement for other Services',
    { config: [BY_SELECTOR] },
    'noMatchingAdvertisement',
    'noMatchingAdvertisement',
  ],
  [
    'an advertisement by the labels of the Service',
    { config: [BY_SELECTOR], meta: TIER_A },
    'otherOwner iris2',
    'yes',
  ],
  [
    'a shared address and an advertisement that selects Services',
    {
      config: [BY_SELECTOR, ALL],
      meta: { ...TIER_A, annotations: { 'metallb.universe.tf/allow-shared-ip': '' } },
    },
    'sharedIPWithServiceSelector',
    'sharedIPWithServiceSelector',
  ],
  [
    'a shared address where that advertisement is of no account',
    { config: [BY_SELECTOR, ALL], meta: { annotations: { 'metallb.io/allow-shared-ip': 'k' } } },
    'otherOwner iris2',
    'yes',
  ],
  ['no endpoints', { endpoints: [] }, 'noEndpoints', 'noEndpoints'],
  ['none is ready', { endpoints: [on(ON1, UNREADY)] }, 'noEndpoints', 'noEndpoints'],
  ['ready, not serving', { endpoints: [on(ON1, { serving: false })] }, 'otherOwner iris2', 'yes'],
  ['no address of it', { endpoints: [{ ...ON1, addresses: [] }] }, 'otherOwner iris2', 'yes'],
  ['Local: where it is', { spec: LOCAL }, 'yes', 'noLocalEndpoints iris1'],
  ['Local: on both', { spec: LOCAL, endpoints: [ON1, ON2] }, 'otherOwner iris2', 'yes'],
  [
    'Local: more of them is no argument',
    { spec: LOCAL, endpoints: [ON1, ON1, ON2] },
    'otherOwner iris2',
    'yes',
  ],
  [
    'Local: terminating, but serving',
    { spec: LOCAL, endpoints: [ON1, on(ON2, { ready: false, serving: true })] },
    'otherOwner iris2',
    'yes',
  ],
  [
    'Local: ready on one only',
    { spec: LOCAL, endpoints: [ON1, on(ON2, UNREADY)] },
    'yes',
    'noLocalEndpoints iris1',
  ],
  [
    'Local: ready on neither',
    { spec: LOCAL, endpoints: [on(ON1, UNREADY), on(ON2, UNREADY)] },
    'noEndpoints',
    'noEndpoints',
  ],
  [
    'Local: nobody says where',
    { spec: LOCAL, endpoints: [{ addresses: ['10.1.0.1'] }] },
    'noLocalEndpoints',
    'noLocalEndpoints',
  ],
  ['an advertisement of one node', { config: [only('iris1')] }, 'yes', 'notOwner iris1'],
  [
    'one for each node, of which only one selects the Service',
    { config: [only('iris1'), only('iris2', { serviceSelectors: [{ matchLabels: { a: 'b' } }] })] },
    'yes',
    'noMatchingAdvertisement iris1',
  ],
  [
    'Local: endpoint and advertisement on different nodes',
    { config: [only('iris2')], spec: LOCAL },
    'notOwner',
    'noLocalEndpoints',
  ],
  [
    'the owner is excluded',
    { nodes: [node('iris1'), node('iris2', EXCLUDED)] },
    'yes',
    'nodeLabeledExcludeBalancers iris1',
  ],
  [
    'both are excluded',
    { nodes: [node('iris1', EXCLUDED), node('iris2', EXCLUDED)] },
    'nodeLabeledExcludeBalancers',
    'nodeLabeledExcludeBalancers',
  ],
  [
    'both are excluded, and we are told to ignore it',
    {
      nodes: [node('iris1', EXCLUDED), node('iris2', EXCLUDED)],
      options: { ignoreExcludeLb: true },
    },
    'otherOwner iris2',
    'yes',
  ],
  [
    'the network of the owner is unavailable',
    { nodes: [node('iris1'), node('iris2', {}, unavailable('True'))] },
    'yes',
    'nodeNetworkUnavailable iris1',
  ],
  [
    'the network of the owner is in doubt',
    { nodes: [node('iris1'), node('iris2', {}, unavailable('Unknown'))] },
    'otherOwner iris2',
    'yes',
  ],
  [
    'the speaker of the owner is dead',
    { options: { members: new Set(['iris1']) } },
    'yes',
    'speakerNotAlive iris1',
  ],
  [
    'a member that no Node object is of',
    { nodes: [node('iris1')], options: { members: new Set(['iris1', 'iris2']) } },
    'otherOwner iris2',
    'yes',
  ],
  ['a node that nobody knows', { nodes: [node('iris1')] }, 'yes', 'noSuchNode iris1'],
  ['a preference', { config: [preferring('iris1', 1)] }, 'yes', 'otherOwner iris1'],
  [
    'two preferences of 40 against one of 50',
    { config: [preferring('iris1', 40), preferring('iris1', 40, 'b'), preferring('iris2', 50)] },
    'yes',
    'otherOwner iris1',
  ],
  [
    'equal preferences leave it to the digest',
    { config: [preferring('iris1', 7), preferring('iris2', 7)] },
    'otherOwner iris2',
    'yes',
  ],
  [
    'Local comes before preference',
    { config: [preferring('iris1', 1)], spec: LOCAL, endpoints: [ON2] },
    'noLocalEndpoints iris2',
    'yes',
  ],
  [
    'two families, one owner: the first address decides',
    { meta: { ips: ['10.20.30.2', 'fd00:1::1'] } },
    'yes',
    'otherOwner iris1',
  ],
] as [string, Situation, string, string][]) {
  test(`answering on layer 2: ${name}`, () => {
    assert.deepEqual(decide(situation).map(told), [first, second])
  })
}

function hostname(name: string) {
  return { matchLabels: { 'kubernetes.io/hostname': name } }
}

const bound = (name: string, ...interfaces: string[]) => l2Ad(name, { interfaces })

for (const [name, config, linkNames, expected] of [
  ['no list is all of them', [ALL], ['eth0'], ''],
  ['one list', [bound('a', 'eth1', 'eth0')], ['eth0'], 'eth0,eth1'],
  ['the union of two lists', [bound('a', 'eth1'), bound('b', 'eth0')], ['eth0'], 'eth0,eth1'],
  ['a list and all is all', [bound('a', 'eth1'), ALL], ['eth9'], ''],
  ['not known yet which there are', [bound('a', 'eth1')], undefined, 'eth1'],
  ['none of them is there', [bound('a', 'eth1', 'eth2')], ['eth0'], 'noInterface iris2'],
  ['there is none at all', [bound('a', 'eth1')], [], 'noInterface iris2'],
  [
    'the list of another node does not count',
    [only('iris1', { interfaces: ['eth1'] }), only('iris2', { interfaces: ['eth2'] })],
    ['eth2'],
    'eth2',
  ],
] as [string, Given[], string[] | undefined, string][]) {
  test(`interfaces that answer: ${name}`, () => {
    const options = linkNames ? { linkNames: new Set(linkNames) } : {}
    const decision = decide({ config, options })[1]!
    const text = decision.announce ? decision.interfaces.join() : told(decision)
    assert.equal(text, expected)
  })
}

test('missing interfaces are no reason for another node: it does not know of them', () => {
  const options = { linkNames: new Set(['eth0']) }
  const [other, owner] = decide({ config: [bound('a', 'eth1')], options })
  assert.deepEqual(
    [other, owner].map((one) => told(one!)),
    ['otherOwner iris2', 'noInterface iris2'],
  )
})

test('of every address one node is the owner, and each of two nodes of some', () => {
  const owned = new Map<string, number>()
  for (let at = 1; at < 256; at++) {
    const decisions = decide({ meta: { ips: [`10.20.30.${at}`] } })
    const owners = decisions.flatMap((one, index) => (one.announce ? [`iris${index + 1}`] : []))
    assert.equal(owners.length, 1)
    owned.set(owners[0]!, (owned.get(owners[0]!) ?? 0) + 1)
  }
  assert.deepEqual(Object.fromEntries(owned), { iris1: 134, iris2: 121 })
})

test('a host without Node objects answers for itself', () => {
  const [first, second] = decide({ nodes: [] })
  assert.deepEqual([told(first!), told(second!)], ['yes', 'yes'])
})

test('a legacy pool of protocol layer2 needs no advertisement', () => {
  const old = legacyPool('old', { protocol: 'layer2', addresses: ['172.16.0.0/24'] })
  const decisions = decide({ config: [old], meta: { ips: ['172.16.0.1'] } })
  assert.equal(decisions.filter((one) => one.announce).length, 1)
})
