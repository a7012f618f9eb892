import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sessionsOfConf } from './conf-sessions.ts'
import { driftOf, EXTRAS_MARK } from './drift.ts'
import type { Daemon } from './grammar.ts'
import { ownedBy, parseTree } from './tree.ts'

const CASES = join(import.meta.dirname, '../../test/cases')
const confOf = (name: string) => readFileSync(join(CASES, name, 'frr.conf'), 'utf8')
const GUIDE = confOf('guide-multi-router')
const EXTRAS = confOf('bgp-extras')

const runs = (text: string) =>
  new Map<Daemon, ReturnType<typeof parseTree>>([
    ['bgpd', ownedBy('bgpd', parseTree(text))],
    ['bfdd', ownedBy('bfdd', parseTree(text))],
  ])

test('an FRR that runs its file does not differ from it', () => {
  assert.deepEqual(driftOf(GUIDE, runs(GUIDE)), [])
})

test('a line that somebody took away, and one that somebody added', () => {
  const running = GUIDE.replace(
    'neighbor 192.168.1.1 timers 30 90',
    'neighbor 192.168.1.1 shutdown',
  )
  assert.deepEqual(driftOf(GUIDE, runs(running)), [
    {
      daemon: 'bgpd',
      missing: ['router bgp 64513', ' neighbor 192.168.1.1 timers 30 90', 'exit'],
      extra: ['router bgp 64513', ' neighbor 192.168.1.1 shutdown', 'exit'],
    },
  ])
})

test('a password that differs is not shown', () => {
  const running = GUIDE.replace('password your-secure-password', 'password another')
  const text = JSON.stringify(driftOf(GUIDE, runs(running)))
  assert.match(text, /neighbor 192\.168\.1\.1 password \*\*\*/)
  assert.doesNotMatch(text, /secure|another/)
})

test('a daemon that could not be asked differs from nothing', () => {
  assert.deepEqual(driftOf(GUIDE, new Map()), [])
})

test('what users append may be shown otherwise; our own lines may not', () => {
  assert.ok(EXTRAS.includes(EXTRAS_MARK))
  const otherwise = EXTRAS.replace('neighbor 10.2.2.254 maximum-prefix 10', 'neighbor x y')
  assert.deepEqual(driftOf(EXTRAS, runs(otherwise)), [])
  const without = EXTRAS.replace(' neighbor 10.2.2.254 timers connect 5\n', '')
  const [drift] = driftOf(EXTRAS, runs(without))
  assert.match(drift!.missing.join('\n'), /timers connect 5/)
})

test('the sessions of a file, by the names of their peers', () => {
  assert.deepEqual(sessionsOfConf(GUIDE)[0], {
    ...{ vrf: 'default', peer: '192.168.1.1' },
    ...{ name: 'dc1-router-primary', profile: 'production-bfd' },
  })
  assert.equal(sessionsOfConf(GUIDE).length, 4)
})

for (const [what, text, expected] of [
  [
    'in a VRF',
    'router bgp 1 vrf red\n neighbor 10.0.0.1 remote-as 2',
    ['red', '10.0.0.1', '10.0.0.1'],
  ],
  [
    'unnumbered',
    'router bgp 1\n neighbor eth0 interface remote-as external\n neighbor eth0 description tor',
    ['default', 'eth0', 'tor'],
  ],
] as const) {
  test(`a session ${what}`, () => {
    const [session] = sessionsOfConf(text)
    assert.deepEqual([session?.vrf, session?.peer, session?.name], expected)
  })
}
