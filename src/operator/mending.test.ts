import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isContest, type Mended, mended, waitMs } from './mending.ts'

/** Somebody changes it at once, each time: when it is mended, in seconds. */
function contest(seconds: number): { times: number[]; told: number } {
  const times: number[] = []
  let last: Mended | undefined
  let told = 0
  for (let now = 0; now < seconds * 1000; now += 10) {
    if (waitMs(last, now) > 0) continue
    last = mended(last, now)
    times.push(Math.round(now / 1000))
    if (isContest(last)) told++
  }
  return { times, told }
}

test('the first changes are mended at once, the next ever more rarely, and it is told once', () => {
  const { times, told } = contest(300)
  assert.deepEqual(times, [0, 0, 0, 0, 0, 1, 3, 7, 15, 31, 63, 123, 183, 243])
  assert.equal(told, 1)
})

test('after a rest it begins anew', () => {
  const last: Mended = { times: 12, at: 0 }
  assert.equal(waitMs(last, 130_000), 0)
  assert.deepEqual(mended(last, 130_000), { times: 1, at: 130_000 })
  assert.equal(waitMs({ times: 1, at: 130_000 }, 130_001), 0)
})
