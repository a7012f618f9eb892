import assert from 'node:assert/strict'
import test from 'node:test'
import type { World } from '../reconciler/world.ts'
import { ledBy } from './led-role.ts'
import type { Leadership } from './open-source.ts'
import type { Role } from './role.ts'

class Vote implements Leadership {
  isLeading = false
  readonly #listeners: (() => void)[] = []
  leftMs = () => (this.isLeading ? 1 : 0)
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }
  turn(isLeading: boolean): void {
    this.isLeading = isLeading
    for (const listener of this.#listeners) listener()
  }
}

const WORLD = {} as World

function start(extra: Partial<Role> = {}) {
  const vote = new Vote()
  const done: string[] = []
  const role = ledBy(vote, {
    name: 'controller',
    pass: async () => void done.push('pass'),
    plan: () => 'the plan',
    ...extra,
  })
  return { vote, done, role }
}

test('it acts while it leads, and only then', async () => {
  const { vote, done, role } = start()
  await role.pass(WORLD)
  assert.deepEqual(done, [])
  vote.turn(true)
  await role.pass(WORLD)
  assert.deepEqual(done, ['pass'])
  vote.turn(false)
  await role.pass(WORLD)
  assert.deepEqual(done, ['pass'])
})

test('to lead, and to lead no more, are a reason for a pass; so is what the role itself says', () => {
  let own = () => {}
  const { vote, role } = start({ onChange: (dirty) => void (own = dirty) })
  let passes = 0
  role.onChange?.(() => passes++)
  vote.turn(true)
  vote.turn(false)
  own()
  assert.equal(passes, 3)
})

test('its status says whether it leads', () => {
  const { vote, role } = start({ status: () => ({ kind: 'controller', isLeading: true }) })
  assert.deepEqual(role.status?.(), { kind: 'controller', isLeading: false })
  vote.turn(true)
  assert.deepEqual(role.status?.(), { kind: 'controller', isLeading: true })
  assert.equal(start().role.status?.(), undefined)
})

test('a pass that fails fails for whoever runs it', async () => {
  const { vote, role } = start({ pass: () => Promise.reject(new Error('no')) })
  vote.turn(true)
  await assert.rejects(role.pass(WORLD), /^Error: no$/)
})

test('everything else is the role it leads', async () => {
  const problem = { kind: 'BGPPeer', namespace: '', name: 'a', path: '', code: 'x', message: 'y' }
  const finished: string[] = []
  const { role } = start({
    problems: () => [problem],
    finish: async () => void finished.push('finish'),
  })
  assert.deepEqual(
    [role.name, role.plan(), role.problems?.()],
    ['controller', 'the plan', [problem]],
  )
  await role.finish?.()
  assert.deepEqual(finished, ['finish'])
})

test('a role may have less to say', async () => {
  const { role } = start()
  assert.deepEqual(role.problems?.(), [])
  await role.finish?.()
})
