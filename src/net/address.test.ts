import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressOf, compareAddresses, parseAddress } from './address.ts'

for (const [text, expected] of [
  ['10.0.0.1', '10.0.0.1'],
  ['255.255.255.255', '255.255.255.255'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::ffff:a00:1', '10.0.0.1'],
  ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
] as const) {
  test(`an address reads back canonical: ${text}`, () =>
    assert.equal(parseAddress(text)?.text, expected))
}

for (const text of [
  '',
  ' 10.0.0.1',
  '10.0.0.1 ',
  '010.0.0.1',
  '10.0.1',
  '1.2.3.400',
  '10.0.0.0/8',
  'fe80::1%eth0',
  '1::2::3',
  'oh god',
]) {
  test(`not an address: "${text}"`, () => assert.equal(parseAddress(text), undefined))
}

test('text and number of any address name the same thing', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(4 as const, 6 as const),
      fc.bigInt(0n, (1n << 128n) - 1n),
      (f, n) => {
        const bits = f === 4 ? n & 0xffffffffn : n
        // A v4-mapped number has no IPv6 text of its own: it is an IPv4 address.
        fc.pre(f === 4 || bits >> 32n !== 0xffffn)
        const at = addressOf(f, bits)
        assert.deepEqual(parseAddress(at.text), at)
      },
    ),
  )
})

test('addresses sort by family, then as numbers', () => {
  const sorted = ['2001:db8::1', '10.0.0.10', '9.0.0.1', '10.0.0.9']
    .map((text) => parseAddress(text)!)
    .sort(compareAddresses)
  assert.deepEqual(
    sorted.map((at) => at.text),
    ['9.0.0.1', '10.0.0.9', '10.0.0.10', '2001:db8::1'],
  )
})
