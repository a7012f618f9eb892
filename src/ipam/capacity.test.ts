import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pool, world } from '../../test/support/build.ts'
import { addressOf } from '../net/address.ts'
import { capacityOf, isBuggy, MAX_COUNT } from './capacity.ts'

const capacity = (addresses: string[], avoidBuggyIPs = false) => {
  const [one] = world([pool('p', { addresses, avoidBuggyIPs })]).config.pools
  return capacityOf(one!)
}

for (const [addresses, avoids, v4, v6] of [
  [['1.2.3.0/24'], false, 256n, 0n],
  [['1.2.3.0/24', '1.2.4.0/25'], false, 384n, 0n],
  [['1.2.3.0/24', '1.2.4.0/25'], true, 381n, 0n],
  [['1.2.0.0/16'], true, 65536n - 512n, 0n],
  [['1.2.4.254/31', 'fd00::/127'], true, 1n, 2n],
  [['4.4.4.255/32'], true, 0n, 0n],
  [['4.4.4.0/32'], true, 0n, 0n],
  [['4.4.4.7/32'], true, 1n, 0n],
  [['fd00::/66'], false, 0n, 2n ** 62n],
  [['fd00::/64'], false, 0n, MAX_COUNT],
  [['fd00::/64', 'fd00:0:0:1::/120', '1.2.3.0/24'], false, 256n, MAX_COUNT],
  [['::/0', '0.0.0.0/0'], false, 2n ** 32n, MAX_COUNT],
] as const) {
  test(`capacity of ${addresses.join(' + ')}${avoids ? ', avoiding .0 and .255' : ''}`, () =>
    assert.deepEqual(capacity([...addresses], avoids), { 4: v4, 6: v6 }))
}

test('the count of what is not avoided is right for every small prefix', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2000 }),
      fc.integer({ min: 20, max: 32 }),
      (at, length) => {
        const size = 1 << (32 - length)
        const first = 0x0a000000 + Math.floor(at / size) * size
        const all = Array.from({ length: size }, (_, i) => addressOf(4, BigInt(first + i)))
        const { text } = addressOf(4, BigInt(first))
        const expected = BigInt(all.filter((one) => !isBuggy(one)).length)
        assert.equal(capacity([`${text}/${length}`], true)[4], expected)
      },
    ),
    { numRuns: 50 },
  )
})
