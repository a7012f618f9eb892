import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { address, addressOf } from './address.ts'
import {
  contains,
  lastBits,
  overlaps,
  parseCidr,
  prefix,
  prefixAround,
  prefixesOfRange,
} from './prefix.ts'

for (const [text, expected] of [
  ['1.2.3.4/24', '1.2.3.0/24'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['2001:db8::ffff/112', '2001:db8::/112'],
  ['::ffff:1.2.3.0/120', '1.2.3.0/24'],
  ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
] as const) {
  test(`a prefix is masked and canonical: ${text}`, () =>
    assert.equal(parseCidr(text)?.text, expected))
}

for (const text of [
  '1.2.3.4',
  '1.2.3.0/33',
  '100.200.300.400/24',
  '',
  ' 1.2.3.0/24',
  '1.2.3.004/32',
  'fe80::1%eth0/64',
  '1.2.3.0/-1',
  '::ffff:1.2.3.0/64',
]) {
  test(`not a prefix: "${text}"`, () => assert.equal(parseCidr(text), undefined))
}

const split = (first: string, last: string) =>
  prefixesOfRange(address(first), address(last)).map((p) => p.text)

test('a range becomes the smallest list of prefixes', () => {
  assert.deepEqual(split('40.0.0.150', '40.0.0.200'), [
    '40.0.0.150/31',
    '40.0.0.152/29',
    '40.0.0.160/27',
    '40.0.0.192/29',
    '40.0.0.200/32',
  ])
  assert.deepEqual(split('40.0.0.250', '40.0.0.250'), ['40.0.0.250/32'])
  assert.deepEqual(split('1.2.3.0', '1.2.3.255'), ['1.2.3.0/24'])
  assert.deepEqual(split('0.0.0.0', '255.255.255.255'), ['0.0.0.0/0'])
  assert.deepEqual(split('fc00::', 'fc00::ffff'), ['fc00::/112'])
})

test('the prefixes of any range cover it without gap or overlap', () => {
  const end = fc.bigInt(0n, (1n << 32n) - 1n)
  fc.assert(
    fc.property(end, end, (a, b) => {
      const [first, last] = a < b ? [a, b] : [b, a]
      let next = first
      for (const p of prefixesOfRange(addressOf(4, first), addressOf(4, last))) {
        assert.equal(p.bits, next)
        next = lastBits(p) + 1n
      }
      assert.equal(next, last + 1n)
    }),
  )
})

test('overlap means one contains the other, within a family', () => {
  assert.ok(overlaps(prefix('10.0.0.0/8'), prefix('10.1.0.0/16')))
  assert.ok(!overlaps(prefix('10.0.0.0/24'), prefix('10.0.1.0/24')))
  assert.ok(!overlaps(prefix('1.2.3.0/24'), prefix('::/0')))
  assert.ok(contains(prefix('10.0.0.0/24'), address('10.0.0.255')))
  assert.ok(!contains(prefix('10.0.0.0/24'), address('10.0.1.0')))
})

test('aggregation masks the address', () => {
  assert.equal(prefixAround(address('10.20.30.1'), 24).text, '10.20.30.0/24')
  assert.equal(prefixAround(address('10.20.30.1'), 32).text, '10.20.30.1/32')
  assert.equal(prefixAround(address('fc00::1'), 124).text, 'fc00::/124')
})
