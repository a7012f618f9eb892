import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alive, at, dead, Member, suspect } from '../../test/support/member.ts'
import { LAN_TIMING } from './timing.ts'

test('an unknown node that is alive joins, and is told of', () => {
  const member = new Member(1).hear(2, alive(2))
  assert.deepEqual(member.changes, ['n2 joined'])
  assert.ok(member.ring.broadcasts.has('n2'))
})

for (const [name, message] of [
  ['incarnation 0', alive(2, 0)],
  ['a version vector that would end a Go peer', alive(2, 1, { vsn: Uint8Array.of(1, 5, 2) })],
  ['no version vector', alive(2, 1, { vsn: new Uint8Array() })],
  ['versions that cross', alive(2, 1, { vsn: Uint8Array.of(5, 1, 2, 0, 0, 0) })],
  ['a suspicion of nobody known', suspect(2, 3)],
  ['the death of nobody known', dead(2, 3)],
] as const) {
  test(`leaves no trace: ${name}`, () => {
    const member = new Member(1).hear(2, message)
    assert.equal(member.ring.table.size, 1)
    assert.equal(member.ring.broadcasts.has('n2'), false)
  })
}

for (const [name, messages, state] of [
  ['suspected by its own incarnation', [suspect(2, 3)], 'suspect'],
  ['an older suspicion', [alive(2, 5), suspect(2, 3, 4)], 'alive'],
  ['dead by its own incarnation, at once', [dead(2, 3)], 'dead'],
  ['an older death', [alive(2, 5), dead(2, 3, 4)], 'alive'],
  ['a farewell', [dead(2, 2)], 'left'],
  ['suspected, then alive as before', [suspect(2, 3), alive(2, 1)], 'suspect'],
  ['suspected, then refuted', [suspect(2, 3), alive(2, 2)], 'alive'],
  ['dead, then alive as before', [dead(2, 3), alive(2, 1)], 'dead'],
  ['dead, then refuted', [dead(2, 3), alive(2, 2)], 'alive'],
  ['dead, then suspected', [dead(2, 3), suspect(2, 3, 9)], 'dead'],
  ['left, then said to be dead', [dead(2, 2), dead(2, 3, 9)], 'left'],
] as const) {
  test(`state after: ${name}`, () => {
    assert.equal(new Member(3).hear(3, ...messages).stateOf(2), state)
  })
}

test('suspicion moves no member; death does, once', () => {
  const member = new Member(3).hear(3, suspect(2, 3))
  assert.deepEqual(member.changes, [])
  assert.deepEqual(member.hear(3, dead(2, 3)).changes, ['n2 left'])
  assert.deepEqual(member.hear(3, dead(2, 3)).changes, [])
})

for (const [name, message, incarnation] of [
  ['suspected', suspect(1, 2, 1), 2],
  ['dead', dead(1, 2, 1), 2],
  ['suspected in a life before', suspect(1, 2, 7), 8],
  ['alive in a life before', alive(1, 7), 8],
  ['alive with metadata we do not have', alive(1, 1, { meta: Uint8Array.of(1) }), 2],
] as const) {
  test(`refutes: ${name}`, () => {
    const member = new Member(2).hear(2, message)
    assert.equal(member.ring.incarnation, incarnation)
    assert.equal(member.stateOf(1), 'alive')
    assert.equal(member.ring.health, 1)
    assert.ok(member.ring.broadcasts.has('n1'))
  })
}

test('an echo of ourselves is not refuted', () => {
  assert.equal(new Member(2).hear(2, alive(1)).ring.incarnation, 1)
})

test('an incarnation that cannot be topped is not wrapped to 0, which nobody would believe', () => {
  assert.equal(new Member(2).hear(2, dead(1, 2, 0xffff_ffff)).ring.incarnation, 0xffff_ffff)
})

test('the same name at another address is refused, and that is said once a minute', () => {
  const member = new Member(3)
  const elsewhere = alive(2, 9, at(9))
  member.hear(3, elsewhere)
  assert.deepEqual(member.facts, [{ what: 'conflict', node: 'n2', held: at(2), refused: at(9) }])
  assert.deepEqual(member.hear(3, elsewhere).facts, [])
  member.now = 60_001
  member.ring.ranAt = member.now
  assert.equal(member.hear(3, elsewhere).facts[0]?.what, 'conflict')
  assert.deepEqual(member.ring.table.get('n2')?.addr, at(2).addr)
})

test('sixteen bytes of an IPv4 address are another address', () => {
  const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 2)
  const member = new Member(2).hear(2, alive(2, 2, { addr: mapped }))
  assert.equal(member.facts[0]?.what, 'conflict')
})

test('a name that left is free for another address, whatever its incarnation', () => {
  const member = new Member(2).hear(2, dead(2, 2, 5)).hear(9, alive(2, 1, at(9)))
  assert.deepEqual(member.changes, ['n2 joined'])
  assert.deepEqual(member.ring.table.get('n2')?.addr, at(9).addr)
})

test('a dead name is free after the reclaim time, where there is one', () => {
  const timing = { ...LAN_TIMING, deadNodeReclaimTimeMs: 2_000 }
  const member = new Member(3, { timing }).hear(3, dead(2, 3))
  assert.equal(member.hear(9, alive(2, 1, at(9))).stateOf(2), 'dead')
  member.until(2_100)
  assert.equal(member.hear(9, alive(2, 1, at(9))).stateOf(2), 'alive')
})

test('new metadata is a change, not a join', () => {
  const member = new Member(2).hear(2, alive(2, 2, { meta: Uint8Array.of(1) }))
  assert.deepEqual(member.changes, ['n2 changed'])
})

test('who is back with other metadata says so above all that it said before, and is believed', () => {
  const [old, fresh] = [Uint8Array.of(1), Uint8Array.of(2)]
  for (const incarnation of [1, 7]) {
    const other = new Member(1, { name: 'n2', ...at(2) }).hear(
      1,
      alive(1, incarnation, { meta: old }),
    )
    // In its new life it begins with 1 again, which nobody takes for news.
    assert.deepEqual(other.hear(1, alive(1, 1, { meta: fresh })).changes, [])
    const back = new Member(2, { meta: fresh }).hear(2, alive(1, incarnation, { meta: old }))
    const told = back.ring.broadcasts.draw(1).find(({ node }) => node === 'n1')
    assert.deepEqual(told, alive(1, incarnation + 1, { meta: fresh }))
    assert.deepEqual(other.hear(1, told!).changes, ['n1 changed'])
    assert.deepEqual(other.ring.table.get('n1')?.meta, fresh)
  }
})

test('suspicion and death leave the metadata of a node as it was', () => {
  const meta = Uint8Array.of(1)
  const member = new Member(3).hear(2, alive(2, 2, { meta }))
  for (const message of [suspect(2, 3, 2), dead(2, 3, 2)]) {
    assert.deepEqual(member.hear(3, message).ring.table.get('n2')?.meta, meta)
  }
})
