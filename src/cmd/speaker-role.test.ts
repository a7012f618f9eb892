import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import test from 'node:test'
import { parse } from 'yaml'
import { bgpAd, node, peer, pool, service, slice, world } from '../../test/support/build.ts'
import { temporaryFolder } from '../../test/support/folder.ts'
import type { ApplyResult } from '../frr/apply.ts'
import { parseTree } from '../frr/tree.ts'
import type { Told } from '../kube/event-book.ts'
import { openFolder } from '../kube/folder.ts'
import { openLog } from '../log.ts'
import { Metrics } from '../metrics/record.ts'
import { printPlan } from '../reconciler/print.ts'
import { SpeakerRole } from './speaker-role.ts'

function start(dir: string, text = '') {
  const told: Told[] = []
  const lines: Record<string, unknown>[] = []
  const log = openLog('info', { write: (line) => lines.push(JSON.parse(line)) })
  const source = openFolder({ dir, namespace: 'm', onError: assert.fail, watch: false })
  const texts: string[] = []
  const frr = {
    isAway: false,
    async apply(text: string): Promise<ApplyResult> {
      if (this.isAway) throw new Error('no FRR')
      texts.push(text)
      return { kind: 'applied', commands: 1, resets: [], ms: 1 }
    },
    running: async () => parseTree(texts.at(-1) ?? text),
    on: () => {},
  }
  const options = { node: 'n1', namespace: 'm', ignoreExcludeLb: false, logLevel: 'info' }
  const metrics = new Metrics({ speaker: true })
  const role = new SpeakerRole(options, {
    ...{ source, frr, log, metrics },
    record: (one) => told.push(one),
  })
  const assigned = () =>
    told.splice(0).map(({ involved, reason, message }) => `${reason} ${involved.name}: ${message}`)
  const events = () =>
    lines.flatMap(({ event, service: of, reason }) =>
      event === 'config reloaded' ? [] : [[event, of, reason].filter(Boolean).join(' ')],
    )
  return { role, frr, texts, events, assigned }
}

const web = (ips: string[]) => service('web', { clusterIP: '10.96.0.1' }, { ips })
const given = (...services: ReturnType<typeof web>[]) =>
  world([
    ...[node('n1'), pool('p', ['192.0.2.0/24']), bgpAd('a'), peer('tor'), ...services],
    slice('web', [{ nodeName: 'n1', addresses: ['10.1.0.1'] }]),
  ])

test('a Service is announced, reported, and withdrawn; each is logged once', async () => {
  using files = temporaryFolder()
  const { role, texts, events } = start(files.dir)
  const served = given(web(['192.0.2.1']))
  await role.pass(served)
  await role.pass(served)
  assert.match(texts[0]!, /network 192\.0\.2\.1\/32/)
  await role.pass(given(web([])))
  assert.doesNotMatch(texts.at(-1)!, /network 192/)
  await role.pass(given())
  assert.deepEqual(events(), [
    'serviceAnnounced default/web',
    'serviceWithdrawn default/web no address is allocated yet',
  ])
  await role.finish()
})

test('status objects say to whom; they go with the announcement', async () => {
  using files = temporaryFolder()
  const dir = files.path('.status/ServiceBGPStatus/m')
  const { role } = start(files.dir)
  await role.pass(given(web(['192.0.2.1'])))
  await role.finish()
  const [file] = readdirSync(dir)
  const { status } = parse(readFileSync(`${dir}/${file}`, 'utf8'))
  assert.deepEqual(status.peers, ['tor'])
  assert.ok(existsSync(files.path('.status/ConfigurationState/m/speaker-n1.yaml')))
  const next = start(files.dir)
  await next.role.pass(given())
  await next.role.finish()
  assert.deepEqual(readdirSync(dir), [])
})

test('without FRR the pass fails, and the plan and the reports are there', async () => {
  using files = temporaryFolder()
  const { role, frr } = start(files.dir)
  frr.isAway = true
  await assert.rejects(role.pass(given(web(['192.0.2.1']))), /no FRR/)
  await role.finish()
  assert.match(printPlan(role.plan(), 0), /"announce":true/)
  assert.equal(readdirSync(files.path('.status/ServiceBGPStatus/m')).length, 1)
})

const ASSIGNED = 'nodeAssigned web: announcing from node "n1" with protocol "bgp"'

test('users are told when this node begins to announce, and never because of another pass', async () => {
  using files = temporaryFolder()
  const { role, assigned } = start(files.dir)
  await role.pass(given(web([])))
  assert.deepEqual(assigned(), [])
  await role.pass(given(web(['192.0.2.1'])))
  assert.deepEqual(assigned(), [ASSIGNED])
  const served = web(['192.0.2.1'])
  const labelled = { ...served, metadata: { ...served.metadata, labels: { team: 'a' } } }
  await role.pass(given(labelled))
  assert.deepEqual(assigned(), [])
  const { metadata } = labelled
  await role.pass(given({ ...labelled, metadata: { ...metadata, uid: 'created anew' } }))
  assert.deepEqual(assigned(), [ASSIGNED])
  await role.finish()
})

test('a new process does not tell of what its FRR announced all the time', async () => {
  using files = temporaryFolder()
  const before = start(files.dir)
  await before.role.pass(given(web(['192.0.2.1'])))
  await before.role.finish()
  const after = start(files.dir, before.texts.at(-1))
  await after.role.pass(given(web(['192.0.2.1'])))
  assert.deepEqual(after.assigned(), [])
  await after.role.pass(given(web([])))
  await after.role.pass(given(web(['192.0.2.1'])))
  assert.deepEqual(after.assigned(), [ASSIGNED])
  await after.role.finish()
})

test('an FRR that is away announces nothing, so nobody is told; later it is, once', async () => {
  using files = temporaryFolder()
  const { role, frr, assigned } = start(files.dir)
  frr.isAway = true
  await assert.rejects(role.pass(given(web(['192.0.2.1']))), /no FRR/)
  assert.deepEqual(assigned(), [])
  frr.isAway = false
  await role.pass(given(web(['192.0.2.1'])))
  assert.deepEqual(assigned(), [ASSIGNED])
  frr.isAway = true
  await assert.rejects(role.pass(given(web(['192.0.2.1']))), /no FRR/)
  frr.isAway = false
  await role.pass(given(web(['192.0.2.1'])))
  assert.deepEqual(assigned(), [])
  await role.finish()
})
