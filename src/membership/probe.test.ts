import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alive, answering, at, dead, Member, suspect } from '../../test/support/member.ts'
import { LAN_TIMING } from './timing.ts'

/** Just before a probe starts, so that its steps stand at 0, 500 and 1000 from `member.now`. */
function beforeProbe(size: number, timing = LAN_TIMING): Member {
  const member = new Member(size, { timing })
  member.ring.pushPullAt = Number.POSITIVE_INFINITY
  return member.until(member.ring.prober.tickAt - 1)
}

const passed = (member: Member, ms: number, ...silent: number[]) =>
  member.until(member.now + ms, answering(...silent))

test('a ping, then three others and a stream, then suspicion', () => {
  const member = beforeProbe(6)
  const [ping] = passed(member, 2, 2, 3, 4, 5, 6).sent
  const target = Number(ping?.replace('ping→n', ''))
  passed(member, 499, 2, 3, 4, 5, 6)
  assert.equal(member.sent.filter((one) => one.startsWith('indirectPing→')).length, 3)
  assert.ok(!member.sent.includes(`indirectPing→n${target}`), 'it asks the silent one about itself')
  assert.equal(member.effects.filter(({ kind }) => kind === 'streamPing').length, 1)
  assert.equal(member.stateOf(target), 'alive')
  passed(member, 500, 2, 3, 4, 5, 6)
  assert.equal(member.stateOf(target), 'suspect')
  assert.deepEqual(member.facts[0], { what: 'suspected', node: `n${target}`, from: 'n1' })
})

test('each member has its turn once in a round', () => {
  const member = beforeProbe(5)
  assert.deepEqual(passed(member, 4_000).sent.sort(), ['ping→n2', 'ping→n3', 'ping→n4', 'ping→n5'])
})

test('the tick that falls on the end of a failing probe is kept', () => {
  const member = beforeProbe(3)
  const pings = passed(member, 1_003, 2, 3).sent.filter((one) => one.startsWith('ping'))
  assert.equal(pings.length, 2, 'the second starts when the first has failed')
})

test('an ack by another way is one: relayed under the same number', () => {
  const member = beforeProbe(3)
  passed(member, 502, 2, 3)
  const seqNo = member.ring.prober.current!.ping.seqNo
  member.hear(3, { kind: 'ack', seqNo, payload: null })
  assert.equal(member.ring.prober.current, undefined)
})

test('an ack on the stream counts at the end', () => {
  const member = beforeProbe(2)
  passed(member, 502, 2)
  const seqNo = member.ring.prober.current!.ping.seqNo
  member.do({ kind: 'streamAck', seqNo })
  assert.ok(member.ring.prober.current, 'the probe goes on')
  passed(member, 500, 2)
  assert.equal(member.stateOf(2), 'alive')
})

for (const [name, nacks, health] of [
  ['all helpers say "no answer": it is not us', 2, 0],
  ['one helper says nothing', 1, 1],
  ['no helper says anything', 0, 2],
] as const)
  test(`health: ${name}`, () => {
    const member = beforeProbe(4)
    passed(member, 502, 2, 3, 4)
    const seqNo = member.ring.prober.current!.ping.seqNo
    for (let from = 2; from < 2 + nacks; from++) member.hear(from, { kind: 'nack', seqNo })
    passed(member, 500, 2, 3, 4)
    assert.equal(member.ring.health, health)
  })

test('health: with nobody to ask one point, and probes take longer', () => {
  const member = beforeProbe(2)
  passed(member, 1_002, 2)
  assert.equal(member.ring.health, 1)
  const { deadline, indirectAt } = member.ring.prober.current!
  assert.equal(deadline - indirectAt!, 1_500)
})

test('neither nacks nor streams are asked of those too old to know them', () => {
  const member = new Member(1)
  for (const n of [2, 3]) member.hear(n, alive(n, 1, { vsn: Uint8Array.of(1, 2, 2, 0, 0, 0) }))
  member.ring.broadcasts.clear()
  member.until(member.ring.prober.tickAt + 502)
  const asks = member.effects.flatMap((one) => (one.kind === 'send' ? one.messages : []))
  assert.equal(asks.find(({ kind }) => kind === 'indirectPing')?.kind, 'indirectPing')
  assert.ok(asks.every((one) => one.kind !== 'indirectPing' || !one.nack))
  assert.ok(!member.effects.some(({ kind }) => kind === 'streamPing'))
})

test('streams are left out where the settings say so', () => {
  const member = beforeProbe(2, { ...LAN_TIMING, disableTcpPings: true })
  assert.ok(!passed(member, 502, 2).effects.some(({ kind }) => kind === 'streamPing'))
})

test('a suspected member hears of it with the ping', () => {
  const member = beforeProbe(2).hear(3, suspect(2, 3))
  member.ring.broadcasts.clear()
  assert.deepEqual(passed(member, 2).sent, ['ping+suspect→n2'])
})

test('the dead are not probed but reminded, until they are forgotten', () => {
  const member = beforeProbe(3).hear(3, dead(2, 3))
  member.ring.broadcasts.clear()
  assert.deepEqual(passed(member, 2).sent, ['dead→n2', 'ping→n3'])
  passed(member, 29_000)
  assert.equal(member.stateOf(2), 'dead')
  passed(member, 3_000)
  assert.equal(member.stateOf(2), undefined)
  assert.equal(member.hear(9, alive(2, 1, at(9))).stateOf(2), 'alive')
})

test('what a member says of itself during the probe outweighs the probe', () => {
  const member = beforeProbe(2)
  passed(member, 600, 2)
  member.hear(2, alive(2, 2))
  passed(member, 500, 2)
  assert.equal(member.stateOf(2), 'alive')
})
