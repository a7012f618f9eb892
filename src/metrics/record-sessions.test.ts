import assert from 'node:assert/strict'
import test from 'node:test'
import type { Counters } from '../frr/observer.ts'
import { readBfdCounters, readCounters } from '../frr/sessions.ts'
import type { PeerSession } from '../reconciler/sessions.ts'
import { Metrics } from './record.ts'
import { BFD, BFD_COUNTERS, BGP, BGP_MESSAGES } from './session-catalogue.ts'

const session = (peer: string, more: Partial<PeerSession> = {}): PeerSession => ({
  ...{ vrf: 'default', peer, name: 'tor', port: 179, state: 'Established', isUp: true },
  ...{ established: 3, dropped: 2, sent: { 4: 2, 6: 1 }, wanted: { 4: 2, 6: 1 } },
  ...more,
})
const withBfd = { bfd: { profile: 'fast', status: 'up' } }

/** Each number another one, so that no two of them can be mixed up. */
const MESSAGES = {
  ...{ opensSent: 11, opensRecv: 12, notificationsSent: 13, notificationsRecv: 14 },
  ...{ updatesSent: 15, updatesRecv: 16, keepalivesSent: 17, keepalivesRecv: 18 },
  ...{ routeRefreshSent: 19, totalSent: 20, totalRecv: 21 },
}
const families = { ipv4Unicast: { sentPrefixCounter: 2 }, ipv6Unicast: { sentPrefixCounter: 1 } }
const messagesOf = (neighbors: Record<string, object>, vrf = 'default') =>
  readCounters(JSON.stringify({ [vrf]: { vrfId: 0, vrfName: vrf, ...neighbors } }))
const ESTABLISHED = {
  ...{ bgpState: 'Established', portForeign: 43210 },
  ...{ messageStats: MESSAGES, addressFamilyInfo: families },
}
const PACKETS = {
  ...{ 'control-packet-input': 31, 'control-packet-output': 32, 'echo-packet-input': 33 },
  ...{ 'echo-packet-output': 34, 'session-up': 35, 'session-down': 36, 'zebra-notifications': 37 },
}
const packetsOf = (...rows: object[]) =>
  readBfdCounters(JSON.stringify(rows.map((row) => ({ ...PACKETS, ...row }))))

interface Seen extends Partial<Counters> {
  readonly silent?: readonly string[]
}

function observing(all: PeerSession[], { silent = [], sessions = [], bfd = [] }: Seen = {}) {
  const metrics = new Metrics({ speaker: true })
  metrics.observeSessions({
    sessions: () => all,
    silent: () => new Map(silent.map((daemon) => [daemon, 'no socket'])),
    counters: async () => ({ sessions, bfd }),
  })
  return metrics
}

const NAMES = [BGP, BGP_MESSAGES, BFD, BFD_COUNTERS].flatMap((table) =>
  Object.values(table).map(({ name }) => name),
)

/** `metallb_bgp_session_up{…} 1` of sessions only. */
async function linesOf(metrics: Metrics): Promise<string[]> {
  const lines = (await metrics.text()).split('\n')
  return lines.filter((line) => NAMES.includes(line.split('{')[0]!) && line.includes('{'))
}

test('every number of a session is under the name that MetalLB gives it', async () => {
  const metrics = observing([session('10.9.0.2', withBfd)], {
    sessions: messagesOf({ '10.9.0.2': ESTABLISHED }),
    bfd: packetsOf({ peer: '10.9.0.2', interface: 'eth0' }),
  })
  const bgp = '{peer="10.9.0.2:179",vrf="default"}'
  const bfd = '{peer="10.9.0.2",vrf="default"}'
  assert.deepEqual(await linesOf(metrics), [
    `metallb_bgp_session_up${bgp} 1`,
    `metallb_bgp_announced_prefixes_total${bgp} 3`,
    `ferrule_bgp_wanted_prefixes${bgp} 3`,
    `ferrule_bgp_session_established_total${bgp} 3`,
    `ferrule_bgp_session_dropped_total${bgp} 2`,
    `metallb_bgp_opens_sent${bgp} 11`,
    `metallb_bgp_opens_received${bgp} 12`,
    `metallb_bgp_notifications_sent${bgp} 13`,
    `ferrule_bgp_notifications_received_total${bgp} 14`,
    `metallb_bgp_updates_total${bgp} 15`,
    `metallb_bgp_updates_total_received${bgp} 16`,
    `metallb_bgp_keepalives_sent${bgp} 17`,
    `metallb_bgp_keepalives_received${bgp} 18`,
    `metallb_bgp_route_refresh_sent${bgp} 19`,
    `metallb_bgp_total_sent${bgp} 20`,
    `metallb_bgp_total_received${bgp} 21`,
    `metallb_bfd_session_up${bfd} 1`,
    `metallb_bfd_control_packet_input${bfd} 31`,
    `metallb_bfd_control_packet_output${bfd} 32`,
    `metallb_bfd_echo_packet_input${bfd} 33`,
    `metallb_bfd_echo_packet_output${bfd} 34`,
    `metallb_bfd_session_up_events${bfd} 35`,
    `metallb_bfd_session_down_events${bfd} 36`,
    `metallb_bfd_zebra_notifications${bfd} 37`,
  ])
})

for (const [what, place, label] of [
  ['IPv6 stands without brackets', { peer: 'fc00::4' }, 'peer="fc00::4:179",vrf="default"'],
  [
    'the port is the configured one',
    { peer: '10.9.0.2', port: 1179 },
    'peer="10.9.0.2:1179",vrf="default"',
  ],
  ['another VRF', { peer: '10.9.0.2', vrf: 'red' }, 'peer="10.9.0.2:179",vrf="red"'],
  ['an unnumbered neighbour is its interface', { peer: 'va1' }, 'peer="va1:179",vrf="default"'],
] as const) {
  test(`labels: ${what}`, async () => {
    const one = session(place.peer, place)
    const sessions = messagesOf({ [place.peer]: ESTABLISHED }, one.vrf)
    const lines = await linesOf(observing([one], { sessions }))
    assert.ok(lines.includes(`metallb_bgp_session_up{${label}} 1`), lines.join('\n'))
    assert.ok(lines.includes(`metallb_bgp_updates_total{${label}} 15`), lines.join('\n'))
  })
}

test('BFD of an unnumbered neighbour is found by the interface, and goes by it', async () => {
  const bfd = packetsOf(
    { peer: 'fe80::1', interface: 'va1', 'session-up': 7 },
    { peer: '10.9.0.2', interface: 'va1', 'session-up': 8 },
  )
  const lines = await linesOf(observing([session('va1', withBfd)], { bfd }))
  assert.ok(lines.includes('metallb_bfd_session_up_events{peer="va1",vrf="default"} 7'))
})

test('a session that FRR does not know is down, and nothing is counted of it', async () => {
  const lost = { isUp: false, state: 'Unknown', bfd: { profile: 'fast', status: 'unknown' } }
  const lines = await linesOf(observing([session('10.9.0.9', lost)]))
  assert.deepEqual(lines, [
    'metallb_bgp_session_up{peer="10.9.0.9:179",vrf="default"} 0',
    'ferrule_bgp_wanted_prefixes{peer="10.9.0.9:179",vrf="default"} 3',
    'metallb_bfd_session_up{peer="10.9.0.9",vrf="default"} 0',
  ])
})

test('a bgpd that is silent takes nothing from what bfdd says, and is told', async () => {
  const one = session('10.9.0.2', { ...withBfd, isUp: false, state: 'Unknown' })
  const bfd = packetsOf({ peer: '10.9.0.2' })
  const metrics = observing([one], { silent: ['bgpd'], bfd })
  const lines = await linesOf(metrics)
  assert.ok(lines.includes('metallb_bgp_session_up{peer="10.9.0.2:179",vrf="default"} 0'))
  assert.ok(lines.includes('metallb_bfd_zebra_notifications{peer="10.9.0.2",vrf="default"} 37'))
  const text = await metrics.text()
  assert.match(text, /^ferrule_frr_silent_bool\{daemon="bgpd"\} 1$/m)
  assert.match(text, /^ferrule_frr_silent_bool\{daemon="bfdd"\} 0$/m)
  assert.match(text, /^ferrule_bgp_sessions_wanted 1$/m)
  assert.match(text, /^ferrule_bgp_sessions_established 0$/m)
})

test('neighbours that somebody else gave FRR, and peers without BFD, have no series', async () => {
  const sessions = messagesOf({ '10.9.0.2': ESTABLISHED, '10.9.0.77': ESTABLISHED })
  const bfd = packetsOf({ peer: '10.9.0.2' }, { peer: '10.9.0.77' })
  const lines = await linesOf(observing([session('10.9.0.2')], { sessions, bfd }))
  assert.deepEqual(
    lines.filter((line) => line.includes('10.9.0.77') || line.includes('_bfd_')),
    [],
  )
  assert.equal(lines.length, 16)
})

test('who scrapes at the same moment shares one answer of FRR; the next one gets a new one', async () => {
  const metrics = new Metrics({ speaker: true })
  let asked = 0
  const counters = async () => {
    asked++
    const stats = { ...MESSAGES, updatesSent: asked }
    const neighbors = { '10.9.0.2': { ...ESTABLISHED, messageStats: stats } }
    return { sessions: messagesOf(neighbors), bfd: [] }
  }
  metrics.observeSessions({
    ...{ sessions: () => [session('10.9.0.2')], silent: () => new Map(), counters },
  })
  const [first, second] = await Promise.all([metrics.text(), metrics.text()])
  assert.equal(first, second)
  assert.equal(asked, 1)
  assert.match(first, /^metallb_bgp_updates_total\{.*\} 1$/m)
  assert.match(await metrics.text(), /^metallb_bgp_updates_total\{.*\} 2$/m)
})

test('a node without sessions does not ask FRR, which it may not have', async () => {
  const metrics = new Metrics({ speaker: true })
  const counters = () => Promise.reject(new Error('no FRR'))
  metrics.observeSessions({ sessions: () => [], silent: () => new Map(), counters })
  assert.match(await metrics.text(), /^ferrule_bgp_sessions_wanted 0$/m)
})
