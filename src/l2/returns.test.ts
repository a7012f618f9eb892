import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RETURN_MS, Returns } from './returns.ts'
import type { Link } from './table.ts'

const linkOf = (index: number): Link => ({
  ...{ index, name: `eth${index}`, mac: index, arp: true, linkLocal: undefined },
})

/** Interfaces by their index: with a cable, and without one. */
function read(returns: Returns, now: number, plugged: number[], unplugged: number[] = []) {
  const seen = [...plugged, ...unplugged].map((index) => ({
    ...{ index, name: `eth${index}`, mac: '', arp: true, ndp: false },
  }))
  const { answering } = returns.admit({ seen, answering: plugged.map(linkOf) }, now)
  return { admitted: answering.map(({ index }) => index), nextAt: returns.nextAt() }
}
const isAnew = (returns: Returns, now: number): boolean =>
  returns.admit({ seen: [], answering: [] }, now).isAnew
const NEVER = Number.POSITIVE_INFINITY

test('interfaces that are new answer at once, whoever is away', () => {
  const returns = new Returns()
  assert.deepEqual(read(returns, 0, [1, 2]), { admitted: [1, 2], nextAt: NEVER })
  assert.deepEqual(read(returns, 5, [1, 2, 3], [4]), { admitted: [1, 2, 3], nextAt: NEVER })
  // Its first cable.
  assert.deepEqual(read(returns, 9, [1, 2, 3, 4]), { admitted: [1, 2, 3, 4], nextAt: NEVER })
})

test('one whose cable is back waits for the gossip, and the others do not', () => {
  const returns = new Returns()
  read(returns, 0, [1, 2])
  assert.deepEqual(read(returns, 10, [1], [2]), { admitted: [1], nextAt: NEVER })
  assert.deepEqual(read(returns, 5000, [1, 2]), { admitted: [1], nextAt: 5000 + RETURN_MS })
  assert.deepEqual(read(returns, 5700, [1, 2]).admitted, [1])
  const at = 5000 + RETURN_MS
  assert.deepEqual(read(returns, at, [1, 2]), { admitted: [1, 2], nextAt: NEVER })
})

test('nobody is away: it does not wait, or no longer', () => {
  const returns = new Returns()
  returns.setRing(true)
  read(returns, 0, [1])
  read(returns, 10, [], [1])
  assert.deepEqual(read(returns, 200, [1]), { admitted: [1], nextAt: NEVER })
  read(returns, 1000, [], [1])
  returns.setRing(false)
  assert.deepEqual(read(returns, 5000, [1]), { admitted: [], nextAt: 5000 + RETURN_MS })
  returns.setRing(true)
  assert.deepEqual(read(returns, 5300, [1]), { admitted: [1], nextAt: NEVER })
})

test('a cable that is pulled again while it waits: it waits from its last return on', () => {
  const returns = new Returns()
  read(returns, 0, [1])
  read(returns, 10, [], [1])
  read(returns, 5000, [1])
  assert.deepEqual(read(returns, 5100, [], [1]), { admitted: [], nextAt: NEVER })
  assert.deepEqual(read(returns, 5200, [1]), { admitted: [], nextAt: 5200 + RETURN_MS })
})

test('it is said once that one is back, whether it waits or not', () => {
  for (const isWhole of [true, false]) {
    const returns = new Returns()
    returns.setRing(isWhole)
    const read = (plugged: boolean) => {
      const seen = [{ index: 1, name: 'eth1', mac: '', arp: true, ndp: false }]
      return returns.admit({ seen, answering: plugged ? [linkOf(1)] : [] }, 0).isOneBack
    }
    assert.deepEqual([true, true, false, false, true, true].map(read), [
      ...[false, false, false, false, true, false],
    ])
  }
})

test('an interface that was deleted is new when its index is used again', () => {
  const returns = new Returns()
  read(returns, 0, [1])
  read(returns, 10, [])
  assert.deepEqual(read(returns, 20, [1]), { admitted: [1], nextAt: NEVER })
})

test('all nodes are there: who was taken for dead announces all anew at once, and once', () => {
  const returns = new Returns()
  returns.setRing(true)
  assert.equal(isAnew(returns, 0), false)
  returns.wishAnew(1000)
  assert.equal(returns.nextAt(), 1000)
  assert.equal(isAnew(returns, 1000), true)
  assert.equal(isAnew(returns, 1000), false)
  assert.equal(returns.nextAt(), NEVER)
})

test('some are away: they may have been cut off together with us, so it waits until they are heard of', () => {
  const returns = new Returns()
  returns.wishAnew(1000)
  returns.wishAnew(1500)
  assert.equal(returns.nextAt(), 1000 + RETURN_MS)
  assert.equal(isAnew(returns, 999 + RETURN_MS), false)
  assert.equal(isAnew(returns, 1000 + RETURN_MS), true)
  assert.equal(isAnew(returns, 1000 + RETURN_MS), false)
})

test('they are all there sooner: it waits no longer', () => {
  const returns = new Returns()
  returns.wishAnew(1000)
  returns.setRing(false)
  assert.equal(isAnew(returns, 1200), false)
  returns.setRing(true)
  assert.equal(isAnew(returns, 1201), true)
  returns.setRing(false)
  returns.setRing(true)
  assert.equal(isAnew(returns, 1202), false)
})
