// What FRR 8.4, 10.3 and 10.7 answered (test/net/record-sessions.ts), and what is no answer.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import {
  readAdvertised,
  readBfdCounters,
  readBfdSessions,
  readCounters,
  readSessions,
} from './sessions.ts'

const DIR = join(import.meta.dirname, '../../test/net/fixtures/sessions')

for (const file of readdirSync(DIR)) {
  const answers: Record<string, unknown> = JSON.parse(readFileSync(join(DIR, file), 'utf8'))
  const version = answers.version
  const answerTo = (question: string): string => JSON.stringify(answers[question])

  test(`FRR ${version}: sessions, up and not, of both families`, () => {
    const sessions = readSessions(answerTo('show bgp vrf all summary json'))
    const told = sessions.map(({ vrf, peer, isUp, sent }) => [vrf, peer, isUp, sent[4], sent[6]])
    assert.deepEqual(told, [
      ['default', '10.9.0.2', true, 2, 0],
      ['default', '10.9.0.3', false, 0, 0],
      ['default', '10.9.0.99', false, 0, 0],
      ['default', '2001:db8:9::2', true, 0, 1],
      ['default', 'eth1', true, 2, 1],
      ['red', '10.8.0.2', false, 0, 0],
    ])
    const [lost, shut, never] = sessions
    assert.ok(lost!.upAt! > Date.UTC(2020, 0) && lost!.dropped > 0)
    assert.equal(lost!.established, lost!.dropped + 1)
    assert.equal(shut!.state, 'Idle (Admin)')
    assert.ok(!('upAt' in never!))
    assert.equal(never!.established, 0)
  })

  test(`FRR ${version}: messages, and why a session went down last`, () => {
    const counters = readCounters(answerTo('show bgp vrf all neighbors json'))
    const places = counters.map(({ vrf, peer }) => `${vrf} ${peer}`)
    const all = ['10.9.0.2', '10.9.0.3', '10.9.0.99', '2001:db8:9::2', 'eth1']
    assert.deepEqual(places, [...all.map((peer) => `default ${peer}`), 'red 10.8.0.2'])
    const [lost, shut, , , unnumbered] = counters
    assert.equal(lost!.lastReset, 'BGP Notification received: Cease/Administrative Reset')
    assert.equal(shut!.lastReset, 'Admin. shutdown')
    assert.deepEqual([lost!.isUp, lost!.sentPrefixes], [true, 2])
    assert.equal(unnumbered!.sentPrefixes, 3)
    assert.ok(lost!.updatesSent > 0 && lost!.opensReceived > 1 && lost!.notificationsReceived > 0)
    assert.equal(shut!.totalReceived, 0)
  })

  test(`FRR ${version}: BFD sessions, their timers and packets`, () => {
    const sessions = readBfdSessions(answerTo('show bfd peers json'))
    assert.deepEqual(
      sessions.map(({ peer, status }) => [peer, status]),
      [
        ['10.9.0.2', 'up'],
        ['10.9.0.99', 'down'],
      ],
    )
    const timers = { receiveInterval: 300, transmitInterval: 300, detectMultiplier: 3 }
    const here = { vrf: 'default', interface: 'eth0', local: '10.9.0.1', multihop: false }
    assert.partialDeepStrictEqual(sessions[0], { ...here, ...timers })
    const [up, down] = readBfdCounters(answerTo('show bfd peers counters json'))
    assert.ok(up!.controlReceived > 0 && up!.controlSent > 0 && up!.ups > 0)
    assert.equal(down!.controlReceived, 0)
  })

  for (const [neighbor, prefixes] of [
    ['ipv4 unicast neighbors 10.9.0.2', ['192.0.2.1/32', '192.0.2.2/32']],
    ['ipv4 unicast neighbors eth1', ['192.0.2.1/32', '192.0.2.2/32']],
    ['ipv6 unicast neighbors 2001:db8:9::2', ['2001:db8:1::1/128']],
    ['ipv4 unicast neighbors 10.9.0.99', []],
  ] as const) {
    test(`FRR ${version}: what it sends, ${neighbor}`, () => {
      const told = readAdvertised(answerTo(`show bgp ${neighbor} advertised-routes json`))
      assert.deepEqual(told, prefixes)
    })
  }
}

test('FRR without a BGP instance has no sessions', () => {
  assert.deepEqual([readSessions('{}'), readCounters('{}'), readBfdSessions('[]')], [[], [], []])
})

for (const [name, text] of [
  ['no JSON', '% Unknown command'],
  ['half of it', '{"default":{"ipv4Unicast":'],
  ['a list', '[1,2]'],
  ['a peer without a state', '{"default":{"ipv4Unicast":{"peers":{"a":{"pfxSnt":1}}}}}'],
  ['a number that is text', '{"default":{"ipv4Unicast":{"peers":{"a":{"state":1}}}}}'],
] as const) {
  test(`what cannot be read says what it was: ${name}`, () => {
    assert.throws(() => readSessions(text))
  })
}

test('numbers that a version does not tell are 0', () => {
  const [one] = readSessions('{"default":{"ipv4Unicast":{"peers":{"a":{"state":"Idle"}}}}}')
  assert.deepEqual([one!.established, one!.dropped, one!.sent], [0, 0, { 4: 0, 6: 0 }])
})
