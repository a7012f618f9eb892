import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROFILES, parseSettings } from './settings.ts'

/** MetalLB's LAN profile, as its file would say it. */
const LAN_FILE = {
  TCPTimeout: '10s',
  IndirectChecks: 3,
  RetransmitMult: 4,
  SuspicionMult: 4,
  SuspicionMaxTimeoutMult: 6,
  PushPullInterval: '30s',
  ProbeTimeout: '500ms',
  ProbeInterval: '1s',
  DisableTcpPings: false,
  AwarenessMaxMultiplier: 8,
  GossipNodes: 3,
  GossipInterval: '200ms',
  GossipToTheDeadTime: '30s',
  GossipVerifyIncoming: true,
  GossipVerifyOutgoing: true,
  EnableCompression: true,
  HandoffQueueDepth: 1024,
  UDPBufferSize: 1400,
  QueueCheckInterval: '30s',
}
const parse = (change: object = {}) => parseSettings(JSON.stringify({ ...LAN_FILE, ...change }))

test('a file that says what the LAN profile says is the LAN profile', () => {
  assert.deepEqual(parse(), { settings: PROFILES.LAN })
})

test('a file that says what the WAN profile says is the WAN profile', () => {
  const wan = {
    ...{ TCPTimeout: '30s', SuspicionMult: 6, PushPullInterval: '1m', ProbeTimeout: '3s' },
    ...{ ProbeInterval: '5s', GossipNodes: 4, GossipInterval: '500ms', GossipToTheDeadTime: '60s' },
  }
  assert.deepEqual(parse(wan), { settings: PROFILES.WAN })
})

test('field names are taken in any mixture of cases, as in Go', () => {
  const { ProbeInterval, ...rest } = LAN_FILE
  const text = JSON.stringify({ ...rest, probeinterval: '2s' })
  const parsed = parseSettings(text)
  assert.ok('settings' in parsed)
  assert.equal(parsed.settings.timing.probeIntervalMs, 2_000)
})

for (const field of Object.keys(LAN_FILE)) {
  test(`a file without ${field} is refused, by its name`, () => {
    const parsed = parse({ [field]: undefined })
    assert.ok('problems' in parsed)
    assert.ok(parsed.problems.some((problem) => problem.startsWith(`${field} is missing; `)))
  })
}

const NUMBER = 'it has to be a whole number between'
for (const [name, change, expected] of [
  ['a number in quotes', { GossipNodes: '3' }, `GossipNodes is "3"; ${NUMBER} 1 and 100`],
  ['a fraction', { IndirectChecks: 1.5 }, `IndirectChecks is 1.5; ${NUMBER} 0 and 100`],
  ['a number below its range', { SuspicionMult: 0 }, `SuspicionMult is 0; ${NUMBER} 1 and 100`],
  [
    'a duration without a unit',
    { ProbeInterval: '1' },
    'ProbeInterval is "1"; it has to be a duration between 10ms and 24h, as "200ms" or "1m30s"',
  ],
  [
    'a duration that would stop the gossip',
    { GossipInterval: '0s' },
    'GossipInterval is "0s"; it has to be a duration between 10ms and 24h, as "200ms" or "1m30s"',
  ],
  [
    'a truth in words',
    { DisableTcpPings: 'yes' },
    'DisableTcpPings is "yes"; it has to be true or false',
  ],
  [
    'a timeout beyond its interval',
    { ProbeTimeout: '2s' },
    'ProbeTimeout has to be shorter than ProbeInterval: others help in between',
  ],
  ['a typing error', { GosipNodes: 3 }, 'GosipNodes is not a setting; did you mean GossipNodes?'],
  ['something else', { x: 1 }, 'x is not a setting'],
] as const) {
  test(`a mistake is told by its field: ${name}`, () => {
    assert.deepEqual(parse(change), { problems: [expected] })
  })
}

test('all mistakes are told together', () => {
  const parsed = parse({ GossipNodes: 0, TCPTimeout: 'soon', EnableCompression: null })
  assert.ok('problems' in parsed)
  assert.equal(parsed.problems.length, 3)
})

for (const [name, text, expected] of [
  ['no JSON', '{', /^it is not JSON: /],
  ['no object', '[]', /^it is not an object$/],
  ['nothing', '', /^it is not JSON: /],
] as const) {
  test(`a file is refused that is ${name}`, () => {
    const parsed = parseSettings(text)
    assert.ok('problems' in parsed)
    assert.match(parsed.problems.join(), expected)
  })
}
