import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alive, answering, dead, Member, suspect } from '../../test/support/member.ts'
import type { Effect, SwimEvent } from './event.ts'

/** In a ring whose members all answer; the protocol's own probes are left out. */
function watching(size: number): Member {
  const member = new Member(size, { fastDetector: true })
  member.ring.prober.tickAt = Number.POSITIVE_INFINITY
  member.ring.pushPullAt = Number.POSITIVE_INFINITY
  return member.until(2_000, answering())
}

const silence = (member: Member, ms: number, ...silent: number[]) =>
  member.until(member.now + ms, answering(...silent))
const accused = ({ facts }: Member): string[] =>
  facts.flatMap((fact) => (fact.what === 'accused' ? [fact.accusation.node] : []))

test('two misses, an inquiry, a third miss, and a dead message to everybody', () => {
  const member = watching(5)
  silence(member, 390, 2)
  assert.equal(member.sent.filter((one) => one.startsWith('indirectPing')).length, 0)
  silence(member, 210, 2)
  assert.equal(member.sent.filter((one) => one.startsWith('indirectPing')).length, 3)
  assert.equal(member.stateOf(2), 'alive')
  silence(member, 360, 2)
  assert.deepEqual(accused(member), ['n2'])
  assert.equal(member.stateOf(2), 'dead')
  for (const n of [2, 3, 4, 5]) assert.ok(member.sent.includes(`dead→n${n}`), `n${n} is told`)
})

test('one answer in time ends it', () => {
  const member = watching(5)
  silence(member, 590, 2)
  silence(member, 1_000)
  assert.deepEqual(accused(member), [])
  assert.equal(member.stateOf(2), 'alive')
})

test('who answers others is left to the slow way', () => {
  const member = watching(5)
  const throughOthers = (effect: Effect): SwimEvent | undefined => {
    const [first] = effect.kind === 'send' ? effect.messages : []
    if (effect.kind !== 'send' || first?.kind !== 'indirectPing') return answering(2)(effect)
    const ack = { kind: 'ack', seqNo: first.seqNo, payload: null } as const
    return { kind: 'packet', from: effect.to, messages: [ack] }
  }
  member.until(member.now + 10_000, throughOthers)
  assert.equal(member.stateOf(2), 'alive')
  assert.equal(member.sent.filter((one) => one.startsWith('indirectPing')).length, 3, 'one inquiry')
})

test('when more than half look lost it is us', () => {
  const member = silence(watching(5), 10_000, 2, 3, 4)
  assert.deepEqual(accused(member), [])
  assert.equal(member.stateOf(2), 'alive')
})

test('half of them may be lost, but none beyond that in the same moment', () => {
  const member = silence(watching(7), 600, 2, 3, 4)
  // Long enough for the fourth, were the first three forgotten by then.
  silence(member, 950, 2, 3, 4, 5)
  assert.deepEqual(accused(member).sort(), ['n2', 'n3', 'n4'])
})

test('a lone peer can be missed', () => {
  assert.deepEqual(accused(silence(watching(2), 1_200, 2)), ['n2'])
})

test('who never answered is not missed', () => {
  const member = watching(4).hear(4, alive(5))
  assert.deepEqual(accused(silence(member, 10_000, 5)), [])
  assert.equal(member.stateOf(5), 'alive')
})

for (const [what, incarnation, expected] of [
  ['a speaker that was started anew is missed as soon as before', 31, ['n2']],
  ['one that may have refuted several times is not', 5, []],
] as const) {
  test(`its second death: ${what}`, () => {
    const member = watching(5)
    assert.deepEqual(accused(silence(member, 1_200, 2)), ['n2'])
    member.hear(2, alive(2, incarnation))
    silence(member, 2_000)
    assert.deepEqual(accused(silence(member, 1_200, 2)), expected)
  })
}

test('after a refutation the slow way only, for one minute, then for two', () => {
  const member = watching(5)
  for (const [incarnation, minutes] of [
    [2, 1],
    [3, 2],
  ] as const) {
    assert.deepEqual(accused(silence(member, 1_200, 2)), ['n2'])
    member.hear(2, alive(2, incarnation))
    silence(member, 2_000)
    assert.deepEqual(accused(silence(member, minutes * 60_000 - 4_000, 2)), [])
    silence(member, 4_000)
  }
})

test('who was really away is watched as before', () => {
  const member = silence(watching(5), 8_000, 2).hear(2, alive(2, 2))
  silence(member, 1_000)
  assert.deepEqual(accused(silence(member, 1_200, 2)), ['n2'])
})

test('a member that did not run blames nobody', () => {
  const member = watching(5)
  silence(member, 740, 2, 3)
  member.now += 3_000
  member.do({ kind: 'tick' })
  assert.equal(member.facts[0]?.what, 'late')
  assert.deepEqual(accused(silence(member, 5_000)), [])
  for (const n of [2, 3, 4, 5]) assert.equal(member.stateOf(n), 'alive')
})

test('its pings are an answer, and save ours', () => {
  const member = new Member(1, { fastDetector: true, name: 'z' })
  member.hear(2, alive(2)).ring.broadcasts.clear()
  member.ring.prober.tickAt = Number.POSITIVE_INFINITY
  member.until(1_000, answering())
  for (let call = 0; call < 20; call++) {
    member.hear(2, { kind: 'ping', node: 'z', seqNo: call }).until(member.now + 200)
    assert.ok(!member.sent.includes('ping→n2'), 'pinged all the same')
  }
  member.until(member.now + 1_300)
  assert.deepEqual(accused(member), ['n2'], 'missed when it stops')
})

test('a suspected member hears of it with the next ping', () => {
  const member = watching(3).hear(3, suspect(2, 3))
  member.ring.broadcasts.clear()
  assert.ok(silence(member, 200).sent.includes('ping+suspect→n2'))
})

test('who left or died is no longer pinged', () => {
  const member = watching(4).hear(2, dead(2, 2)).hear(4, dead(3, 4))
  member.ring.broadcasts.clear()
  const pinged = new Set(silence(member, 1_000).sent.filter((one) => one.startsWith('ping')))
  assert.deepEqual([...pinged], ['ping→n4'])
})
