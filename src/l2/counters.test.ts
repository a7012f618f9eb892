import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counters, SLOTS_MAX } from './counters.ts'
import { DROP } from './drops.ts'

test('what one side counts the other side reads, each address for itself', () => {
  const here = new Counters()
  const there = new Counters(here.shared)
  there.addRequest(0)
  there.addRequest(SLOTS_MAX - 1)
  there.addResponse(SLOTS_MAX - 1)
  there.addGratuitous(1)
  there.addConflicts(1, 3)
  there.addFrame(DROP.claimed)
  const none = { requests: 0, responses: 0, gratuitous: 0, conflicts: 0 }
  assert.deepEqual(here.read(0), { ...none, requests: 1 })
  assert.deepEqual(here.read(1), { ...none, gratuitous: 1, conflicts: 3 })
  assert.deepEqual(here.read(SLOTS_MAX - 1), { ...none, requests: 1, responses: 1 })
  assert.deepEqual([here.frames().claimed, here.frames().answered], [1, 0])
  here.reset(1)
  assert.deepEqual(there.read(1), none)
  assert.deepEqual(there.read(0), { ...none, requests: 1 })
})
