import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alive, dead, suspect } from '../../test/support/member.ts'
import { Broadcasts } from './broadcasts.ts'
import { encodeMessage, encodePacket } from './wire.ts'

const kindsOf = (news: readonly { kind: string; node: string }[]) =>
  news.map(({ kind, node }) => `${kind} ${node}`)

test('what is told least goes first, then the longest, then the newest', () => {
  const broadcasts = new Broadcasts(1_400)
  broadcasts.put(dead(2, 3))
  broadcasts.draw(9)
  broadcasts.put(suspect(4, 3))
  broadcasts.put(alive(5))
  broadcasts.put(suspect(6, 3))
  const order = ['alive n5', 'suspect n6', 'suspect n4', 'dead n2']
  assert.deepEqual(kindsOf(broadcasts.draw(9)), order)
})

test('later news of a node takes the place of earlier', () => {
  const broadcasts = new Broadcasts(1_400)
  broadcasts.put(suspect(2, 3))
  broadcasts.put(alive(2, 2))
  assert.deepEqual(kindsOf(broadcasts.draw(9)), ['alive n2'])
})

test('news is told so many times and then forgotten', () => {
  const broadcasts = new Broadcasts(1_400)
  broadcasts.put(alive(2))
  for (let told = 0; told < 4; told++) assert.equal(broadcasts.draw(4).length, 1)
  assert.equal(broadcasts.size, 0)
  assert.deepEqual(broadcasts.draw(4), [])
})

test('a packet stays within its size, with what it carries along', () => {
  const broadcasts = new Broadcasts(1_400)
  for (let n = 2; n < 90; n++) broadcasts.put(alive(n))
  const own = { kind: 'ack', seqNo: 7, payload: null } as const
  for (const parts of [broadcasts.draw(9), [own, ...broadcasts.draw(9, own)]]) {
    const plain = parts.reduce((sum, one) => sum + encodeMessage(one).length + 2, 2)
    assert.ok(plain + 29 <= 1_400 && plain > 1_200, `${plain} bytes and the seal`)
    assert.ok(encodePacket(parts, {}).length <= plain)
  }
})

test('a short message fills what a long one leaves', () => {
  const room = encodeMessage(alive(3)).length + encodeMessage(suspect(4, 2)).length + 2 * 2
  const broadcasts = new Broadcasts(31 + room)
  broadcasts.put(alive(2))
  broadcasts.put(alive(3))
  broadcasts.put(suspect(4, 2))
  assert.deepEqual(kindsOf(broadcasts.draw(9)), ['alive n3', 'suspect n4'])
})

test('what fits no packet does not wait for one', () => {
  const broadcasts = new Broadcasts(1_400)
  broadcasts.put({ ...dead(2, 3), node: 'n'.repeat(1_400) })
  assert.equal(broadcasts.size, 0)
})
