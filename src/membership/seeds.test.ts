import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Seeds } from './seeds.ts'

const NONE: ReadonlySet<string> = new Set()
const addresses = (count: number) => Array.from({ length: count }, (_, i) => `10.0.0.${i}`)
/** Always in the middle. */
const open = () => new Seeds(() => 0.5)
/** Somebody has our table already. */
const met = () => {
  const seeds = open()
  seeds.set(['first'], 0)
  seeds.take(NONE, 0)
  seeds.answered('first', 0)
  return seeds
}

test('a few are asked at a time, the next ones as they answer', () => {
  const seeds = open()
  seeds.set(addresses(6), 0)
  const first = seeds.take(NONE, 0)
  assert.equal(first.length, 4)
  assert.deepEqual(seeds.take(NONE, 0), [])
  assert.equal(seeds.nextAt(NONE), Number.POSITIVE_INFINITY, 'until one of them is reported')
  seeds.failed(first[0]!, 0)
  assert.equal(seeds.nextAt(NONE), 0)
  seeds.answered(first[1]!, 0)
  assert.equal(seeds.take(NONE, 0).length, 2)
})

test('members are not asked once one of them has our table', () => {
  const seeds = met()
  seeds.set(addresses(3), 0)
  assert.deepEqual(seeds.take(new Set(['10.0.0.0', '10.0.0.2']), 0), ['10.0.0.1'])
  assert.equal(seeds.nextAt(new Set(addresses(3))), Number.POSITIVE_INFINITY)
})

test('before that, members that told us of themselves are asked, too', () => {
  const seeds = open()
  const members = new Set(['a', 'b'])
  seeds.set(['a', 'b'], 0)
  assert.deepEqual(seeds.take(members, 0).sort(), ['a', 'b'])
  seeds.failed('a', 0)
  seeds.failed('b', 0)
  // As seldom as if they were none.
  assert.equal(seeds.nextAt(members), 750)
  assert.equal(seeds.take(members, 750).length, 2)
  seeds.failed('a', 750)
  assert.equal(seeds.nextAt(members), 2_250)
  seeds.answered('b', 800)
  assert.deepEqual(seeds.take(members, 10_000), [])
})

test('who does not answer is asked again, less and less often', () => {
  const seeds = open()
  seeds.set(['a'], 0)
  const waits: number[] = []
  let now = 0
  for (let i = 0; i < 9; i++) {
    assert.deepEqual(seeds.take(NONE, now), ['a'])
    seeds.failed('a', now)
    const at = seeds.nextAt(NONE)
    assert.deepEqual(seeds.take(NONE, at - 1), [])
    waits.push((at - now) / 750)
    now = at
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60])
})

test('who answers and still is no member is asked again in a minute', () => {
  const seeds = open()
  seeds.set(['a'], 0)
  seeds.take(NONE, 0)
  seeds.answered('a', 100)
  assert.equal(seeds.nextAt(NONE), 60_100)
})

test('who is lost is asked after a moment, however often it failed before', () => {
  const seeds = met()
  seeds.set(['a'], 0)
  for (const now of [0, 60_000, 120_000]) {
    seeds.take(NONE, now)
    seeds.failed('a', now)
  }
  seeds.take(new Set(['a']), 200_000)
  assert.deepEqual(seeds.take(NONE, 300_000), [])
  assert.equal(seeds.nextAt(NONE), 303_750)
  assert.deepEqual(seeds.take(NONE, 303_750), ['a'])
  seeds.failed('a', 304_000)
  assert.equal(seeds.nextAt(NONE), 304_750)
})

test('the network is back: whoever is no member is asked at once, also where a question is under way', () => {
  const seeds = met()
  seeds.set(['a', 'b', 'c'], 0)
  seeds.take(new Set(['c']), 0)
  for (let i = 0; i < 9; i++) seeds.failed('a', i)
  const members = new Set(['c'])
  assert.deepEqual(seeds.take(members, 5000), [])
  seeds.hurry(5000)
  assert.equal(seeds.nextAt(members), 5000)
  assert.deepEqual(seeds.take(members, 5000).sort(), ['a', 'b'])
  seeds.failed('a', 5100)
  assert.equal(seeds.nextAt(members), 5250)
})

test('the network is back, and a switch does not forward yet: they are asked a few times more', () => {
  const seeds = open()
  seeds.set(['a'], 0)
  seeds.hurry(5000)
  const asked: number[] = []
  for (let now = 5000; now < 60_000; now = Math.max(now + 1, seeds.nextAt(NONE))) {
    if (seeds.take(NONE, now).length > 0) asked.push(now)
  }
  // None of them has been settled.
  assert.deepEqual(asked, [5000, 5250, 5500, 6000, 8000, 15_000])
})

test('who has met all does not hurry', () => {
  const seeds = met()
  seeds.set(['a'], 0)
  seeds.hurry(5000)
  assert.deepEqual(seeds.take(new Set(['a']), 5000), [])
  assert.equal(seeds.nextAt(new Set(['a'])), Number.POSITIVE_INFINITY)
})

test('an address that goes is forgotten, one that stays keeps its turn', () => {
  const seeds = open()
  seeds.set(['a', 'b'], 0)
  for (const one of seeds.take(NONE, 0)) seeds.failed(one, 0)
  seeds.set(['b', 'c'], 10)
  assert.deepEqual(seeds.take(NONE, 10), ['c'])
  seeds.failed('a', 10)
  assert.equal(seeds.nextAt(NONE), 750)
})

test('without addresses there is nothing to do', () => {
  assert.equal(open().nextAt(NONE), Number.POSITIVE_INFINITY)
})
