// What a speaker or controller may be in, planned by the real planners over real objects: for tests of the
// status page and for its pictures.
import type { Problem } from '../../src/config/problem.ts'
import { parseAddress } from '../../src/net/address.ts'
import { planController } from '../../src/reconciler/controller.ts'
import { peerSessions, type Session } from '../../src/reconciler/sessions.ts'
import { planSpeaker } from '../../src/reconciler/speaker.ts'
import type { World } from '../../src/reconciler/world.ts'
import type { ControllerStatus, SpeakerStatus } from '../../src/status/role-status.ts'
import {
  bfdProfile,
  bgpAd,
  type Given,
  l2Ad,
  NAMESPACE,
  node,
  peer,
  pool,
  refusal,
  service,
  slice,
  world,
} from './build.ts'

export const NODE = 'node-a'
/** Three ToR switches; the third speaks both families. */
const PEERS = [
  peer('tor-a', { peerASN: 64512, peerAddress: '10.0.0.1', bfdProfile: 'fast' }),
  peer('tor-b', { peerASN: 64512, peerAddress: '10.0.0.2', bfdProfile: 'fast' }),
  peer('tor-c', {
    ...{ peerASN: 64513, peerAddress: '10.0.0.3', dualStackAddressFamily: true },
    bfdProfile: 'fast',
  }),
]
const OTHER_RACK = peer('tor-rack2', {
  ...{ peerASN: 64514, peerAddress: '10.0.1.1' },
  nodeSelectors: [{ matchLabels: { rack: '2' } }],
})
const CONFIG: readonly Given[] = [
  ...PEERS,
  OTHER_RACK,
  bfdProfile('fast', { receiveInterval: 100, transmitInterval: 100 }),
  pool('public', ['198.51.100.0/24', '2001:db8:100::/64']),
  pool('office', ['192.0.2.16/28']),
  bgpAd('to-all', { ipAddressPools: ['public'] }),
  l2Ad('on-the-lan', { ipAddressPools: ['office'], interfaces: ['eth1'] }),
  ...['node-a', 'node-b', 'node-c'].map((name) => node(name)),
]

const ON = (nodeName: string) => [{ nodeName, addresses: ['10.1.0.1'] }]
const DUAL = { ipFamilyPolicy: 'RequireDualStack', clusterIPs: ['10.96.0.1', 'fd00::1'] }

/** With the endpoints that it has on this node, if any. */
function served(name: string, ips: string[], { namespace = 'shop', on = NODE, spec = {} } = {}) {
  return [
    service(name, spec, { ips, namespace }),
    ...(on === '' ? [] : [slice(name, ON(on), { namespace })]),
  ]
}

const SERVICES: readonly Given[] = [
  ...served('web', ['198.51.100.10', '2001:db8:100::10'], { spec: DUAL }),
  ...served('checkout', ['198.51.100.11']),
  ...served('search', ['198.51.100.12']),
  ...served('images', ['198.51.100.13']),
  ...served('gateway', ['198.51.100.2', '2001:db8:100::2'], { namespace: 'ingress', spec: DUAL }),
  ...served('mail', ['198.51.100.25'], { namespace: 'office' }),
  ...served('registry', ['198.51.100.40'], { namespace: 'build' }),
  ...served('printer', ['192.0.2.17'], { namespace: 'office' }),
  ...served('wiki', ['192.0.2.18'], { namespace: 'office' }),
  ...served('camera', ['192.0.2.20'], { namespace: 'office' }),
  ...served('local-only', ['198.51.100.14'], {
    ...{ on: 'node-b', spec: { externalTrafficPolicy: 'Local' } },
  }),
]

export const worldOf = (more: readonly Given[] = [], base = SERVICES): World =>
  world([...CONFIG, ...base, ...more])

/** A Service whose Pods are not there yet. */
export const WAITING = served('reports', ['198.51.100.60'], { namespace: 'shop', on: '' })

/** A pool that somebody mistyped. */
export const BAD_POOL: readonly Problem[] = refusal('IPAddressPool', 'guests', {
  addresses: ['203.0.113.0/33'],
})

export interface SpeakerScene {
  readonly world?: World
  /** Names of peers whose session is down, and FRR's word for why. */
  readonly down?: Readonly<Record<string, string>>
  readonly silent?: ReadonlyMap<string, string>
  /** When the sessions came up. */
  readonly upAt?: number
}

export function speakerIn({
  world = worldOf(),
  down = {},
  upAt,
  ...more
}: SpeakerScene = {}): SpeakerStatus {
  const plan = planSpeaker({
    ...world,
    ...{ node: NODE, hostname: NODE, ignoreExcludeLb: false, logLevel: 'informational' },
    ...{ linkNames: new Set(['eth0', 'eth1']), members: new Set(['node-a', 'node-b', 'node-c']) },
  })
  const planned = peerSessions(plan.frr, { sessions: [], bfd: [] })
  const sessions = planned.map(({ vrf, peer, name, wanted }): Session => {
    const isUp = down[name] === undefined
    return {
      ...{ vrf, peer, isUp, state: isUp ? 'Established' : 'Active' },
      ...(isUp && upAt !== undefined ? { upAt } : {}),
      ...{ established: 1, dropped: isUp ? 0 : 1, sent: isUp ? wanted : { 4: 0, 6: 0 } },
    }
  })
  const bfd = planned.map(({ vrf, peer, name }) => ({
    ...{ vrf, peer, multihop: false, status: down[name] === undefined ? 'up' : 'down' },
    ...{ receiveInterval: 100, transmitInterval: 100, detectMultiplier: 3 },
  }))
  const resets = planned.flatMap(({ vrf, peer, name }) => {
    const why = down[name]
    return why === undefined ? [] : [[`${vrf} ${peer}`, why] as const]
  })
  return {
    ...{ kind: 'speaker', node: NODE, plan, sessions: peerSessions(plan.frr, { sessions, bfd }) },
    ...{ silent: more.silent ?? new Map(), resets: new Map(resets) },
  }
}

export function controllerIn(world: World, isLeading = true): ControllerStatus {
  return { kind: 'controller', isLeading, plan: planController(world) }
}

/** So many Services of the pool, each with its address and an endpoint here. */
export function manyServices(count: number): Given[] {
  return Array.from({ length: count }, (_, at) => {
    const ip = `198.51.${100 + Math.floor(at / 250)}.${1 + (at % 250)}`
    if (!parseAddress(ip)) throw new Error(`too many Services: ${ip}`)
    return served(`app-${String(at).padStart(5, '0')}`, [ip], { namespace: `team-${at % 20}` })
  }).flat()
}

/** With room for all of them. */
export const crowdedWorld = (count: number, more: readonly Given[] = []): World =>
  world([
    ...PEERS,
    bfdProfile('fast', {}),
    ...[pool('public', ['198.51.100.0-198.51.255.255']), bgpAd('to-all')],
    ...['node-a', 'node-b'].map((name) => node(name)),
    ...manyServices(count),
    ...more,
  ])

export const inNamespace = NAMESPACE
