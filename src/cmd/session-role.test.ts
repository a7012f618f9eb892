import assert from 'node:assert/strict'
import test from 'node:test'
import { node, peer, pool, world } from '../../test/support/build.ts'
import { FakeObserver } from '../../test/support/start-speaker.ts'
import { planSpeaker } from '../reconciler/speaker.ts'
import type { World } from '../reconciler/world.ts'
import { SessionRole } from './session-role.ts'

const planned = (given: World) =>
  planSpeaker({ ...given, node: 'n1', hostname: 'n1', ignoreExcludeLb: false, logLevel: 'info' })
    .frr

const TOR = planned(world([node('n1'), peer('tor')]))
const { name: address } = TOR.routers[0]!.neighbors[0]!
const up = {
  ...{ vrf: 'default', peer: address, state: 'Established', isUp: true },
  ...{ upAt: 1_000, established: 1, dropped: 0, sent: { 4: 0, 6: 0 } },
}

function followed() {
  const observer = new FakeObserver()
  const role = new SessionRole(observer)
  let calls = 0
  role.onChange(() => calls++)
  role.follow(TOR)
  return { observer, role, calls: () => calls }
}

test('without a session there is nothing to look at', () => {
  const observer = new FakeObserver()
  const role = new SessionRole(observer)
  role.follow(planned(world([node('n1'), pool('p', ['192.0.2.0/24'])])))
  assert.equal(observer.isStarted, false)
  role.follow(TOR)
  assert.equal(observer.isStarted, true)
})

test('sessions are those of the plan, as FRR shows them', () => {
  const { observer, role } = followed()
  assert.deepEqual(
    role.sessions().map(({ name, state }) => [name, state]),
    [['tor', 'Unknown']],
  )
  observer.see({ sessions: [up] })
  assert.deepEqual(
    role.sessions().map(({ name, isUp }) => [name, isUp]),
    [['tor', true]],
  )
  assert.equal(role.sessions(), role.sessions())
})

for (const [name, seen, isTold] of [
  ['another state', { sessions: [{ ...up, state: 'Idle', isUp: false }] }, true],
  ['it was down in between', { sessions: [{ ...up, established: 2, dropped: 1 }] }, true],
  ['not all is sent', { sessions: [{ ...up, sent: { 4: 1, 6: 0 } }] }, true],
  ['a daemon is silent', { silent: new Map([['bgpd', 'hangs']] as const) }, true],
  ['the clock is read anew', { sessions: [{ ...up, upAt: 2_000 }] }, false],
  ['a session that is not ours', { sessions: [up, { ...up, peer: '192.0.2.99' }] }, false],
] as const) {
  test(`a pass is ${isTold ? 'due' : 'not due'}: ${name}`, () => {
    const { observer, calls } = followed()
    observer.see({ sessions: [up] })
    const before = calls()
    observer.see(seen)
    assert.equal(calls() - before, Number(isTold))
  })
}

test('the first look is told, whatever it shows', () => {
  const { observer, calls } = followed()
  observer.see({})
  assert.equal(calls(), 1)
})

test('without an observer sessions are unknown', () => {
  const role = new SessionRole(undefined)
  role.follow(TOR)
  assert.equal(role.sessions()[0]!.state, 'Unknown')
  assert.equal(role.silent().size, 0)
})
