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

  /** Node n4 has the address 10.0.0.4. */
  become(states: Record<string, string>): void {
    this.#states = states
    this.emit('change')
  }

  alive = () => new Set(this.#living())
  list = () =>
    Object.entries(this.#states).map(([name, state]) => ({
      ...{ address: `10.0.0.${name.slice(1)}`, state },
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

function start(meetMs = NEVER_MS) {
  const ring = new FakeRing()
  const view = new RingView(ring, { meetMs })
  let changes = 0
  view.on('change', () => changes++)
  return {
    ...{ ring, view, alive: () => [...view.alive()].join(' '), changes: () => changes },
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
  using it = start(10)
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
