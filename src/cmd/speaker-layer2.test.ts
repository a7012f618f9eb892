// What the speaker does about layer 2, beside FRR.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import test from 'node:test'
import { parse } from 'yaml'
import {
  bgpAd,
  type Given,
  l2Ad,
  node,
  peer,
  pool,
  service,
  slice,
  world,
} from '../../test/support/build.ts'
import { eventually } from '../../test/support/eventually.ts'
import { temporaryFolder } from '../../test/support/folder.ts'
import { FakeMembers, FakeOwnership, startSpeaker } from '../../test/support/start-speaker.ts'

// Of n1 and n2, n2 is elected for .1 and n1, whose speaker this is, for .2.
const BASE = [pool('p', ['192.0.2.0/24']), node('n1'), node('n2')]
const ALL = l2Ad('all')
const web = (name: string, ...ips: string[]): Given[] => [
  service(name, {}, { ips }),
  slice(name, [{ nodeName: 'n1', addresses: ['10.1.0.1'] }]),
]
const THEIRS = web('theirs', '192.0.2.1')
const OURS = web('ours', '192.0.2.2')
/** A file that is being written is hidden until it is whole. */
const textsIn = (dir: string): string[] =>
  readdirSync(dir)
    .filter((file) => !file.startsWith('.'))
    .map((file) => readFileSync(`${dir}/${file}`, 'utf8'))
const given = (...more: Given[]) => world([...BASE, ...more])

test('this node answers for what it is elected for, and says so once', async () => {
  using files = temporaryFolder()
  const { role, l2, told, events } = startSpeaker(files.dir)
  await role.pass(given(ALL, ...THEIRS, ...OURS))
  assert.deepEqual(l2.answered, ['192.0.2.2'])
  await role.pass(given(ALL, ...THEIRS, ...OURS))
  assert.deepEqual(told(), ['nodeAssigned ours: announcing from node "n1" with protocol "layer2"'])
  await role.pass(given(ALL, ...THEIRS))
  assert.deepEqual(l2.answered, [])
  assert.deepEqual(events(), [
    'serviceAnnounced default/ours layer2',
    'serviceWithdrawn default/ours layer2 serviceDeleted',
  ])
  await role.finish()
})

test('without an L2Advertisement nothing is started and no status is looked at', async () => {
  using files = temporaryFolder()
  const { role, l2 } = startSpeaker(files.dir)
  await role.pass(given(bgpAd('a'), peer('tor'), ...OURS))
  await role.finish()
  assert.ok(!l2.isStarted)
  assert.ok(!existsSync(files.path('.status/ServiceL2Status')))
  assert.ok(!('l2' in role.plan()!))
})

test('with the last L2Advertisement goes all that was answered, and every status', async () => {
  using files = temporaryFolder()
  const dir = files.path('.status/ServiceL2Status/m')
  const { role, l2, events } = startSpeaker(files.dir)
  await role.pass(given(l2Ad('a', { interfaces: ['eth1', 'eth0'] }), ...OURS))
  assert.deepEqual(l2.answered, ['192.0.2.2 on eth0 eth1'])
  const { metadata, status } = await eventually(() => {
    const [text, ...others] = textsIn(dir)
    assert.deepEqual(others, [])
    return parse(text!)
  })
  assert.match(metadata.name, /^l2-[0-9a-f]{12}$/)
  assert.deepEqual(status, {
    ...{ node: 'n1', serviceName: 'ours', serviceNamespace: 'default' },
    interfaces: [{ name: 'eth0' }, { name: 'eth1' }],
  })
  await role.pass(given(...OURS))
  await role.finish()
  assert.deepEqual(l2.answered, [])
  assert.deepEqual(readdirSync(dir), [])
  assert.match(events().at(-1)!, /^serviceWithdrawn default\/ours layer2/)
})

test('the living take over from the dead, and give back', async () => {
  using files = temporaryFolder()
  const members = new FakeMembers('n1', 'n2')
  const { role, l2, events } = startSpeaker(files.dir, { members })
  const all = given(ALL, ...THEIRS, ...OURS)
  await role.pass(all)
  assert.deepEqual(l2.answered, ['192.0.2.2'])
  members.become('n1')
  await role.pass(all)
  assert.deepEqual(l2.answered, ['192.0.2.1', '192.0.2.2'])
  members.become('n1', 'n2')
  await role.pass(all)
  assert.deepEqual(l2.answered, ['192.0.2.2'])
  assert.equal(
    events().at(-1),
    'serviceWithdrawn default/theirs layer2 another node is elected to answer for it',
  )
  await role.finish()
})

for (const [what, alive, more, isRingWhole] of [
  ['no gossip', undefined, [], true],
  ['all nodes live', ['n1', 'n2'], [], true],
  ['one does not', ['n1'], [], false],
  ['one has just been added', ['n1', 'n2'], [node('n3')], false],
] as const) {
  test(`layer 2 knows whether a node may come back: ${what}`, async () => {
    using files = temporaryFolder()
    const { role, l2 } = startSpeaker(
      files.dir,
      alive ? { members: new FakeMembers(...alive) } : {},
    )
    await role.pass(given(ALL, ...OURS, ...more))
    assert.deepEqual(l2.others, { isRingWhole })
    await role.finish()
  })
}

test('on hosts without Node objects nobody can say whether all members are there', async () => {
  using files = temporaryFolder()
  const { role, l2 } = startSpeaker(files.dir, { members: new FakeMembers('n1', 'n2') })
  await role.pass(world([pool('p', ['192.0.2.0/24']), ALL, ...OURS]))
  assert.deepEqual(l2.others, { isRingWhole: false })
  await role.finish()
})

const sticky = (holding: Readonly<Record<string, string>>) => ({
  mode: 'sticky' as const,
  holders: new Map(
    Object.entries(holding).map(([name, of]) => [`default/${name}`, new Map([[of, 0]])]),
  ),
})

test('who comes back leaves to the others what they answer for, and is told why', async () => {
  using files = temporaryFolder()
  const members = new FakeMembers('n2')
  const ownership = new FakeOwnership()
  const { role, l2, events } = startSpeaker(files.dir, { members, ownership })
  const all = given(ALL, ...THEIRS, ...OURS)
  const held = sticky({ ours: 'n2', theirs: 'n2' })
  ownership.become(held)
  members.become('n1', 'n2')
  await role.pass(all)
  assert.deepEqual(l2.answered, [])
  const [ours] = role.plan()!.services
  assert.deepEqual(ours!.l2, {
    ...{ announce: false, because: 'otherHolder', pool: 'p', owner: 'n2' },
  })
  members.become('n1')
  await role.pass(all)
  assert.deepEqual(l2.answered, ['192.0.2.1', '192.0.2.2'])
  members.become('n1', 'n2')
  ownership.become(sticky({ ours: 'n1', theirs: 'n1' }))
  await role.pass(all)
  assert.deepEqual(l2.answered, ['192.0.2.1', '192.0.2.2'])
  assert.deepEqual(events(), [
    'serviceAnnounced default/ours layer2',
    'serviceAnnounced default/theirs layer2',
  ])
  ownership.become('hash')
  await role.pass(all)
  assert.deepEqual(l2.answered, ['192.0.2.2'])
  await role.finish()
})

test('nothing is answered before it is known what others answer for', async () => {
  using files = temporaryFolder()
  const members = new FakeMembers('n1', 'n2')
  const ownership = new FakeOwnership()
  const { role, l2 } = startSpeaker(files.dir, { members, ownership })
  ownership.become('unknown')
  await role.pass(given(ALL, ...OURS))
  assert.deepEqual(l2.answered, [])
  ownership.become(sticky({}))
  await role.pass(given(ALL, ...OURS))
  assert.deepEqual(l2.answered, ['192.0.2.2'])
  await role.finish()
})

test('what another node has by now is given up at once, though FRR keeps the pass waiting', async () => {
  using files = temporaryFolder()
  const members = new FakeMembers('n1', 'n2')
  const ownership = new FakeOwnership()
  const { role, l2, frr } = startSpeaker(files.dir, { members, ownership })
  let passes = 0
  role.onChange(() => passes++)
  const release = Promise.withResolvers<void>()
  frr.stuck = release.promise
  const pass = role.pass(given(ALL, bgpAd('a'), peer('tor'), ...OURS))
  await eventually(() => assert.deepEqual(l2.answered, ['192.0.2.2']))
  ownership.become(sticky({ ours: 'n2' }))
  await eventually(() => assert.deepEqual(l2.answered, []))
  assert.equal(passes, 1)
  release.resolve()
  await pass
  await role.finish()
})

test('a cable that is back makes the gossip look for the others at once', () => {
  using files = temporaryFolder()
  const members = new FakeMembers('n1')
  const { role, l2 } = startSpeaker(files.dir, { members })
  role.onChange(() => {})
  l2.emit('back')
  assert.equal(members.hurries, 1)
})

test('a node that the others took for dead announces what it answers for anew', async () => {
  using files = temporaryFolder()
  const members = new FakeMembers('n1', 'n2')
  const { role, l2 } = startSpeaker(files.dir, { members })
  role.onChange(() => {})
  await role.pass(given(ALL, ...THEIRS, ...OURS))
  members.become('n1')
  members.become('n1', 'n2')
  assert.deepEqual(l2.anew, [], 'others that come and go are no reason')
  members.emit('revived')
  assert.deepEqual(l2.anew, ['192.0.2.2'])
  await role.finish()
})

test('the statuses of a dead node go when its Services are taken over; those of a living one stay', async () => {
  using files = temporaryFolder()
  const dir = files.path('.status/ServiceL2Status/m')
  const members = new FakeMembers('n1', 'n2')
  const alive = startSpeaker(files.dir, { node: 'n2', members: new FakeMembers('n1', 'n2') })
  const nodes = () => {
    const texts = textsIn(dir)
    return texts.map((text) => [parse(text).status.node, parse(text).status.serviceName].join(' '))
  }
  const all = given(ALL, ...THEIRS, ...OURS)
  await alive.role.pass(all)
  await alive.role.finish()
  const { role } = startSpeaker(files.dir, { members })
  await role.pass(all)
  await eventually(() => assert.deepEqual(nodes().sort(), ['n1 ours', 'n2 theirs']))
  members.become('n1')
  await role.pass(all)
  await role.finish()
  assert.deepEqual(nodes().sort(), ['n1 ours', 'n1 theirs'])
})

test('an FRR that is away does not silence layer 2', async () => {
  using files = temporaryFolder()
  const { role, l2, frr, told } = startSpeaker(files.dir)
  frr.isAway = true
  await assert.rejects(role.pass(given(ALL, bgpAd('a'), peer('tor'), ...OURS)), /^Error: no FRR$/)
  assert.deepEqual(l2.answered, ['192.0.2.2'])
  assert.deepEqual(told(), ['nodeAssigned ours: announcing from node "n1" with protocol "layer2"'])
  await role.finish()
})

test('a layer 2 that cannot be started does not silence BGP, and is tried again', async () => {
  using files = temporaryFolder()
  const { role, l2, texts, told } = startSpeaker(files.dir)
  const both = given(ALL, bgpAd('a'), peer('tor'), ...OURS)
  l2.isAway = true
  await assert.rejects(role.pass(both), /no packet sockets/)
  assert.match(texts[0]!, /network 192\.0\.2\.2\/32/)
  assert.deepEqual(told(), ['nodeAssigned ours: announcing from node "n1" with protocol "bgp"'])
  l2.isAway = false
  await role.pass(both)
  assert.deepEqual(l2.answered, ['192.0.2.2'])
  assert.deepEqual(told(), ['nodeAssigned ours: announcing from node "n1" with protocol "layer2"'])
  await role.finish()
})

test('what a dead node had is answered at once, though FRR keeps the pass waiting', async () => {
  using files = temporaryFolder()
  const members = new FakeMembers('n1', 'n2')
  const { role, l2, frr } = startSpeaker(files.dir, { members })
  let passes = 0
  role.onChange(() => passes++)
  const release = Promise.withResolvers<void>()
  frr.stuck = release.promise
  const pass = role.pass(given(ALL, bgpAd('a'), peer('tor'), ...THEIRS))
  await eventually(() => assert.ok(l2.isStarted))
  assert.deepEqual(l2.answered, [])
  members.become('n1')
  await eventually(() => assert.deepEqual(l2.answered, ['192.0.2.1']))
  assert.equal(passes, 1)
  release.resolve()
  await pass
  assert.deepEqual(l2.answered, ['192.0.2.1'])
  await role.finish()
})

test('an address whose interfaces are not here is not answered; its users are told once', async () => {
  using files = temporaryFolder()
  const { role, l2, told, events } = startSpeaker(files.dir)
  const bound = given(l2Ad('a', { interfaces: ['eth1'] }), ...OURS)
  await role.pass(bound)
  await role.pass(bound)
  assert.deepEqual(l2.answered, [])
  assert.deepEqual(told(), [
    'announceFailed ours: the interfaces specified by LB IP "192.0.2.2" doesn\'t exist in assigned node "n1" with protocol "layer2"',
  ])
  l2.names = ['eth0', 'eth1']
  await role.pass(bound)
  assert.deepEqual(l2.answered, ['192.0.2.2 on eth1'])
  assert.deepEqual(told(), ['nodeAssigned ours: announcing from node "n1" with protocol "layer2"'])
  l2.names = ['eth0']
  await role.pass(bound)
  assert.deepEqual(l2.answered, [])
  assert.deepEqual(events(), [
    'announceFailed default/ours layer2',
    'serviceAnnounced default/ours layer2',
    'serviceWithdrawn default/ours layer2 this node has none of the interfaces that the advertisement names',
    'announceFailed default/ours layer2',
  ])
  await role.finish()
})

test('links that come and go, and conflicts, ask for a pass', async () => {
  using files = temporaryFolder()
  const { role, l2 } = startSpeaker(files.dir)
  let passes = 0
  role.onChange(() => passes++)
  l2.emit('change')
  l2.emit('conflict')
  assert.equal(passes, 2)
  await role.finish()
})

const conflict = (address: string) => ({
  ...{ address, interface: 'eth0', mac: '02:00:00:00:00:09', at: 1 },
})

test('users hear once of another machine that answers for their address', async () => {
  using files = temporaryFolder()
  const { role, l2, told } = startSpeaker(files.dir)
  const all = given(ALL, ...THEIRS, ...OURS)
  await role.pass(all)
  told()
  // The other one is no conflict any more: the node that was elected answers for it.
  l2.standing = [conflict('192.0.2.2'), conflict('192.0.2.1')]
  await role.pass(all)
  const sentence =
    'addressConflict ours: another machine (02:00:00:00:00:09) answers for "192.0.2.2" on interface "eth0" of node "n1" with protocol "layer2"'
  assert.deepEqual(told(), [sentence])
  l2.standing = [{ ...conflict('192.0.2.2'), at: 2 }]
  await role.pass(all)
  assert.deepEqual(told(), [])
  l2.standing = []
  await role.pass(all)
  l2.standing = [conflict('192.0.2.2')]
  await role.pass(all)
  assert.deepEqual(told(), [sentence])
  await role.finish()
})

test('what layer 2 counts is seen by who asks for the metrics', async () => {
  using files = temporaryFolder()
  const { role, l2, metrics } = startSpeaker(files.dir)
  await role.pass(given(ALL, bgpAd('a'), ...OURS))
  const of = { address: '192.0.2.2', requests: 7, responses: 6, gratuitous: 10, conflicts: 1 }
  l2.counted = [of]
  for (let asked = 0; asked < 2; asked++) {
    const lines = (await metrics.text()).split('\n')
    for (const line of [
      'metallb_layer2_requests_received{ip="192.0.2.2"} 7',
      'metallb_layer2_responses_sent{ip="192.0.2.2"} 6',
      'metallb_layer2_gratuitous_sent{ip="192.0.2.2"} 10',
      'ferrule_layer2_conflicts_total{ip="192.0.2.2"} 1',
      'metallb_speaker_announced{service="default/ours",protocol="bgp",node="n1",ip="192.0.2.2"} 1',
      'metallb_speaker_announced{service="default/ours",protocol="layer2",node="n1",ip="192.0.2.2"} 1',
    ]) {
      assert.ok(lines.includes(line), `${line} in\n${lines.join('\n')}`)
    }
  }
  await role.finish()
})
