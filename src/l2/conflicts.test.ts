import assert from 'node:assert/strict'
import { test } from 'node:test'
import { address } from '../net/address.ts'
import { SERIES_MS, SETTLE_MS, TAKEOVER_MS, TELL_AGAIN_MS } from './claimant.ts'
import {
  CALM_AFTER_MS,
  CLAIMANTS_MAX,
  CONTESTS_MAX,
  type ConflictEffect,
  Conflicts,
  DEFEND_AFTER_MS,
  DEFEND_MS,
  QUIET_MS,
} from './conflicts.ts'
import { macText } from './mac.ts'
import { entryOf, type Link } from './table.ts'

const eth0: Link = { index: 2, name: 'eth0', mac: 1, arp: true, linkLocal: undefined }
const RIVAL = 0x020000000bad
const OTHER = 0x020000000dad
/** Long after we began to answer. */
const LATER = 1_000_000

/** What a moment may take that is not the same. */
const SOON_MS = 5

/** Runs it as the worker does, a tick whenever one is due; says what came of it, and when. */
function run({ isWhole = false } = {}) {
  const conflicts = new Conflicts()
  const said: string[] = []
  let nextAt = Number.POSITIVE_INFINITY
  const note = (at: number, effects: readonly ConflictEffect[]) => {
    for (const effect of effects) {
      if (effect.kind === 'defend' || effect.kind === 'probe') {
        said.push(`${at} ${effect.kind} ${effect.address}@${effect.index}`)
      } else {
        const claims = effect.kind === 'tell' ? ` ${effect.claims}` : ''
        said.push(
          `${at} ${effect.kind}${claims} ${effect.entry.address.text} ${macText(effect.mac)}`,
        )
      }
    }
  }
  const until = (end: number) => {
    while (nextAt <= end) {
      const at = nextAt
      const step = conflicts.step({ kind: 'tick' }, at)
      nextAt = step.nextAt
      note(at, step.effects)
    }
  }
  const ring = (whole: boolean, now: number) => {
    until(now)
    nextAt = conflicts.step({ kind: 'ring', isWhole: whole }, now).nextAt
  }
  ring(isWhole, 0)
  return {
    until,
    ring,
    mistaken(now: number) {
      until(now)
      nextAt = conflicts.step({ kind: 'mistaken' }, now).nextAt
    },
    claim(now: number, mac = RIVAL, text = '192.0.2.1') {
      until(now)
      const entry = entryOf({ address: address(text), interfaces: [], slot: 0, sinceMs: 0 })
      const step = conflicts.step({ kind: 'claim', entry, link: eth0, mac }, now)
      nextAt = step.nextAt
      note(now, step.effects)
    },
    remove(...addresses: string[]) {
      nextAt = conflicts.step({ kind: 'removed', addresses }, 0).nextAt
    },
    take: () => said.splice(0),
  }
}
const rival = '192.0.2.1 02:00:00:00:0b:ad'
const defend = 'defend 192.0.2.1@2'
const probe = 'probe 192.0.2.1@2'

test('all nodes are there: one claim is enough, and is told within the second', () => {
  const { claim, until, take } = run({ isWhole: true })
  claim(LATER)
  assert.deepEqual(take(), [])
  until(LATER + 1000)
  assert.deepEqual(take(), [
    `${LATER + DEFEND_AFTER_MS} ${defend}`,
    `${LATER + SETTLE_MS} tell 1 ${rival}`,
  ])
})

test('a node is away: whoever claims is asked, and told of when it answers', () => {
  const { claim, until, take } = run()
  claim(LATER)
  claim(LATER + 700)
  until(LATER + SETTLE_MS)
  assert.deepEqual(take(), [
    `${LATER + DEFEND_AFTER_MS} ${defend}`,
    `${LATER + SETTLE_MS} ${probe}`,
  ])
  claim(LATER + SETTLE_MS + SOON_MS)
  assert.deepEqual(take(), [`${LATER + SETTLE_MS + SOON_MS} tell 3 ${rival}`])
})

test('the others took us for dead: who had the address meanwhile is asked, and gave it back', () => {
  const { claim, mistaken, until, take } = run({ isWhole: true })
  claim(LATER)
  mistaken(LATER + SETTLE_MS - 1)
  until(LATER + SETTLE_MS)
  assert.deepEqual(take(), [
    `${LATER + DEFEND_AFTER_MS} ${defend}`,
    `${LATER + SETTLE_MS} ${probe}`,
  ])
  const calm = LATER + SETTLE_MS - 1 + CALM_AFTER_MS
  claim(calm, OTHER)
  until(calm + SETTLE_MS)
  assert.equal(take().at(-1), `${calm + SETTLE_MS} tell 1 192.0.2.1 02:00:00:00:0d:ad`)
})

test('who was taken for dead and misses others is not calm before they are there', () => {
  const { claim, mistaken, until, take } = run()
  mistaken(LATER - CALM_AFTER_MS)
  claim(LATER)
  until(LATER + SETTLE_MS)
  assert.equal(take().at(-1), `${LATER + SETTLE_MS} ${probe}`)
})

test('who has just come may claim once; later a claim of it counts', () => {
  const { claim, ring, until, take } = run()
  ring(true, LATER)
  ring(true, LATER + CALM_AFTER_MS - 1)
  claim(LATER + CALM_AFTER_MS - SETTLE_MS - 1)
  until(LATER + CALM_AFTER_MS)
  const asked = LATER + CALM_AFTER_MS - 1
  assert.equal(take().at(-1), `${asked} ${probe}`)
  claim(LATER + CALM_AFTER_MS + SERIES_MS)
  until(LATER + CALM_AFTER_MS + SERIES_MS + SETTLE_MS)
  assert.equal(take().at(-1), `${LATER + CALM_AFTER_MS + SERIES_MS + SETTLE_MS} tell 2 ${rival}`)
})

test('a node that is lost while its claim is looked at makes it a move', () => {
  const { claim, ring, until, take } = run({ isWhole: true })
  claim(LATER)
  ring(false, LATER + 100)
  until(LATER + QUIET_MS)
  assert.deepEqual(take(), [
    `${LATER + DEFEND_AFTER_MS} ${defend}`,
    `${LATER + SETTLE_MS} ${probe}`,
  ])
})

test('a node that is cut off twice is asked twice; the third time it is told of', () => {
  const { claim, until, take } = run()
  const times = [0, 1, 2].map((nth) => LATER + nth * SERIES_MS)
  for (const at of times) {
    claim(at)
    claim(at + 600)
    until(at + SERIES_MS - 1)
  }
  assert.deepEqual(
    take().filter((line) => !line.includes('defend')),
    [
      `${times[0]! + SETTLE_MS} ${probe}`,
      `${times[1]! + SETTLE_MS} ${probe}`,
      `${times[2]! + SETTLE_MS} tell 6 ${rival}`,
    ],
  )
})

test('who claimed once and is not heard again was never told of, so it is not over either', () => {
  const { claim, until, take } = run()
  claim(LATER)
  until(LATER + 2 * QUIET_MS)
  assert.deepEqual(take(), [
    `${LATER + DEFEND_AFTER_MS} ${defend}`,
    `${LATER + SETTLE_MS} ${probe}`,
  ])
})

test('the owner before us has two seconds to notice, and is told of when it goes on', () => {
  for (const isWhole of [true, false]) {
    const { claim, until, take } = run({ isWhole })
    claim(100)
    claim(TAKEOVER_MS - 1)
    until(TAKEOVER_MS - 1)
    assert.deepEqual(take(), [`${100 + DEFEND_AFTER_MS} ${defend}`])
    until(TAKEOVER_MS)
    // Not yet calm, in the first seconds.
    assert.deepEqual(take(), [`${TAKEOVER_MS} ${probe}`])
    claim(TAKEOVER_MS + SOON_MS)
    assert.deepEqual(take(), [`${TAKEOVER_MS + SOON_MS} tell 3 ${rival}`])
  }
})

test('we were the owner before: the address is taken from us, and nothing is said', () => {
  const { claim, remove, until, take } = run({ isWhole: true })
  claim(LATER)
  claim(LATER + DEFEND_AFTER_MS - 1)
  remove('192.0.2.1')
  until(LATER + QUIET_MS * 2)
  assert.deepEqual(take(), [])
})

test('it is told again after a minute, with how often it was heard, and defended every ten seconds', () => {
  const { claim, take } = run({ isWhole: true })
  const told = LATER + SETTLE_MS
  const defence = (i: number) => LATER + DEFEND_AFTER_MS + i * DEFEND_MS
  for (let now = LATER; now <= told + TELL_AGAIN_MS + 1000; now += 1000) claim(now)
  const said = take()
  assert.deepEqual(
    said.filter((line) => line.includes('tell')),
    [`${told} tell 1 ${rival}`, `${LATER + TELL_AGAIN_MS + 1000} tell 61 ${rival}`],
  )
  const defences = said
    .filter((line) => line.includes('defend'))
    .map((line) => Number(line.split(' ')[0]))
  assert.deepEqual(
    defences,
    defences.map((_, i) => defence(i)),
  )
  assert.equal(defences.length, Math.floor((SETTLE_MS + TELL_AGAIN_MS) / DEFEND_MS) + 1)
})

test('who was told of and is silent is asked once a minute, and told again when it answers', () => {
  const { claim, until, take } = run({ isWhole: true })
  claim(LATER)
  until(LATER + 1000)
  take()
  const asked = LATER + SETTLE_MS + TELL_AGAIN_MS
  until(asked)
  assert.deepEqual(take(), [`${asked} ${probe}`])
  claim(asked + SOON_MS)
  assert.deepEqual(take(), [`${asked + SOON_MS} tell 1 ${rival}`])
  until(asked + SOON_MS + TELL_AGAIN_MS)
  assert.equal(take().at(-1), `${asked + SOON_MS + TELL_AGAIN_MS} ${probe}`)
})

test('two machines are told of each, and defended against together', () => {
  const { claim, until, take } = run({ isWhole: true })
  claim(LATER, RIVAL)
  claim(LATER, OTHER)
  until(LATER + SETTLE_MS)
  const at = LATER + SETTLE_MS
  assert.deepEqual(take(), [
    `${LATER + DEFEND_AFTER_MS} ${defend}`,
    `${at} tell 1 ${rival}`,
    `${at} tell 1 192.0.2.1 02:00:00:00:0d:ad`,
  ])
})

test('it is over when it was not heard for long, and new after that', () => {
  const { claim, until, take } = run({ isWhole: true })
  claim(LATER)
  until(LATER + QUIET_MS - 1)
  take()
  until(LATER + QUIET_MS)
  assert.deepEqual(take(), [`${LATER + QUIET_MS} over ${rival}`])
  const again = LATER + 2 * QUIET_MS
  claim(again)
  until(again + SETTLE_MS)
  assert.equal(take().at(-1), `${again + SETTLE_MS} tell 1 ${rival}`)
})

test('made up hardware addresses: the first ones are told of, and the memory has an end', () => {
  const { claim, until, take } = run({ isWhole: true })
  for (let i = 0; i < 1000; i++) claim(LATER + i, OTHER + i)
  until(LATER + 1000 + SETTLE_MS)
  assert.equal(take().filter((line) => line.includes('tell')).length, CLAIMANTS_MAX)
})

test('all addresses claimed at once: those heard last are kept', () => {
  const { claim, until, take } = run({ isWhole: true })
  const all = Array.from({ length: CONTESTS_MAX + 10 }, (_, i) => `198.18.${i >> 8}.${i & 255}`)
  for (const text of all) claim(LATER, RIVAL, text)
  until(LATER + SETTLE_MS)
  const told = take()
    .filter((line) => line.includes('tell'))
    .map((line) => line.split(' ')[3])
  assert.deepEqual(told, all.slice(10))
})
