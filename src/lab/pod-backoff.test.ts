import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Backoff, restartAfter } from './pod-backoff.ts'

/** The waits of a container that ends this long after each of its starts. */
function waits(ranForMs: readonly number[]): number[] {
  let backoff: Backoff | undefined
  let now = 0
  return ranForMs.map((ran) => {
    const answer = restartAfter(backoff, now + ran)
    now += ran + answer.waitMs
    backoff = answer.backoff
    return answer.waitMs / 1000
  })
}

test('at once, then later and later, five minutes at most', () =>
  assert.deepEqual(waits(Array(8).fill(1000)), [0, 10, 20, 40, 80, 160, 300, 300]))

test('ten quiet minutes, and it is as at the first time', () =>
  assert.deepEqual(waits([1000, 1000, 601_000, 1000]), [0, 10, 0, 10]))
