import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import test from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { type Ring, RingView } from './ring-view.ts'

/** Longer than any test. */
const NEVER_MS = 600_000

class FakeRing extends EventEmitter implements Ring {
  joined: readonly string[] = []
  hasLeft = false
  #states: Record<string, string> = { n1: 'alive' }
  #words: Record<string, string> = {}

  /** Node n4 has the address 10.0.0.4. */
  become(states: Record<string, string>, words = this.#words): void {
    this.#states = states
    this.#words = words
    this.emit('change')
  }

  alive = () => new Set(this.#living())
  list = () =>
    Object.entries(this.#states).map(([name, state]) => ({
      ...{ address: `10.0.0.${name.slice(1)}`, state, meta: this.#words[name] ?? '' },
    }))
  join = (addresses: readonly string[]) => {
    this.joined = addresses
  }
  leave = async () => {
    this.hasLeft = true
    this.become({ n1: 'left' })
  }

  #living(): string[] {
    const entries = Object.entries(this.#states)
    return entries.flatMap(([name, state]) => (state === 'dead' || state === 'left' ? [] : [name]))
  }
}

function start({ meetMs = NEVER_MS, word = '' } = {}) {
  const ring = new FakeRing()
  const view = new RingView(ring, { meetMs, word })
  let changes = 0
  let regained = 0
  view.on('change', () => changes++)
  view.on('regained', () => regained++)
  return {
    ...{ ring, view, alive: () => [...view.alive()].join(' ') },
    ...{ changes: () => changes, regained: () => regained },
    [Symbol.dispose]: () => view[Symbol.dispose](),
  }
}

test('nobody lives before all the others are met', () => {
  using it = start()
  it.view.meet(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
  assert.deepEqual(it.ring.joined, ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
  it.ring.become({ n1: 'alive', n2: 'alive' })
  assert.deepEqual([it.alive(), it.changes()], ['', 0])
  it.ring.become({ n1: 'alive', n2: 'alive', n3: 'suspect' })
  assert.deepEqual([it.alive(), it.changes()], ['n1 n2 n3', 1])
  it.ring.become({ n1: 'alive', n2: 'dead', n3: 'alive' })
  assert.deepEqual([it.alive(), it.changes()], ['n1 n3', 2])
})

test('the only speaker there is has nobody to meet', () => {
  using it = start()
  assert.equal(it.alive(), '')
  it.view.meet(['10.0.0.1'])
  assert.deepEqual([it.alive(), it.changes()], ['n1', 1])
})

test('who cannot be met is not waited for', async () => {
  using it = start({ meetMs: 10 })
  it.view.meet(['10.0.0.1', '10.0.0.2'])
  await eventually(() => assert.deepEqual([it.alive(), it.changes()], ['n1', 1]))
})

test('a speaker that comes later is joined, and nothing is forgotten meanwhile', () => {
  using it = start()
  it.view.meet(['10.0.0.1'])
  it.view.meet(['10.0.0.1', '10.0.0.2'])
  assert.deepEqual(it.ring.joined, ['10.0.0.1', '10.0.0.2'])
  assert.equal(it.alive(), 'n1')
})

test('who leaves sees the others as they were', async () => {
  using it = start()
  it.ring.become({ n1: 'alive', n2: 'alive' })
  it.view.meet(['10.0.0.1', '10.0.0.2'])
  const before = it.changes()
  await it.view.leave()
  assert.ok(it.ring.hasLeft)
  assert.deepEqual([it.alive(), it.changes()], ['n1 n2', before])
})

const ALL_ALIVE = { n1: 'alive', n2: 'alive', n3: 'alive' }

test('all who live say the same, or they do not', async () => {
  using it = start({ word: 'x=1' })
  it.ring.become(ALL_ALIVE, { n1: 'x=1', n2: 'x=1', n3: 'x=1' })
  it.view.meet(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
  assert.ok(it.view.isUnanimous())
  const before = it.changes()
  it.ring.become(ALL_ALIVE, { n1: 'x=1', n2: 'x=1', n3: 'x=12' })
  assert.deepEqual([it.view.isUnanimous(), it.changes()], [false, before + 1])
  it.ring.become({ ...ALL_ALIVE, n3: 'suspect' })
  assert.ok(!it.view.isUnanimous(), 'who is suspected lives')
  it.ring.become({ ...ALL_ALIVE, n3: 'dead' })
  assert.ok(it.view.isUnanimous(), 'what a dead one said is of no account')
  it.ring.become(ALL_ALIVE, { n1: 'x=1', n2: 'x=1' })
  assert.ok(!it.view.isUnanimous(), 'one of MetalLB says nothing')
  await it.view.leave()
  it.ring.become({ n1: 'left', n2: 'alive', n3: 'dead' })
  assert.ok(!it.view.isUnanimous(), 'who leaves sees the others as they were')
})

test('that we were called dead is passed on, until we leave', async () => {
  using it = start()
  let revived = 0
  it.view.on('revived', () => revived++)
  it.ring.emit('revived')
  assert.equal(revived, 1)
  await it.view.leave()
  it.ring.emit('revived')
  assert.equal(revived, 1)
})

for (const [name, others, expected] of [
  ['one of two others', { n2: 'dead' }, 1],
  ['all others', { n2: 'dead', n3: 'dead' }, 1],
  ['one of three others', { n2: 'dead', n4: 'alive' }, 0],
  ['one of three others, who left', { n2: 'left', n4: 'alive' }, 0],
  ['one of two others, who left', { n2: 'left' }, 0],
] as [string, Record<string, string>, number][]) {
  test(`a node that was cut off is told when it sees the others again: ${name}`, () => {
    using it = start()
    const all = {
      ...ALL_ALIVE,
      ...Object.fromEntries(Object.keys(others).map((n) => [n, 'alive'])),
    }
    it.ring.become(all)
    it.view.meet(['10.0.0.1'])
    assert.equal(it.regained(), 0, 'not when they are met first')
    it.ring.become({ ...all, ...others })
    assert.equal(it.regained(), 0)
    it.ring.become(all)
    assert.equal(it.regained(), expected)
  })
}
