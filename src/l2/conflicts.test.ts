import assert from 'node:assert/strict'
import { test } from 'node:test'
import { address } from '../net/address.ts'
import {
  CLAIMANTS_MAX,
  CONTESTS_MAX,
  type ConflictEffect,
  Conflicts,
  DEFEND_AFTER_MS,
  DEFEND_MS,
  LASTING_MS,
  QUIET_MS,
  SETTLE_MS,
  TAKEOVER_MS,
  TELL_AGAIN_MS,
} from './conflicts.ts'
import { macText } from './mac.ts'
import { entryOf, type Link } from './table.ts'

const eth0: Link = { index: 2, name: 'eth0', mac: 1, arp: true, linkLocal: undefined }
const RIVAL = 0x020000000bad
const OTHER = 0x020000000dad
/** Long after we began to answer. */
const LATER = 1_000_000

/** Runs it as the worker does, a tick whenever one is due; says what came of it, and when. */
function run() {
  const conflicts = new Conflicts()
  const said: string[] = []
  let nextAt = Number.POSITIVE_INFINITY
  const note = (at: number, effects: readonly ConflictEffect[]) => {
    for (const effect of effects) {
      if (effect.kind === 'defend') said.push(`${at} defend ${effect.address}@${effect.index}`)
      else {
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
  return {
    until,
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

test('another machine is answered soon, and told of once it is clear that this is no move', () => {
  const { claim, until, take } = run()
  claim(LATER)
  assert.deepEqual(take(), [])
  claim(LATER + LASTING_MS)
  until(LATER + SETTLE_MS)
  assert.deepEqual(take(), [
    `${LATER + DEFEND_AFTER_MS} ${defend}`,
    `${LATER + SETTLE_MS} tell 2 ${rival}`,
  ])
})

test('who claims once, as a node that was cut off, is answered and not told of, until it comes again', () => {
  const { claim, until, take } = run()
  claim(LATER)
  claim(LATER + LASTING_MS - 1)
  until(LATER + 60_000)
  assert.deepEqual(take(), [
    `${LATER + DEFEND_AFTER_MS} ${defend}`,
    // What came after the first answer; RFC 5227 lets it wait.
    `${LATER + DEFEND_AFTER_MS + DEFEND_MS} ${defend}`,
  ])
  claim(LATER + 60_001)
  assert.deepEqual(take(), [`${LATER + 60_001} tell 3 ${rival}`])
})

test('who claimed once and is not heard again was never told of, so it is not over either', () => {
  const { claim, until, take } = run()
  claim(LATER)
  until(LATER + 2 * QUIET_MS)
  assert.deepEqual(take(), [`${LATER + DEFEND_AFTER_MS} ${defend}`])
})

test('the owner before us may speak a moment longer, and is told of when it does not stop', () => {
  const { claim, until, take } = run()
  claim(100)
  claim(TAKEOVER_MS - 1)
  until(TAKEOVER_MS + 60_000)
  assert.deepEqual(take(), [])
  claim(TAKEOVER_MS + 60_000)
  claim(TAKEOVER_MS + 60_000 + LASTING_MS)
  until(TAKEOVER_MS + 60_000 + SETTLE_MS)
  assert.equal(take().at(-1), `${TAKEOVER_MS + 60_000 + SETTLE_MS} tell 2 ${rival}`)
})

test('we were the owner before: the address is taken from us, and nothing is said', () => {
  const { claim, remove, until, take } = run()
  claim(LATER)
  claim(LATER + DEFEND_AFTER_MS - 1)
  remove('192.0.2.1')
  until(LATER + QUIET_MS * 2)
  assert.deepEqual(take(), [])
})

test('it is told again after a minute, with how often it was heard, and defended every ten seconds', () => {
  const { claim, take } = run()
  const told = LATER + SETTLE_MS
  const defence = (i: number) => LATER + DEFEND_AFTER_MS + i * DEFEND_MS
  for (let now = LATER; now <= told + TELL_AGAIN_MS; now += 1000) claim(now)
  const said = take()
  assert.deepEqual(
    said.filter((line) => line.includes('tell')),
    [`${told} tell 2 ${rival}`, `${told + TELL_AGAIN_MS} tell 61 ${rival}`],
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

test('two machines are told of each, and defended against together', () => {
  const { claim, until, take } = run()
  for (const now of [LATER, LATER + LASTING_MS]) {
    claim(now, RIVAL)
    claim(now, OTHER)
  }
  until(LATER + SETTLE_MS)
  const at = LATER + SETTLE_MS
  assert.deepEqual(take(), [
    `${LATER + DEFEND_AFTER_MS} ${defend}`,
    `${at} tell 2 ${rival}`,
    `${at} tell 2 192.0.2.1 02:00:00:00:0d:ad`,
  ])
})

test('it is over when it was not heard for long, and new after that', () => {
  const { claim, until, take } = run()
  claim(LATER)
  claim(LATER + 5000)
  until(LATER + 5000 + QUIET_MS - 1)
  take()
  until(LATER + 5000 + QUIET_MS)
  assert.deepEqual(take(), [`${LATER + 5000 + QUIET_MS} over ${rival}`])
  const again = LATER + 2 * QUIET_MS
  claim(again)
  claim(again + LASTING_MS)
  until(again + SETTLE_MS)
  assert.equal(take().at(-1), `${again + SETTLE_MS} tell 2 ${rival}`)
})

test('made up hardware addresses: the first ones are told of, and the memory has an end', () => {
  const { claim, until, take } = run()
  for (let i = 0; i < 1000; i++) claim(LATER + i, OTHER + i)
  for (let i = 0; i < 1000; i++) claim(LATER + LASTING_MS + i, OTHER + i)
  until(LATER + 1000 + SETTLE_MS)
  assert.equal(take().filter((line) => line.includes('tell')).length, CLAIMANTS_MAX)
})

test('all addresses claimed at once: those heard last are kept', () => {
  const { claim, until, take } = run()
  const all = Array.from({ length: CONTESTS_MAX + 10 }, (_, i) => `198.18.${i >> 8}.${i & 255}`)
  for (const text of all) claim(LATER, RIVAL, text)
  for (const text of all.slice(10)) claim(LATER + LASTING_MS, RIVAL, text)
  until(LATER + SETTLE_MS)
  const told = take()
    .filter((line) => line.includes('tell'))
    .map((line) => line.split(' ')[3])
  assert.deepEqual(told, all.slice(10))
})
