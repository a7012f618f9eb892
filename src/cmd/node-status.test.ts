import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { worldOfFiles } from '../../test/support/world-of-files.ts'
import { planController } from '../reconciler/controller.ts'
import { printPlan } from '../reconciler/print.ts'
import { placeKey, type Session } from '../reconciler/sessions.ts'
import { settled } from '../reconciler/settled.ts'
import { planSpeaker } from '../reconciler/speaker.ts'
import { paint } from './fitted-table.ts'
import { type Look, nodeStatus } from './node-status.ts'
import { readServedPlan } from './served-plan.ts'
import { layoutStatus, since } from './status-layout.ts'

const CASES = join(import.meta.dirname, '../../test/cases')
const NOW = Date.UTC(2026, 4, 17, 9, 55, 5)

/** As a speaker would serve it. */
function planOf(name: string, node = 'n1') {
  const world = worldOfFiles(join(CASES, name))
  const own = { node, hostname: node, logLevel: 'info', ignoreExcludeLb: false }
  const before = { ...world, ...own }
  const speaker = planSpeaker(settled(before, planController(before)))
  return readServedPlan(printPlan({ speaker }))
}

const session = (peer: string, change: Partial<Session> = {}): Session => ({
  ...{ vrf: 'default', peer, state: 'Established', isUp: true, upAt: NOW - 3_725_000 },
  ...{ established: 1, dropped: 0, sent: { 4: 1, 6: 0 } },
  ...change,
})
const DOWN: Session = {
  ...{ vrf: 'default', peer: '', state: 'Active', isUp: false },
  ...{ established: 0, dropped: 0, sent: { 4: 0, 6: 0 } },
}
const bfd = (peer: string, status = 'up') => ({
  ...{ vrf: 'default', peer, multihop: false, status, interface: 'eth0' },
  ...{ receiveInterval: 300, transmitInterval: 300, detectMultiplier: 3 },
})
const ROUTERS = ['192.168.1.1', '192.168.1.2', '192.168.2.1', '192.168.2.2']
const GUIDE: Look = {
  at: NOW,
  sessions: ROUTERS.map((peer) => session(peer)),
  bfd: ROUTERS.map((peer) => bfd(peer)),
  silent: new Map(),
  speaker: { plan: planOf('guide-multi-router') },
  conf: { sessions: [], drift: [] },
}
const DEAD = new Map([
  ['bgpd', 'the daemon is not running'],
  ['bfdd', 'the daemon is not running'],
])
const drawn = (look: Look, width: number) =>
  layoutStatus(nodeStatus(look), width).map((line) => paint(line, false))
const wrong = (change: Partial<Look>) => nodeStatus({ ...GUIDE, ...change }).wrong

test('a node that does well, on a wide terminal', () => {
  assert.deepEqual(drawn(GUIDE, 100), [
    'Node n1  09:55:05 UTC  all is well',
    '',
    'Sessions: 4 of 4 up',
    'PEER                  NEIGHBOR     STATE        SINCE  SENT    BFD  DROPS',
    'dc1-router-primary    192.168.1.1  Established  1h2m   1 of 1  up   0',
    'dc1-router-secondary  192.168.1.2  Established  1h2m   1 of 1  up   0',
    'dc2-router-primary    192.168.2.1  Established  1h2m   1 of 1  up   0',
    'dc2-router-secondary  192.168.2.2  Established  1h2m   1 of 1  up   0',
    '',
    'BFD: 4 of 4 up',
    'NEIGHBOR     INTERFACE  STATUS  RECEIVE  TRANSMIT  DOWN AFTER',
    '192.168.1.1  eth0       up      300 ms   300 ms    900 ms',
    '192.168.1.2  eth0       up      300 ms   300 ms    900 ms',
    '192.168.2.1  eth0       up      300 ms   300 ms    900 ms',
    '192.168.2.2  eth0       up      300 ms   300 ms    900 ms',
    '',
    'Services: 1 of 1 announced from here',
  ])
})

test('a session that is down, on a narrow terminal', () => {
  const sessions = [{ ...DOWN, peer: ROUTERS[0]! }]
  const lines = drawn({ ...GUIDE, sessions, bfd: [bfd(ROUTERS[0]!, 'down')] }, 40)
  assert.deepEqual(lines.slice(0, 8), [
    'Node n1  09:55:05 UTC  4 things wrong',
    '! session down: dc1-router-primary (192…',
    '! session down: dc1-router-secondary (1…',
    '! session down: dc2-router-primary (192…',
    '! session down: dc2-router-secondary (1…',
    '',
    'Sessions: 0 of 4 up',
    'PEER      NEIGHBOR  STATE   SENT    BFD…',
  ])
})

test('a session that is down says why it ended last, one that is up does not', () => {
  const resets = new Map(GUIDE.sessions.map((one) => [placeKey(one), `${one.peer} went away`]))
  const [first, ...others] = GUIDE.sessions
  const sessions = [{ ...DOWN, peer: first!.peer }, ...others]
  assert.deepEqual(wrong({ sessions, resets }), [
    'session down: dc1-router-primary (192.168.1.1): Active, last reset: 192.168.1.1 went away',
  ])
  assert.deepEqual(wrong({ sessions, resets: new Map() }), [
    'session down: dc1-router-primary (192.168.1.1): Active',
  ])
})

test('FRR is dead: what it shall have is still told', () => {
  const look = { ...GUIDE, sessions: [], bfd: [], silent: DEAD }
  const lines = drawn(look, 80)
  assert.equal(lines[1], '! bgpd does not answer: the daemon is not running')
  assert.ok(lines.includes('Sessions: 0 of 4 up'), lines.join('\n'))
  assert.match(lines.join('\n'), /dc1-router-primary +192\.168\.1\.1 +Unknown +0 of 1 +unknown/)
})

test('a node without BGP has no sessions and needs no FRR', () => {
  const plan = planOf('layer2-elected')
  const lines = drawn({ ...GUIDE, sessions: [], bfd: [], silent: DEAD, speaker: { plan } }, 80)
  assert.equal(lines[0], 'Node n1  09:55:05 UTC  all is well')
  assert.ok(lines.includes('Sessions: 0 of 0 up'))
})

test('the speaker hangs: FRR and its file still tell of the sessions', () => {
  const conf = {
    sessions: [{ vrf: 'default', peer: ROUTERS[0]!, name: 'dc1-router-primary', profile: 'p' }],
    drift: [],
  }
  const status = nodeStatus({ ...GUIDE, speaker: { silent: 'no answer within 3 s' }, conf })
  assert.deepEqual(status.wrong, ['the speaker does not answer: no answer within 3 s'])
  assert.deepEqual(
    status.sessions.map(({ name, isUp, wanted, bfd }) => [name, isUp, wanted, bfd?.status]),
    [['dc1-router-primary', true, undefined, 'up']],
  )
  assert.equal(status.services, undefined)
})

test('neither the speaker nor the file can be read: what FRR has is shown', () => {
  const speaker = { silent: 'no answer' }
  const { sessions } = nodeStatus({ ...GUIDE, speaker, conf: { unread: 'gone' } })
  assert.deepEqual(
    sessions.map(({ name }) => name),
    ROUTERS,
  )
})

for (const [what, change, expected] of [
  ['nothing', {}, /^$/],
  [
    'a prefix that was not sent',
    { sessions: ROUTERS.map((peer) => session(peer, { sent: { 4: 0, 6: 0 } })) },
    /^not told everything: dc1-router-primary \(192\.168\.1\.1\): 1 of its prefixes/,
  ],
  [
    'BFD that is down under a session that is up',
    { bfd: [] },
    /^BFD down: dc1-router-primary \(192\.168\.1\.1\): unknown/,
  ],
  [
    'another configuration than that of the file',
    { conf: { sessions: [], drift: [{ daemon: 'bgpd', missing: ['a'], extra: ['b', 'c'] }] } },
    /^bgpd lacks 1 line of frr\.conf and runs 2 lines that frr\.conf does not have$/,
  ],
  [
    'no file',
    { conf: { unread: 'frr.conf cannot be read: gone' } },
    /^frr\.conf cannot be read: gone$/,
  ],
  [
    'a problem of an object',
    { speaker: { plan: planOf('bgp-password-secret-missing') } },
    /BGPPeer metallb-system\/\S+ spec\.passwordSecret/,
  ],
  [
    'a Service without an address',
    { speaker: { plan: planOf('address-pool-unknown') }, silent: new Map() },
    /Service \S+ is not announced: no address is allocated yet/,
  ],
] as const) {
  test(`wrong: ${what}`, () => assert.match(wrong(change as Partial<Look>).join('\n'), expected))
}

test('a Service that nothing serves is told of, and no fault', () => {
  const status = nodeStatus({ ...GUIDE, speaker: { plan: planOf('endpoints-none') } })
  const [first] = status.services!.unannounced
  assert.equal(first?.because, 'noEndpoints')
  assert.ok(!status.wrong.some((one) => one.includes('is not announced')), status.wrong.join('\n'))
})

test('an address that another node answers for is told of, and no fault', () => {
  const status = nodeStatus({ ...GUIDE, speaker: { plan: planOf('layer2-and-bgp') } })
  const lines = layoutStatus(status, 80).map((line) => paint(line, false))
  assert.ok(lines.includes('Layer 2: 1 answered from here'))
  assert.ok(lines.includes('192.0.2.2  this node    all         default/two'), lines.join('\n'))
  assert.ok(lines.includes('192.0.2.1  n2                       default/one'), lines.join('\n'))
})

test('lines of a drift are shown, and not all of many', () => {
  const missing = Array.from({ length: 20 }, (_, at) => `line ${at}`)
  const conf = { sessions: [], drift: [{ daemon: 'bgpd' as const, missing, extra: [] }] }
  const lines = drawn({ ...GUIDE, conf }, 80)
  assert.ok(lines.includes('- line 0'))
  assert.equal(lines.at(-1), '… 13 lines more')
})

for (const [ms, expected] of [
  [-1, '0s'],
  [999, '0s'],
  [61_000, '1m1s'],
  [3_600_000, '1h0m'],
  [90_061_000, '1d1h'],
] as const) {
  test(`${ms} ms ago`, () => assert.equal(since(ms), expected))
}
