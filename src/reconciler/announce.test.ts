import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bgpAd,
  community,
  type Given,
  l2Ad,
  node,
  pool,
  type ServiceMeta,
  service,
  slice,
  world,
} from '../../test/support/build.ts'
import { decideBgp, type SpeakerWorld } from './announce.ts'

const HERE = { nodeName: 'pandora', addresses: ['10.244.0.5'] }
const ELSEWHERE = { nodeName: 'iris', addresses: ['10.244.1.5'] }
const on = (where: typeof HERE, conditions: Record<string, unknown>) => ({ ...where, conditions })

const NETWORK: Given[] = [
  pool('pool', ['10.20.30.0/24']),
  bgpAd('ad'),
  node('pandora'),
  node('iris'),
]

interface Situation {
  readonly objects?: Given[]
  readonly spec?: Record<string, unknown>
  readonly meta?: ServiceMeta
  readonly endpoints?: Record<string, unknown>[]
  readonly options?: Partial<SpeakerWorld>
}

/** What pandora decides about the Service `default/web`, which holds 10.20.30.1. */
function decide({ objects = NETWORK, spec = {}, meta = {}, endpoints, options }: Situation) {
  const web = service('web', spec, { ips: ['10.20.30.1'], ...meta })
  const slices = slice('web', endpoints ?? [ELSEWHERE])
  const decided = decideBgp(
    {
      ...world([...objects, web, slices]),
      node: 'pandora',
      ignoreExcludeLb: false,
      hostname: 'pandora',
      logLevel: 'info',
      ...options,
    },
    web,
  )
  if (!decided.announce) return decided.because
  return decided.routes.map(({ prefix, ad }) => `${prefix.text} ${ad.name}`).sort()
}

const LOCAL = { externalTrafficPolicy: 'Local' }
const ANNOUNCED = ['10.20.30.1/32 ad']
const without = (name: string) =>
  NETWORK.filter((one) => !('metadata' in one) || one.metadata.name !== name)
const pandora = (labels = {}, status = {}) => [
  ...without('pandora'),
  node('pandora', labels, status),
]
const EXCLUDED = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' }
const unavailable = (status: string) => ({ conditions: [{ type: 'NetworkUnavailable', status }] })

for (const [name, situation, expected] of [
  ['policy Cluster, endpoint on another node', {}, ANNOUNCED],
  ['not a load balancer', { spec: { type: 'ClusterIP' } }, 'notLoadBalancer'],
  ['another class', { spec: { loadBalancerClass: 'other.io/lb' } }, 'otherClass'],
  ['our class', { spec: { loadBalancerClass: 'x/lb' }, options: { lbClass: 'x/lb' } }, ANNOUNCED],
  ['no class although we serve one', { options: { lbClass: 'x/lb' } }, 'otherClass'],
  ['no address yet', { meta: { ips: [] } }, 'noIPAllocated'],
  ['a host name for an address', { meta: { ingress: [{ hostname: 'a.b' }] } }, 'invalidIP'],
  ['an address of no pool', { meta: { ips: ['192.0.2.1'] } }, 'ipNotAllowed'],
  [
    'addresses of two pools',
    {
      objects: [...NETWORK, pool('six', ['fd00::/64'])],
      meta: { ips: ['10.20.30.1', 'fd00::1'] },
    },
    'ipNotAllowed',
  ],
  ['no advertisement at all', { objects: without('ad') }, 'notOwner'],
  ['layer 2 only', { objects: [...without('ad'), l2Ad('l2')] }, 'notOwner'],
  [
    'advertisement for another node',
    { objects: [...without('ad'), bgpAd('ad', { nodeSelectors: [hostname('iris')] })] },
    'notOwner',
  ],
  [
    'advertisement for other Services',
    { objects: [...without('ad'), bgpAd('ad', { serviceSelectors: [label('a')] })] },
    'noMatchingAdvertisement',
  ],
  [
    'one of two selectors matches',
    {
      objects: [...without('ad'), bgpAd('ad', { serviceSelectors: [label('a'), label('b')] })],
      meta: { labels: { tier: 'b' } },
    },
    ANNOUNCED,
  ],
  [
    'two preferences by selectors on one node',
    {
      objects: [...without('ad'), selective('x', 100), selective('y', 200)],
      meta: { labels: { tier: 'a' } },
    },
    'conflictingAdvertisements',
  ],
  [
    'two preferences for different peers',
    {
      objects: [...without('ad'), selective('x', 100, ['r1']), selective('y', 200, ['r2'])],
      meta: { labels: { tier: 'a' } },
    },
    ['10.20.30.1/32 x', '10.20.30.1/32 y'],
  ],
  ['network unavailable', { objects: pandora({}, unavailable('True')) }, 'nodeNetworkUnavailable'],
  ['network condition unknown', { objects: pandora({}, unavailable('Unknown')) }, ANNOUNCED],
  ['node excluded', { objects: pandora(EXCLUDED) }, 'nodeLabeledExcludeBalancers'],
  [
    'node excluded, but we are told to ignore it',
    { objects: pandora(EXCLUDED), options: { ignoreExcludeLb: true } },
    ANNOUNCED,
  ],
  ['policy Local, endpoint elsewhere', { spec: LOCAL }, 'noLocalEndpoints'],
  ['policy Local, endpoint here', { spec: LOCAL, endpoints: [HERE] }, ANNOUNCED],
  [
    'policy Local, endpoint here unready',
    { spec: LOCAL, endpoints: [on(HERE, { ready: false }), ELSEWHERE] },
    'noLocalEndpoints',
  ],
  [
    'policy Local, endpoint here terminating but serving',
    { spec: LOCAL, endpoints: [on(HERE, { ready: false, serving: true })] },
    ANNOUNCED,
  ],
  [
    'the same address once unready, once ready',
    { spec: LOCAL, endpoints: [on(HERE, { ready: false }), on(HERE, { ready: true })] },
    ANNOUNCED,
  ],
  ['no endpoints', { endpoints: [] }, 'noEndpoints'],
  ['only unready endpoints', { endpoints: [on(HERE, { ready: false })] }, 'noEndpoints'],
  ['readiness not said', { endpoints: [on(HERE, { ready: null, serving: false })] }, ANNOUNCED],
  ['ready but not serving', { endpoints: [on(HERE, { ready: true, serving: false })] }, ANNOUNCED],
  ['endpoint without an address', { endpoints: [{ ...HERE, addresses: [] }] }, 'noEndpoints'],
  [
    'two lengths, two routes',
    { objects: [...NETWORK, bgpAd('wide', { aggregationLength: 24, localPref: 1000 })] },
    ['10.20.30.0/24 wide', '10.20.30.1/32 ad'],
  ],
] as [string, Situation, string | string[]][]) {
  test(`announcing over BGP: ${name}`, () => assert.deepEqual(decide(situation), expected))
}

function hostname(name: string) {
  return { matchLabels: { 'kubernetes.io/hostname': name } }
}

function label(tier: string) {
  return { matchLabels: { tier } }
}

function selective(name: string, localPref: number, peers: string[] = []) {
  return bgpAd(name, { localPref, peers, serviceSelectors: [label('a')] })
}

test('communities arrive resolved and in order', () => {
  const objects = [
    ...without('ad'),
    community('c', { far: '65000:9' }),
    bgpAd('ad', { communities: ['far', '65000:10', 'no-export'] }),
  ]
  const { config } = world(objects)
  assert.deepEqual(
    config.pools[0]?.bgp[0]?.communities.map((one) => one.text),
    ['65000:9', '65000:10', '65535:65281'],
  )
})
