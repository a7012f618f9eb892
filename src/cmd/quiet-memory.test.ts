import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QuietMemory } from './quiet-memory.ts'

const MB = 1024 * 1024

function memory() {
  const heap = { usedMb: 60, collected: 0 }
  const collect = () => {
    heap.collected++
    heap.usedMb = 25
  }
  const quiet = new QuietMemory({ collect, usedBytes: () => heap.usedMb * MB })
  quiet[Symbol.dispose]()
  return { heap, quiet }
}

test('what a burst left is collected once when nothing was done between two looks', () => {
  const { heap, quiet } = memory()
  quiet.look()
  assert.equal(heap.collected, 0)
  quiet.look()
  assert.equal(heap.collected, 1)
  quiet.look()
  assert.equal(heap.collected, 1)
})

test('while there is work nothing is collected', () => {
  const { heap, quiet } = memory()
  for (let looks = 0; looks < 5; looks++) {
    quiet.busy()
    quiet.look()
  }
  assert.equal(heap.collected, 0)
})

test('a little more than was left is not worth it, much more is', () => {
  const { heap, quiet } = memory()
  quiet.look()
  quiet.look()
  heap.usedMb = 30
  quiet.look()
  assert.equal(heap.collected, 1)
  heap.usedMb = 34
  quiet.look()
  assert.equal(heap.collected, 2)
})
