import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alive, at, Member, nameOf } from '../../test/support/member.ts'
import type { IndirectPing, Ping } from './message.ts'

const sourceOf = (n: number) => ({
  ...{ sourceAddr: at(n).addr, sourcePort: at(n).port, sourceNode: nameOf(n) },
})
const ping = (over: Partial<Ping> = {}): Ping => ({ kind: 'ping', node: 'n1', seqNo: 7, ...over })
const ask = (over: Partial<IndirectPing> = {}): IndirectPing => ({
  ...{ kind: 'indirectPing', node: 'n3', seqNo: 70, target: at(3).addr, port: 7946, nack: true },
  ...{ ...sourceOf(2), ...over },
})

for (const [name, message, sent] of [
  ['for us', ping(), ['ack→n2']],
  ['for whoever gets it', ping({ node: '' }), ['ack→n2']],
  ['for somebody else', ping({ node: 'n9' }), []],
  ['with a source of its own', ping(sourceOf(5)), ['ack→n5']],
  ['with half a source', ping({ sourceAddr: at(5).addr }), ['ack→n2']],
] as const)
  test(`a ping ${name}`, () => assert.deepEqual(new Member(2).hear(2, message).sent, sent))

test('an ack carries news, but not to a fast detector: there are too many of those', () => {
  const member = new Member(2).hear(3, alive(3))
  assert.deepEqual(member.hear(2, ping()).sent, ['ack→n2'])
  assert.deepEqual(member.hear(2, ping(sourceOf(2))).sent, ['ack+alive→n2'])
})

test('who has left still answers', () => {
  const member = new Member(1).do({ kind: 'leave' })
  assert.equal(member.ring.phase, 'gone')
  assert.deepEqual(member.hear(2, ping()).sent, ['ack→n2'])
})

function relaying(over: Partial<IndirectPing> = {}) {
  const member = new Member(3)
  member.ring.prober.tickAt = Number.POSITIVE_INFINITY
  member.hear(2, ask(over))
  assert.deepEqual(member.sent, ['ping→n3'])
  const [effect] = member.effects
  const [sent] = effect?.kind === 'send' ? effect.messages : []
  assert.equal(sent?.kind, 'ping')
  return { member, seqNo: (sent as Ping).seqNo }
}

test('the ack goes to the asker under its own number, once', () => {
  const { member, seqNo } = relaying()
  const ack = { kind: 'ack', seqNo, payload: null } as const
  member.hear(3, ack)
  assert.deepEqual(member.effects, [
    { kind: 'send', to: at(2), messages: [{ kind: 'ack', seqNo: 70, payload: null }] },
  ])
  assert.deepEqual(member.hear(3, ack).effects, [])
})

test('a nack after 400 ms, in time for the asker; an ack after it still counts, until 500', () => {
  const { member, seqNo } = relaying()
  assert.deepEqual(member.until(399).sent, [])
  assert.deepEqual(member.until(401).sent, ['nack→n2'])
  assert.deepEqual(member.hear(3, { kind: 'ack', seqNo, payload: null }).sent, ['ack→n2'])
  const late = relaying()
  late.member.until(501)
  assert.deepEqual(late.member.hear(3, { kind: 'ack', seqNo: late.seqNo, payload: null }).sent, [])
})

test('no nack where none is wanted', () => {
  assert.deepEqual(relaying({ nack: false }).member.until(501).sent, [])
})

test('port 0 is the one that all use', () => {
  const { member } = relaying({ port: 0 })
  assert.deepEqual(member.effects[0]?.kind === 'send' && member.effects[0].to, at(3))
})

test('a flood of requests ends at a bound', () => {
  const member = new Member(3)
  for (let n = 0; n < 2_000; n++) member.hear(2, ask({ seqNo: n }))
  assert.equal(member.ring.relays.size, 1_024)
})
