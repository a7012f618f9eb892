import assert from 'node:assert/strict'
import test from 'node:test'
import { bgpAd, extras, node, peer, pool, service, slice, world } from '../../test/support/build.ts'
import type { Config } from '../config/config.ts'
import type { ApplyResult } from '../frr/apply.ts'
import { parseTree } from '../frr/tree.ts'
import { openLog } from '../log.ts'
import { Metrics } from '../metrics/record.ts'
import { planSpeaker } from '../reconciler/speaker.ts'
import type { World } from '../reconciler/world.ts'
import { type FrrEdge, FrrRole } from './frr-role.ts'

/** An FRR that runs any text but one with a line it does not like. */
class PickyFrr implements FrrEdge {
  text = ''
  dislikes: RegExp = /^\b$/
  isAway = false
  applied = 0
  readonly #listeners: (() => void)[] = []

  async apply(text: string): Promise<ApplyResult> {
    this.#reach()
    this.applied++
    const line = text.split('\n').find((one) => this.dislikes.test(one))
    if (line) {
      const context = ['router bgp 64500']
      const reply = { text: '% no', restored: true, daemon: 'bgpd' as const }
      return { kind: 'refused', context, line: line.trim(), ...reply }
    }
    if (text === this.text) return { kind: 'unchanged' }
    this.text = text
    return { kind: 'applied', commands: 1, resets: [], ms: 1 }
  }

  async running() {
    this.#reach()
    return parseTree(this.text)
  }

  on(_event: 'change', listener: () => void): void {
    this.#listeners.push(listener)
  }

  restart(): void {
    for (const listener of this.#listeners) listener()
  }

  #reach(): void {
    if (this.isAway) throw new Error('cannot reach FRR at /x/bgpd.vty')
  }
}

const SPEAKER = { node: 'n1', hostname: 'n1', ignoreExcludeLb: false, logLevel: 'info' }

function start() {
  const lines: string[] = []
  const log = openLog('info', { write: (line) => lines.push(line) })
  const frr = new PickyFrr()
  const metrics = new Metrics({ speaker: true })
  const role = new FrrRole({ frr, log, metrics })
  const apply = (given: World) =>
    role.apply(given.config, (config: Config, without) =>
      planSpeaker({ ...given, ...SPEAKER, config }, without),
    )
  return { frr, role, apply, lines, metrics }
}

const objects = (...peers: ReturnType<typeof peer>[]) => [
  ...[node('n1'), pool('p', ['192.0.2.0/24']), bgpAd('a'), ...peers],
  service('web', { clusterIP: '10.96.0.1' }, { ips: ['192.0.2.1'] }),
  slice('web', [{ nodeName: 'n1', addresses: ['10.1.0.1'] }]),
]
const good = peer('good', { peerAddress: '10.0.0.1' })
const bad = peer('bad', { peerAddress: '10.0.0.2', holdTime: '33s' })
const NEIGHBOR_LINE = /neighbor 10\.0\.0\.2 timers/

test('a new peer that FRR refuses is left out, the others are served, and it is said once', async () => {
  const { frr, role, apply, lines } = start()
  frr.dislikes = NEIGHBOR_LINE
  const given = world(objects(good, bad))
  const plan = await apply(given)
  assert.match(frr.text, /neighbor 10\.0\.0\.1 remote-as/)
  assert.doesNotMatch(frr.text, /10\.0\.0\.2/)
  assert.equal(plan.peers.find(({ name }) => name === 'bad')?.because, 'refusedByFrr')
  assert.match(role.problems('ns')[0]!.message, NEIGHBOR_LINE)
  const tries = frr.applied
  await apply(given)
  assert.equal(frr.applied, tries + 1, 'the refused line is not sent again')
  assert.equal(lines.filter((line) => line.includes('FRR refused')).length, 1)
})

test('an edit that FRR refuses leaves the peer as it was', async () => {
  const { frr, role, apply } = start()
  const before = peer('bad', { peerAddress: '10.0.0.2', holdTime: '90s' })
  await apply(world(objects(good, before)))
  frr.dislikes = /neighbor 10\.0\.0\.2 timers \d+ 33/
  await apply(world(objects(good, bad)))
  assert.match(frr.text, /neighbor 10\.0\.0\.2 timers \d+ 90/)
  assert.equal(role.problems('ns').length, 1)
})

test('a peer that is written anew, or a new FRR, gets another try', async () => {
  const { frr, role, apply } = start()
  frr.dislikes = /neighbor 10\.0\.0\.2 timers \d+ 33/
  const given = world(objects(good, bad))
  await apply(given)
  await apply(world(objects(good, peer('bad', { peerAddress: '10.0.0.2', holdTime: '90s' }))))
  assert.match(frr.text, /neighbor 10\.0\.0\.2 timers/)
  assert.deepEqual(role.problems('ns'), [])
  await apply(given)
  frr.dislikes = /^\b$/
  frr.restart()
  await apply(given)
  assert.match(frr.text, /neighbor 10\.0\.0\.2 timers \d+ 33/)
  assert.deepEqual(role.problems('ns'), [])
})

test('a peer whose old version is refused, too, is left out', async () => {
  const { frr, apply } = start()
  const given = world(objects(good, bad))
  await apply(given)
  frr.dislikes = /neighbor 10\.0\.0\.2 /
  frr.restart()
  await apply(given)
  assert.doesNotMatch(frr.text, /10\.0\.0\.2/)
  assert.match(frr.text, /neighbor 10\.0\.0\.1 remote-as/)
})

test('extra text that FRR refuses is left as it was, and everything else goes on', async () => {
  const { frr, role, apply } = start()
  await apply(world([...objects(good), extras('route-map x permit 5')]))
  frr.dislikes = /no +such line/
  await apply(world([...objects(good, bad), extras('  no   such line')]))
  assert.match(frr.text, /route-map x permit 5/)
  assert.match(frr.text, /neighbor 10\.0\.0\.2 timers/)
  assert.deepEqual(
    role.problems('ns').map(({ kind, name, path, code }) => [kind, name, path, code].join(' ')),
    ['ConfigMap bgpextras data.extras refused-by-frr'],
  )
  await apply(world([...objects(good, bad), extras('route-map y permit 5')]))
  assert.match(frr.text, /route-map y permit 5/)
  assert.deepEqual(role.problems('ns'), [])
})

test('extra text about a neighbour is to blame for its own lines, not the peer', async () => {
  const { frr, role, apply } = start()
  frr.dislikes = /neighbor 10\.0\.0\.1 nonsense/
  const text = 'router bgp 64500\n neighbor 10.0.0.1 nonsense'
  await apply(world([...objects(good), extras(text)]))
  assert.match(frr.text, /neighbor 10\.0\.0\.1 remote-as/)
  assert.deepEqual(
    role.problems('ns').map(({ kind }) => kind),
    ['ConfigMap'],
  )
})

test('a line that is nobody’s leaves FRR as it is, until something else is wanted', async () => {
  const { frr, role, apply } = start()
  await apply(world(objects(good)))
  const { text, applied } = frr
  frr.dislikes = /network 192\.0\.2\.1/
  const given = world(objects(good, bad))
  await apply(given)
  await apply(given)
  assert.equal(frr.text, text)
  assert.equal(frr.applied, applied + 1)
  assert.equal(role.problems('ns').length, 1)
  frr.dislikes = /^\b$/
  frr.restart()
  await apply(given)
  assert.deepEqual(role.problems('ns'), [])
})

test('classes keep the numbers that FRR runs, also after our restart', async () => {
  const first = start()
  await first.apply(world(objects(good)))
  const renumbered = first.frr.text.replaceAll('svc-1', 'svc-7').replaceAll('tag 1', 'tag 7')
  const second = start()
  second.frr.text = renumbered
  await second.apply(world(objects(good)))
  assert.match(second.frr.text, /network 192\.0\.2\.1\/32 route-map svc-7/)
})

test('a host without FRR lacks nothing as long as nothing is wanted of it, and it is said once', async () => {
  const { frr, role, apply, lines } = start()
  frr.isAway = true
  await apply(world(objects()))
  await apply(world(objects()))
  const told = lines.map((line) => JSON.parse(line))
  assert.deepEqual(
    told.map(({ event, error }) => [event, error]),
    [['frrAbsent', 'cannot reach FRR at /x/bgpd.vty']],
  )
  assert.equal(role.isTaken, false, 'nothing is announced')
  await assert.rejects(apply(world(objects(good))), /bgpd\.vty/)
  await assert.rejects(apply(world([...objects(), extras('route-map x permit 5')])), /bgpd\.vty/)
  assert.equal(frr.applied, 0)
})

test('an FRR that starts with what we wanted once is told that nothing is wanted', async () => {
  const { frr, apply } = start()
  await apply(world(objects(good)))
  frr.isAway = true
  frr.restart()
  await apply(world(objects()))
  frr.isAway = false
  frr.restart()
  assert.match(frr.text, /10\.0\.0\.1/)
  await apply(world(objects()))
  assert.doesNotMatch(frr.text, /10\.0\.0\.1/)
})

test('an FRR that is away is an error, and the first pass after it reads what it runs', async () => {
  const { frr, apply } = start()
  frr.isAway = true
  await assert.rejects(apply(world(objects(good))), /bgpd\.vty/)
  frr.isAway = false
  await apply(world(objects(good)))
  assert.match(frr.text, /neighbor 10\.0\.0\.1/)
})

test('what FRR does not run any more without our doing is counted, what we change is not', async () => {
  const { frr, apply, lines, metrics } = start()
  const undone = async () =>
    /^ferrule_frr_undone_lines_total (\d+)$/m.exec(await metrics.text())?.[1]
  const given = world(objects(good))
  await apply(given)
  await apply(given)
  await apply(world(objects(peer('good', { peerAddress: '10.0.0.1', holdTime: '90s' }))))
  assert.equal(await undone(), '0')
  frr.text = '! somebody was here'
  await apply(world(objects(peer('good', { peerAddress: '10.0.0.1', holdTime: '90s' }))))
  assert.equal(await undone(), '1')
  assert.equal(lines.filter((line) => line.includes('mended')).length, 1)
})
