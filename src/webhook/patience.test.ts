import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PATIENT, waitMs, wrote } from './patience.ts'

/** Somebody changes it as soon as we have written: how long we wait each time. */
function fight(times: number): number[] {
  let patience = PATIENT
  let now = 1_000
  return Array.from({ length: times }, () => {
    const wait = waitMs(patience, now)
    now += wait
    patience = wrote(patience, now)
    return wait
  })
}

test('at once, then ever more slowly, and never less than every two minutes', () => {
  const waits = fight(40)
  assert.deepEqual(waits.slice(0, 10), [0, 0, 0, 0, 0, 1e3, 4e3, 16e3, 64e3, 120e3])
  // Ten minutes on, the first writes are forgotten; the fight is not.
  assert.ok(waits.slice(10).every((wait) => wait >= 1e3 && wait <= 120e3))
})

test('who waited anyway waits no more', () => {
  let patience = PATIENT
  for (let at = 0; at < 6; at++) patience = wrote(patience, at)
  assert.equal(waitMs(patience, 5), 4_000)
  assert.equal(waitMs(patience, 3_005), 1_000)
  assert.equal(waitMs(patience, 9_000), 0)
})

test('what was long ago is forgotten', () => {
  let patience = PATIENT
  for (let at = 0; at < 10; at++) patience = wrote(patience, at)
  assert.equal(waitMs(patience, 600_009), 0)
  assert.deepEqual(wrote(patience, 600_009), [600_009])
})

test('what is remembered has a bound', () => {
  let patience = PATIENT
  for (let at = 0; at < 1000; at++) patience = wrote(patience, at)
  assert.equal(patience.length, 10)
})
