import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import test from 'node:test'
import { parse } from 'yaml'
import { bgpAd, node, peer, pool, service, slice, world } from '../../test/support/build.ts'
import { temporaryFolder } from '../../test/support/folder.ts'
import { startSpeaker } from '../../test/support/start-speaker.ts'
import { printPlan } from '../reconciler/print.ts'

const web = (ips: string[]) => service('web', { clusterIP: '10.96.0.1' }, { ips })
const given = (...services: ReturnType<typeof web>[]) =>
  world([
    ...[node('n1'), pool('p', ['192.0.2.0/24']), bgpAd('a'), peer('tor'), ...services],
    slice('web', [{ nodeName: 'n1', addresses: ['10.1.0.1'] }]),
  ])

test('a Service is announced, reported, and withdrawn; each is logged once', async () => {
  using files = temporaryFolder()
  const { role, texts, events } = startSpeaker(files.dir)
  const served = given(web(['192.0.2.1']))
  await role.pass(served)
  await role.pass(served)
  assert.match(texts[0]!, /network 192\.0\.2\.1\/32/)
  await role.pass(given(web([])))
  assert.doesNotMatch(texts.at(-1)!, /network 192/)
  await role.pass(given())
  assert.deepEqual(events(), [
    'serviceAnnounced default/web bgp',
    'serviceWithdrawn default/web bgp no address is allocated yet',
  ])
  await role.finish()
})

test('status objects say to whom; they go with the announcement', async () => {
  using files = temporaryFolder()
  const dir = files.path('.status/ServiceBGPStatus/m')
  const { role } = startSpeaker(files.dir)
  await role.pass(given(web(['192.0.2.1'])))
  await role.finish()
  const [file] = readdirSync(dir)
  const { status } = parse(readFileSync(`${dir}/${file}`, 'utf8'))
  assert.deepEqual(status.peers, ['tor'])
  assert.ok(existsSync(files.path('.status/ConfigurationState/m/speaker-n1.yaml')))
  const next = startSpeaker(files.dir)
  await next.role.pass(given())
  await next.role.finish()
  assert.deepEqual(readdirSync(dir), [])
})

test('without FRR the pass fails, and the plan and the reports are there', async () => {
  using files = temporaryFolder()
  const { role, frr } = startSpeaker(files.dir)
  frr.isAway = true
  await assert.rejects(role.pass(given(web(['192.0.2.1']))), /no FRR/)
  await role.finish()
  assert.match(printPlan(role.plan(), 0), /"announce":true/)
  assert.equal(readdirSync(files.path('.status/ServiceBGPStatus/m')).length, 1)
})

const ASSIGNED = 'nodeAssigned web: announcing from node "n1" with protocol "bgp"'

test('users are told when this node begins to announce, and never because of another pass', async () => {
  using files = temporaryFolder()
  const { role, told } = startSpeaker(files.dir)
  await role.pass(given(web([])))
  assert.deepEqual(told(), [])
  await role.pass(given(web(['192.0.2.1'])))
  assert.deepEqual(told(), [ASSIGNED])
  const served = web(['192.0.2.1'])
  const labelled = { ...served, metadata: { ...served.metadata, labels: { team: 'a' } } }
  await role.pass(given(labelled))
  assert.deepEqual(told(), [])
  const { metadata } = labelled
  await role.pass(given({ ...labelled, metadata: { ...metadata, uid: 'created anew' } }))
  assert.deepEqual(told(), [ASSIGNED])
  await role.finish()
})

test('a new process does not tell of what its FRR announced all the time', async () => {
  using files = temporaryFolder()
  const before = startSpeaker(files.dir)
  await before.role.pass(given(web(['192.0.2.1'])))
  await before.role.finish()
  const after = startSpeaker(files.dir, { text: before.texts.at(-1)! })
  await after.role.pass(given(web(['192.0.2.1'])))
  assert.deepEqual(after.told(), [])
  await after.role.pass(given(web([])))
  await after.role.pass(given(web(['192.0.2.1'])))
  assert.deepEqual(after.told(), [ASSIGNED])
  await after.role.finish()
})

test('an FRR that is away announces nothing, so nobody is told; later it is, once', async () => {
  using files = temporaryFolder()
  const { role, frr, told } = startSpeaker(files.dir)
  frr.isAway = true
  await assert.rejects(role.pass(given(web(['192.0.2.1']))), /no FRR/)
  assert.deepEqual(told(), [])
  frr.isAway = false
  await role.pass(given(web(['192.0.2.1'])))
  assert.deepEqual(told(), [ASSIGNED])
  frr.isAway = true
  await assert.rejects(role.pass(given(web(['192.0.2.1']))), /no FRR/)
  frr.isAway = false
  await role.pass(given(web(['192.0.2.1'])))
  assert.deepEqual(told(), [])
  await role.finish()
})
