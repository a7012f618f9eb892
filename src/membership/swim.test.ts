import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alive, answering, dead, Member, suspect } from '../../test/support/member.ts'
import { nextAt } from './swim.ts'

test('a member alone waits for its next look, and tells nobody', () => {
  const member = new Member(1)
  assert.deepEqual(member.changes, ['n1 joined'])
  member.until(3_000)
  assert.deepEqual(member.sent, [])
  assert.ok(nextAt(member.ring) > 3_000)
})

test('nothing but start moves a member that has not started', () => {
  const idle = new Member(1)
  idle.ring.phase = 'idle'
  assert.equal(nextAt(idle.ring), Number.POSITIVE_INFINITY)
  assert.equal(idle.hear(2, alive(2)).ring.table.size, 1)
})

test('a suspicion is believed after its time, the sooner the more agree', () => {
  for (const [accusers, ms] of [
    [[3], 24_000],
    [[3, 4], 11_381],
    [[3, 4, 5], 4_000],
    [[3, 4, 5, 6], 4_000],
    [[3, 3, 3], 24_000],
  ] as const) {
    const member = new Member(8)
    member.ring.prober.tickAt = Number.POSITIVE_INFINITY
    for (const from of accusers) member.hear(from, suspect(2, from))
    member.until(ms - 1, answering())
    assert.equal(member.stateOf(2), 'suspect', `${accusers} at ${ms - 1}`)
    member.until(ms + 1, answering())
    assert.equal(member.stateOf(2), 'dead', `${accusers} at ${ms + 1}`)
  }
})

test('a confirmation is passed on while it makes a difference', () => {
  const member = new Member(8).hear(3, suspect(2, 3))
  for (const [from, isNews] of [
    [3, false],
    [4, true],
    [5, true],
    [6, false],
  ] as const) {
    member.ring.broadcasts.clear()
    assert.equal(member.hear(from, suspect(2, from)).ring.broadcasts.has('n2'), isNews, `n${from}`)
  }
})

test('news goes out at once after quiet, and then at the pace of the ring', () => {
  const member = new Member(8)
  member.ring.prober.tickAt = Number.POSITIVE_INFINITY
  member.until(2_000).hear(2, alive(9))
  assert.equal(member.until(2_001).sent.length, 3)
  assert.equal(member.until(2_199).sent.length, 0)
  assert.ok(member.until(2_201).sent.length > 0)
})

test('the dead hear the news for a while, those who left never', () => {
  const told = (message: ReturnType<typeof dead>) => {
    const member = new Member(2).hear(2, message)
    member.ring.prober.tickAt = Number.POSITIVE_INFINITY
    return member.until(1).sent
  }
  assert.deepEqual(told(dead(2, 3)), ['dead→n2'])
  assert.deepEqual(told(dead(2, 2)), [])
})

test('who has lost all others says to each only that it is dead itself', () => {
  const member = new Member(4)
  member.ring.prober.tickAt = Number.POSITIVE_INFINITY
  for (const n of [2, 3, 4]) member.hear(n, dead(n, 1))
  const told = member.until(1_000).effects.flatMap((effect) => {
    if (effect.kind !== 'send') return []
    return effect.messages.map((news) => [`n${effect.to.addr[3]}`, 'node' in news && news.node])
  })
  assert.deepEqual(told.sort(), [
    ['n2', 'n2'],
    ['n3', 'n3'],
    ['n4', 'n4'],
  ])
  // The first one that is back gets no old deaths along with the news.
  member.hear(2, alive(2, 2)).until(2_000)
  assert.deepEqual(member.sent.sort().slice(0, 1), ['alive→n2'])
  assert.ok(
    member.sent.every((packet) => packet.startsWith('alive→')),
    member.sent.join(),
  )
})

test('leaving is told to all at once, then as news, then it is done', () => {
  const member = new Member(5).do({ kind: 'leave' })
  assert.deepEqual(member.changes, ['n1 left'])
  assert.deepEqual(member.sent.sort(), ['dead→n2', 'dead→n3', 'dead→n4', 'dead→n5'])
  assert.ok(member.effects.every(({ kind }) => kind !== 'gone'))
  member.until(1_000)
  assert.equal(member.effects.filter(({ kind }) => kind === 'gone').length, 1)
  assert.equal(nextAt(member.ring), Number.POSITIVE_INFINITY)
})

test('whoever leaves does not deny it, whatever is said', () => {
  const member = new Member(3).do({ kind: 'leave' })
  member.hear(2, dead(1, 2, 9), suspect(1, 2, 9), alive(1, 9))
  assert.equal(member.stateOf(1), 'left')
  assert.equal(member.ring.incarnation, 1)
})

test('alone there is nobody to leave', () => {
  assert.ok(new Member(1).do({ kind: 'leave' }).effects.some(({ kind }) => kind === 'gone'))
})

test('a pause puts suspicions and probes off by as much, once', () => {
  const member = new Member(3).hear(3, suspect(2, 3))
  member.until(2_000, answering())
  member.now = 62_000
  // The socket is full: each packet is a step, none of them another pause.
  for (let packet = 0; packet < 50; packet++) member.hear(3, alive(3))
  member.do({ kind: 'tick' })
  assert.equal(member.stateOf(2), 'suspect')
  member.until(63_000, answering())
  assert.equal(member.stateOf(2), 'suspect')
  member.until(64_500, answering())
  assert.equal(member.stateOf(2), 'dead')
})

test('after a pause what waits in the socket may still answer a probe', () => {
  const member = new Member(2)
  member.until(member.ring.prober.tickAt + 1)
  const seqNo = member.ring.prober.current!.ping.seqNo
  member.now += 10_000
  member.do({ kind: 'tick' })
  assert.equal(member.stateOf(2), 'alive')
  member.hear(2, { kind: 'ack', seqNo, payload: null })
  assert.equal(member.ring.health, 0)
  assert.equal(member.ring.prober.current?.ping.seqNo === seqNo, false)
})

test('garbage of the right shape changes nothing', () => {
  const member = new Member(3)
  const before = structuredClone([...member.ring.table])
  member.hear(9, { kind: 'ack', seqNo: 999, payload: null }, { kind: 'nack', seqNo: 999 })
  member.hear(9, { kind: 'user', payload: Uint8Array.of(1) }, dead(8, 9, 5), suspect(8, 9, 5))
  member.do({ kind: 'streamAck', seqNo: 999 })
  assert.deepEqual([...member.ring.table], before)
  assert.deepEqual(member.effects, [])
})

test('the same events give the same effects', () => {
  const run = () =>
    new Member(8, { fastDetector: true }).hear(3, suspect(2, 3)).until(20_000, answering(2)).effects
  assert.deepEqual(run(), run())
})
