import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answering, at, dead, Member, nameOf } from '../../test/support/member.ts'
import type { NodeState, PushPull, PushPullNode } from './message.ts'
import { VSN } from './message.ts'

const row = (n: number, state: NodeState, over: Partial<PushPullNode> = {}): PushPullNode => ({
  ...{ name: nameOf(n), ...at(n), meta: null, vsn: VSN, incarnation: 1, state },
  ...over,
})
const table = (...nodes: PushPullNode[]): PushPull => ({
  ...{ kind: 'pushPull', join: false, nodes, userState: new Uint8Array() },
})

for (const [name, rows, state] of [
  ['alive', [row(2, 'alive')], 'alive'],
  ['dead only begins a suspicion', [row(2, 'alive'), row(2, 'dead')], 'suspect'],
  ['suspect', [row(2, 'alive'), row(2, 'suspect')], 'suspect'],
  ['left is believed', [row(2, 'alive'), row(2, 'left')], 'left'],
  ['dead and never heard of', [row(2, 'dead')], undefined],
  ['left and never heard of', [row(2, 'left')], undefined],
] as const)
  test(`a row of a table: ${name}`, () => {
    const member = new Member(1).do({ kind: 'answered', table: table(...rows) })
    assert.equal(member.stateOf(2), state)
  })

for (const [state, revivals] of [
  ['suspect', 0],
  ['dead', 1],
  ['left', 1],
] as const)
  test(`we are ${state} in a table: refuted, or we would stay out until forgotten`, () => {
    const mine = row(1, state, { incarnation: 4 })
    const member = new Member(1).do({ kind: 'answered', table: table(mine) })
    assert.equal(member.ring.incarnation, 5)
    assert.equal(member.stateOf(1), 'alive')
    assert.equal(member.revivals, revivals)
    assert.equal(member.do({ kind: 'answered', table: table(mine) }).revivals, 0)
  })

test('the answer is the table as it was before, with the join flag of who asked', () => {
  const member = new Member(1)
  member.do({ kind: 'asked', table: { ...table(row(2, 'alive')), join: true } })
  const answer = member.effects.find(({ kind }) => kind === 'answer')
  assert.ok(answer?.kind === 'answer')
  assert.equal(answer.table.join, true)
  assert.deepEqual(
    answer.table.nodes.map(({ name }) => name),
    ['n1'],
  )
  assert.equal(member.stateOf(2), 'alive')
})

test('a table has everybody in it, the dead and those who left too', () => {
  const member = new Member(3).hear(3, dead(2, 3)).hear(3, dead(3, 3))
  member.do({ kind: 'join', to: [at(9)] })
  const [effect] = member.effects
  assert.ok(effect?.kind === 'exchange')
  assert.deepEqual(effect.to, at(9))
  assert.equal(effect.table.join, true)
  const states = effect.table.nodes.map(({ name, state }) => `${name} ${state}`)
  assert.deepEqual(states, ['n1 alive', 'n2 dead', 'n3 left'])
})

test('port 0 in a table is our own', () => {
  const member = new Member(1).do({ kind: 'answered', table: table(row(2, 'alive', { port: 0 })) })
  assert.equal(member.ring.table.get('n2')?.port, 7946)
})

for (const [name, vsn] of [
  ['a protocol beyond ours', [6, 9, 7, 0, 0, 0]],
  ['a delegate protocol', [1, 5, 2, 1, 1, 1]],
  ['no versions', []],
] as const)
  test(`a table is refused as a whole for ${name}`, () => {
    const odd = row(3, 'alive', { vsn: Uint8Array.from(vsn) })
    const member = new Member(1).do({
      kind: 'answered',
      table: table(row(1, 'alive'), row(2, 'alive'), odd),
    })
    assert.equal(member.ring.table.size, 1)
    assert.equal(member.facts[0]?.what, 'incompatible')
  })

test('who answers without us in its table did not take ours', () => {
  const listed = new Member(1).do({ kind: 'answered', table: table(row(1, 'alive')) })
  assert.deepEqual(listed.facts, [])
  const unlisted = new Member(1).do({ kind: 'answered', table: table(row(2, 'alive')) })
  assert.deepEqual(unlisted.facts, [{ what: 'unlisted' }])
  const joining = { ...table(row(2, 'alive')), join: true }
  assert.deepEqual(new Member(1).do({ kind: 'answered', table: joining }).facts, [])
})

test('now and then a table goes to somebody who lives', () => {
  const member = new Member(3).hear(3, dead(2, 3))
  member.ring.pushPullAt = 5_000
  const exchanges = member
    .until(5_001, answering())
    .effects.filter(({ kind }) => kind === 'exchange')
  assert.deepEqual(
    exchanges.map((one) => one.kind === 'exchange' && one.to),
    [at(3)],
  )
  assert.ok(member.ring.pushPullAt > 30_000)
})
