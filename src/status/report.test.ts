import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basicAuth, bgpAd, peer, service, slice } from '../../test/support/build.ts'
import {
  BAD_POOL,
  controllerIn,
  crowdedWorld,
  NODE,
  speakerIn,
  WAITING,
  worldOf,
} from '../../test/support/status-scenes.ts'
import { parseAsked } from './listed.ts'
import { begin, remember } from './memory.ts'
import { reportOf } from './report.ts'
import type { ProcessStatus } from './role-status.ts'
import type { AnnouncedRow } from './status-report.ts'

const NOW = 1_000_000
const MOMENT = { now: NOW, revision: '1' }

const reportIn = (status: ProcessStatus, query = '') =>
  reportOf(remember(begin(0), status, NOW), MOMENT, parseAsked(new URLSearchParams(query)))

const speaker = (status: ProcessStatus, query?: string) => {
  const { speaker: part } = reportIn(status, query)
  assert.ok(part, 'there is a speaker')
  return part
}

function rowOf(status: ProcessStatus, name: string): AnnouncedRow {
  const row = speaker(status).services.rows.find((one) => one.service === name)
  assert.ok(row, name)
  return row
}

test('sessions: what is sent, what shall be, BFD, and how many are up', () => {
  const { sessions, sessionsUp, addresses } = speaker({ speaker: speakerIn({ upAt: 5 }) })
  assert.deepEqual([sessionsUp, sessions.total, addresses], [3, 3, 11])
  assert.deepEqual(sessions.rows.at(-1), {
    ...{ name: 'tor-c', peer: '10.0.0.3', state: 'Established', isUp: true, since: 5, dropped: 0 },
    ...{ sent: { 4: 7, 6: 2 }, wanted: { 4: 7, 6: 2 }, bfd: { profile: 'fast', status: 'up' } },
  })
})

test('a session that is down comes first, with since when and why', () => {
  const up = remember(begin(0), { speaker: speakerIn({ upAt: 5 }) }, 10)
  const down = { speaker: speakerIn({ upAt: 5, down: { 'tor-b': 'Hold Timer Expired' } }) }
  const report = reportOf(remember(up, down, 20), MOMENT, parseAsked(new URLSearchParams()))
  const [first] = report.speaker!.sessions.rows
  assert.deepEqual(
    [first!.name, first!.isUp, first!.since, first!.because, first!.sent, first!.wanted],
    ['tor-b', false, 20, 'Hold Timer Expired', { 4: 0, 6: 0 }, { 4: 7, 6: 0 }],
  )
})

test('peers that this node has no session with are told with the reason', () => {
  assert.deepEqual(speaker({ speaker: speakerIn() }).otherPeers.rows, [
    {
      ...{ name: 'tor-rack2', because: 'nodeNotSelected' },
      sentence: 'its nodeSelectors leave this node out',
    },
  ])
})

const well = { speaker: speakerIn() }
const oneDown = { speaker: speakerIn({ down: { 'tor-b': '' } }) }
const allDown = { speaker: speakerIn({ down: { 'tor-a': '', 'tor-b': '', 'tor-c': '' } }) }
const noEndpoint = { speaker: speakerIn({ world: worldOf(WAITING) }) }

for (const [name, status, key, state] of [
  ['heard by all', well, 'shop/web', 'announced'],
  ['a peer is down', oneDown, 'shop/web', 'degraded'],
  ['no peer is up', allDown, 'shop/web', 'fault'],
  ['layer 2 needs no peer', allDown, 'office/wiki', 'announced'],
  ['another node answers', well, 'office/printer', 'elsewhere'],
  ['no endpoint here', well, 'shop/local-only', 'off'],
  ['no endpoint anywhere', noEndpoint, 'shop/reports', 'waiting'],
] as const) {
  test(`what becomes of a Service: ${name}`, () => assert.equal(rowOf(status, key).state, state))
}

test('by BGP: pool, prefixes, and who hears it, who is down first', () => {
  const { addresses, pool, bgp, layer2 } = rowOf(oneDown, 'shop/web')
  assert.deepEqual([addresses, pool], [['198.51.100.10', '2001:db8:100::10'], 'public'])
  assert.deepEqual(bgp, {
    announced: true,
    prefixes: ['198.51.100.10/32', '2001:db8:100::10/128'],
    peers: [
      { name: 'tor-b', isUp: false },
      { name: 'tor-a', isUp: true },
      { name: 'tor-c', isUp: true },
    ],
    ...{ peersUp: 2, peersTotal: 3 },
  })
  assert.equal(layer2?.announced, false)
})

test('on layer 2: the interfaces, or who answers instead and why', () => {
  assert.deepEqual(rowOf(well, 'office/wiki').layer2, { announced: true, interfaces: ['eth1'] })
  assert.deepEqual(rowOf(well, 'office/printer').layer2, {
    ...{ announced: false, because: 'otherOwner', owner: 'node-b' },
    sentence: 'another node is elected to answer for it',
  })
})

test('a route that no peer takes is a fault only where there are peers', () => {
  const lonely = bgpAd('nobody', { ipAddressPools: ['office'], peers: ['tor-rack2'] })
  const told = speakerIn({ world: worldOf([lonely]) })
  const row = rowOf({ speaker: told }, 'office/wiki')
  assert.deepEqual([row.state, !row.bgp.announced && row.bgp.because], ['degraded', 'noPeers'])
  const alone = { ...told, sessions: [] }
  assert.equal(rowOf({ speaker: alone }, 'office/wiki').state, 'announced')
})

test('Services are counted by state, those with a problem first', () => {
  const { states, services } = speaker(oneDown)
  assert.deepEqual(
    [states.degraded, states.announced, states.elsewhere, states.off, states.fault],
    [7, 2, 1, 1, 0],
  )
  assert.deepEqual([services.rows[0]!.state, services.rows.at(-1)!.state], ['degraded', 'off'])
})

for (const [query, expected] of [
  ['wiki', ['office/wiki']],
  ['198.51.100.12', ['shop/search']],
  ['otherOwner', ['office/printer']],
  ['node-b', ['office/printer']],
  ['eth1', ['office/camera', 'office/wiki']],
  ['is:elsewhere', ['office/printer']],
  ['tor-c gateway', ['ingress/gateway']],
] as const) {
  test(`a search looks at all that a row shows: ${query}`, () => {
    const { rows } = speaker(well, new URLSearchParams({ q: query }).toString()).services
    assert.deepEqual(
      rows.map((row) => row.service),
      expected,
    )
  })
}

test('problems: object, field, words, since when', () => {
  const { problems } = reportIn({ speaker: speakerIn({ world: worldOf(BAD_POOL) }) })
  const [first] = problems.rows
  assert.deepEqual(
    [problems.total, first!.kind, first!.name, first!.path, first!.since],
    [1, 'IPAddressPool', 'guests', 'spec.addresses[0]', NOW],
  )
  assert.match(first!.message, /invalid CIDR/)
})

test('both roles of one process know of one problem once', () => {
  const world = worldOf(BAD_POOL)
  const status = { speaker: speakerIn({ world }), controller: controllerIn(world) }
  const report = reportIn(status)
  assert.deepEqual([report.problems.total, report.who], [1, `standalone of ${NODE}`])
})

test('what is in the way is told apart from objects', () => {
  const silent = new Map([['bgpd', 'no such file']])
  const status = { speaker: speakerIn({ silent }), away: 'connection refused' }
  assert.deepEqual(reportIn(status).troubles, [
    { subject: "FRR's bgpd", text: 'does not answer: no such file', since: NOW },
    {
      ...{ subject: 'The API server', since: NOW },
      text: 'is away, what was known stays in force: connection refused',
    },
  ])
})

test('pools: how full; Services: which wait, and why', () => {
  const wanting = service('asks', { loadBalancerIP: '203.0.113.9' }, { namespace: 'shop' })
  const { controller } = reportIn({ controller: controllerIn(worldOf([wanting])) })
  assert.deepEqual(controller!.pools.rows, [
    { name: 'office', services: 3, assigned: { 4: 3, 6: 0 }, capacity: { 4: 16, 6: 0 } },
    {
      ...{ name: 'public', services: 8, assigned: { 4: 8, 6: 2 } },
      capacity: { 4: 256, 6: Number(2n ** 63n - 1n) },
    },
  ])
  const [first, second] = controller!.services.rows
  assert.deepEqual(
    [controller!.waiting, first!.service, first!.state, first!.because],
    [1, 'shop/asks', 'waiting', 'addressNotInPool'],
  )
  assert.deepEqual([second!.state, second!.pool], ['given', 'public'])
})

test('ten thousand Services are a hundred rows, and less than a hundred kilobytes', () => {
  const report = reportIn({ speaker: speakerIn({ world: crowdedWorld(10_000) }) })
  const { services } = report.speaker!
  assert.deepEqual([services.total, services.rows.length], [10_000, 100])
  assert.ok(JSON.stringify(report).length < 100_000)
})

test('a password is in no part of it', () => {
  const secret = 'do-not-tell'
  const more = [
    basicAuth('login', secret),
    peer('tor-p', { peerAddress: '10.0.0.9', passwordSecret: { name: 'login' } }),
    peer('tor-q', { peerAddress: '10.0.0.8', password: secret }),
    service('web2', {}, { ips: ['198.51.100.99'] }),
    slice('web2', [{ nodeName: NODE, addresses: ['10.1.0.9'] }]),
  ]
  const world = worldOf(more)
  const text = JSON.stringify(
    reportIn({ speaker: speakerIn({ world }), controller: controllerIn(world) }),
  )
  assert.ok(text.includes('tor-p') && text.includes('tor-q'))
  assert.ok(!text.includes(secret))
})
