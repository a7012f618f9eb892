// What the speaker says of its sessions, from FRR's view of them to log, events and statuses.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import test from 'node:test'
import { parse } from 'yaml'
import { bgpAd, build, node, peer, pool, service, slice, world } from '../../test/support/build.ts'
import { eventually } from '../../test/support/eventually.ts'
import { temporaryFolder } from '../../test/support/folder.ts'
import { FakeObserver, startSpeaker } from '../../test/support/start-speaker.ts'
import type { Told } from '../kube/event-book.ts'
import type { Session, SessionCounters } from '../reconciler/sessions.ts'

const AT = '10.0.0.1'
const place = { vrf: 'default', peer: AT }
const up: Session = {
  ...{ ...place, state: 'Established', isUp: true, upAt: 1_767_225_600_000 },
  ...{ established: 1, dropped: 0, sent: { 4: 1, 6: 0 } },
}
const down: Session = { ...up, state: 'Idle', isUp: false, dropped: 1, sent: { 4: 0, 6: 0 } }
const web = [
  service('web', {}, { ips: ['192.0.2.1'] }),
  slice('web', [{ nodeName: 'n1', addresses: ['10.1.0.1'] }]),
]
const tor = (spec = {}) => peer('tor', spec, { uid: 'tor-uid' })
const BASE = [node('n1'), pool('p', ['192.0.2.0/24']), bgpAd('a'), ...web]
const given = (...more: Parameters<typeof world>[0]) => world([...BASE, ...more])

/** A speaker whose session is up since before it began. */
async function standing(dir: string, { peer: other = tor(), dirty = () => {} } = {}) {
  const observer = new FakeObserver()
  const speaker = startSpeaker(dir, { observer })
  speaker.role.onChange(dirty)
  await speaker.role.pass(given(other))
  observer.see({ sessions: [up] })
  await speaker.role.pass(given(other))
  return { ...speaker, observer }
}

const bgpStatuses = (files: { path(name: string): string }): string[] => {
  const dir = files.path('.status/ServiceBGPStatus/m')
  if (!existsSync(dir)) return []
  const whole = readdirSync(dir).filter((name) => !name.startsWith('.'))
  return whole.map((name) => parse(readFileSync(`${dir}/${name}`, 'utf8')).status.peers.join())
}

test('what stood before is in the log, and no event; what happens is both', async () => {
  using files = temporaryFolder()
  const { role, observer, news, told } = await standing(files.dir)
  told()
  observer.counted = {
    sessions: [{ ...place, lastReset: 'Hold Timer Expired' } as SessionCounters],
    bfd: [],
  }
  observer.see({ sessions: [down] })
  await role.pass(given(tor()))
  observer.see({ sessions: [{ ...up, established: 2, dropped: 1 }] })
  await role.pass(given(tor()))
  await role.pass(given(tor()))
  await role.finish()
  assert.deepEqual(news(), [
    'peerAdded tor 10.0.0.1:179',
    'sessionUp tor 10.0.0.1:179',
    'sessionDown tor 10.0.0.1:179 Hold Timer Expired',
    'sessionUp tor 10.0.0.1:179',
  ])
  assert.deepEqual(told(), [
    'sessionDown tor: BGP session of node "n1" with 10.0.0.1:179 went down: Hold Timer Expired',
    'sessionUp tor: BGP session of node "n1" with 10.0.0.1:179 is up',
  ])
})

test('an event names the very BGPPeer, so that kubectl describe shows it', async () => {
  using files = temporaryFolder()
  const { role, observer, involved } = await standing(files.dir)
  observer.see({ sessions: [down] })
  await role.pass(given(tor()))
  await role.finish()
  const expected: Told['involved'] = {
    ...{ apiVersion: 'metallb.io/v1beta2', kind: 'BGPPeer' },
    ...{ namespace: 'm', name: 'tor', uid: 'tor-uid' },
  }
  assert.deepEqual(involved().at(-1), expected)
})

test('a bgpd that does not answer is why a session is down', async () => {
  using files = temporaryFolder()
  const { role, observer, news } = await standing(files.dir)
  observer.see({ sessions: [], silent: new Map([['bgpd', 'cannot reach FRR']]) })
  await role.pass(given(tor()))
  assert.deepEqual([...role.silent()], [['bgpd', 'cannot reach FRR']])
  assert.equal(role.sessions()[0]!.isUp, false)
  await role.finish()
  assert.equal(news().at(-1), 'sessionDown tor 10.0.0.1:179 cannot reach FRR')
})

test('an FRR that hangs keeps a pass waiting, and nobody who wants to know why', async () => {
  using files = temporaryFolder()
  const { role, observer, frr, news, told } = await standing(files.dir)
  const hanging = Promise.withResolvers<void>()
  frr.stuck = hanging.promise
  const pass = role.pass(given(tor()))
  observer.see({ sessions: [], silent: new Map([['bgpd', 'does the daemon hang?']]) })
  await eventually(() => {
    assert.equal(news().at(-1), 'sessionDown tor 10.0.0.1:179 does the daemon hang?')
    assert.match(told().at(-1) ?? '', /^sessionDown tor/)
  })
  hanging.resolve()
  await pass
  await role.finish()
})

test('a peer that is not for this node any more, and one that is gone', async () => {
  using files = temporaryFolder()
  const { role, news } = await standing(files.dir)
  const elsewhere = { nodeSelectors: [{ matchLabels: { rack: '2' } }] }
  await role.pass(given(tor(elsewhere)))
  await role.pass(given(tor()))
  await role.pass(given())
  await role.finish()
  assert.deepEqual(news().slice(2), [
    'peerRemoved tor 10.0.0.1:179 filteredByNodeSelector',
    'peerAdded tor 10.0.0.1:179',
    'sessionUp tor 10.0.0.1:179',
    'peerRemoved tor 10.0.0.1:179 removedFromConfig',
  ])
})

test('BFD that loses the neighbour is told', async () => {
  using files = temporaryFolder()
  const fast = build('BFDProfile', 'fast', { spec: {} })
  const observer = new FakeObserver()
  const { role, news } = startSpeaker(files.dir, { observer })
  const watched = given(fast, tor({ bfdProfile: 'fast' }))
  const bfd = { ...place, multihop: false, status: 'up' }
  const timers = { receiveInterval: 300, transmitInterval: 300, detectMultiplier: 3 }
  await role.pass(watched)
  observer.see({ sessions: [up], bfd: [{ ...bfd, ...timers }] })
  await role.pass(watched)
  observer.see({ bfd: [{ ...bfd, ...timers, status: 'down' }] })
  await role.pass(watched)
  await role.finish()
  assert.equal(news().at(-1), 'bfdDown tor 10.0.0.1:179')
})

test('a status waits for the first look, and names whom FRR sent the Service', async () => {
  using files = temporaryFolder()
  const observer = new FakeObserver()
  const { role } = startSpeaker(files.dir, { observer })
  await role.pass(given(tor()))
  observer.see({ sessions: [up] })
  assert.deepEqual(bgpStatuses(files), [])
  await role.pass(given(tor()))
  await eventually(() => assert.deepEqual(bgpStatuses(files), ['tor']))
  await role.finish()
})

test('what FRR goes on sending instead is asked, and the answer is a reason for a pass', async () => {
  using files = temporaryFolder()
  let isDirty = false
  const { role, observer } = await standing(files.dir, {
    dirty: () => {
      isDirty = true
    },
  })
  await eventually(() => assert.deepEqual(bgpStatuses(files), ['tor']))
  observer.sent.set('tor', new Set(['192.0.2.98/32', '192.0.2.99/32']))
  observer.see({ sessions: [{ ...up, sent: { 4: 2, 6: 0 } }] })
  await eventually(async () => {
    const isDue = isDirty
    isDirty = false
    if (isDue) await role.pass(given(tor()))
    assert.deepEqual(bgpStatuses(files), [])
  })
  await role.finish()
})

test('each session has a BGPSessionState, which goes with it', async () => {
  using files = temporaryFolder()
  const { role } = await standing(files.dir)
  const dir = files.path('.status/BGPSessionState/m')
  const states = () => readdirSync(dir).filter((name) => !name.startsWith('.'))
  await eventually(async () => {
    const [file = ''] = states()
    const { status } = parse(readFileSync(`${dir}/${file}`, 'utf8'))
    assert.deepEqual([status.peer, status.bgpStatus, status.bfdStatus], [AT, 'Established', 'N/A'])
  })
  await role.pass(given())
  await role.finish()
  assert.deepEqual(states(), [])
})
