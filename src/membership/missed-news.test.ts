import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alive, at, dead, Member, suspect } from '../../test/support/member.ts'
import { LAN_TIMING } from './timing.ts'

test('who suspects the dead is told, but not who passes it on', () => {
  const member = new Member(4).hear(3, dead(2, 3))
  assert.deepEqual(member.hear(4, suspect(2, 4)).sent, ['dead→n4'])
  assert.deepEqual(member.hear(3, suspect(2, 4)).sent, [])
  assert.deepEqual(member.hear(4, suspect(2, 4, 2)).sent, [], 'it knows more than we do')
})

for (const [name, messages, revivals] of [
  ['suspected', [suspect(1, 2, 1)], 0],
  ['dead', [dead(1, 2, 1)], 1],
  ['dead, said by many', [dead(1, 2, 1), dead(1, 3, 1)], 1],
  ['suspected, then dead of that', [suspect(1, 2, 1), dead(1, 2, 1), dead(1, 3, 1)], 1],
  ['dead twice', [dead(1, 2, 1), dead(1, 3, 2)], 2],
  ['dead, in the order of arrival', [dead(1, 2, 2), dead(1, 3, 1)], 1],
  ['dead in a life before', [dead(1, 2, 0)], 0],
  ['another is dead', [dead(2, 3, 1)], 0],
] as const) {
  test(`told that it was called dead, once for each time: ${name}: ${revivals}`, () => {
    assert.equal(new Member(3).hear(2, ...messages).revivals, revivals)
  })
}

test('who leaves says itself that it is gone, and is told nothing', () => {
  const member = new Member(2).do({ kind: 'leave' })
  assert.equal(member.hear(2, dead(1, 2, 1)).revivals, 0)
})

for (const [name, messages, deaths] of [
  ['refuted', [dead(2, 3), alive(2, 2)], ['dead→n2']],
  ['refuted what others heard first, too', [dead(2, 3), alive(2, 4)], ['dead→n2']],
  ['started anew, with the seconds of the clock', [dead(2, 3), alive(2, 1_700_000_000)], []],
  ['suspected only', [suspect(2, 3), alive(2, 2)], []],
  ['left by itself', [dead(2, 2), alive(2, 2)], []],
] as const) {
  test(`who is back from the dead is told that it was there: ${name}`, () => {
    const member = new Member(3).hear(3, ...messages)
    assert.deepEqual(
      member.sent.filter((sent) => sent.startsWith('dead')),
      deaths,
    )
  })
}

test('a dead name that another address took over was told nothing of itself', () => {
  const timing = { ...LAN_TIMING, deadNodeReclaimTimeMs: 2_000 }
  const member = new Member(3, { timing }).hear(3, dead(2, 3, 7))
  member.until(2_100).hear(9, alive(2, 1, at(9)))
  assert.equal(member.stateOf(2), 'alive')
  assert.deepEqual(
    member.sent.filter((sent) => sent.startsWith('dead')),
    [],
  )
})

test('who is told so by all who believed it takes it for one death, and refutes nothing again', () => {
  const member = new Member(3).hear(2, suspect(1, 2, 1))
  assert.equal(member.hear(2, dead(1, 2, 1)).revivals, 1)
  assert.equal(member.hear(3, dead(1, 3, 1)).revivals, 0)
  assert.equal(member.ring.incarnation, 2)
})
