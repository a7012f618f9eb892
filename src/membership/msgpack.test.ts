import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hex } from '../../test/support/gossip-vectors.ts'
import { orDrop } from './drop.ts'
import { packMap, readMap, Short } from './msgpack.ts'

const read = (bytes: Uint8Array) =>
  orDrop(() =>
    Object.fromEntries([...readMap(bytes, 0).map].map(([key, one]) => [key, plain(one)])),
  )
const plain = (one: unknown) => (one instanceof Uint8Array ? Buffer.from(one).toString('hex') : one)
/** A map {k: value}. */
const withValue = (value: string) => hex(`81a16b${value}`)

for (const [name, value, bytes] of [
  ['nil', null, 'c0'],
  ['false', false, 'c2'],
  ['true', true, 'c3'],
  ['0', 0, '00'],
  ['127', 127, '7f'],
  ['128', 128, 'cc80'],
  ['256', 256, 'cd0100'],
  ['65536', 65536, 'ce00010000'],
  ['2^32-1', 0xffffffff, 'ceffffffff'],
  ['signed 127', { signed: 127 }, '7f'],
  ['signed 128', { signed: 128 }, 'd10080'],
  ['signed 32767', { signed: 32767 }, 'd17fff'],
  ['signed 32768', { signed: 32768 }, 'd200008000'],
  ['no text', '', 'a0'],
  ['31 bytes', 'x'.repeat(31), `bf${'78'.repeat(31)}`],
  ['32 bytes, in the old family', 'x'.repeat(32), `da0020${'78'.repeat(32)}`],
  ['65,536 bytes', new Uint8Array(65536), `db00010000${'00'.repeat(65536)}`],
] as const) {
  test(`written: ${name}`, () => {
    assert.equal(packMap({ k: value }).toString('hex'), `81a16b${bytes}`)
  })
}

test('written: keys in order, undefined ones not at all', () => {
  assert.equal(packMap({ b: 1, a: 2, c: undefined, B: 3 }).toString('hex'), '83a14203a16102a16201')
})

for (const [name, value, expected] of [
  ['a byte', 'cc05', 5],
  ['16 bits', 'cd0005', 5],
  ['32 bits', 'ce00000005', 5],
  ['64 bits', 'cf0000000000000005', 5],
  ['signed 8 bits', 'd005', 5],
  ['signed 16 bits', 'd100c8', 200],
  ['signed 64 bits', 'd30000000000000005', 5],
  ['below zero, short', 'ff', -1],
  ['below zero, 8 bits', 'd080', -128],
  ['below zero, 16 bits', 'd1ffff', -1],
  ['below zero, 64 bits', 'd3ffffffffffffffff', -1],
  ['old raw', 'a26869', '6869'],
  ['str8', 'd9026869', '6869'],
  ['str16', 'da00026869', '6869'],
  ['str32', 'db000000026869', '6869'],
  ['bin8', 'c4026869', '6869'],
  ['bin16', 'c500026869', '6869'],
  ['bin32', 'c6000000026869', '6869'],
  ['an array', '93017fcc80', [1, 127, 128]],
  ['array16', 'dc00020102', [1, 2]],
  ['array32', 'dd000000020102', [1, 2]],
  ['float32', 'ca3f800000', 'other'],
  ['float64', 'cb3ff0000000000000', 'other'],
  ['fixext1', 'd40100', 'other'],
  ['fixext16', `d801${'00'.repeat(16)}`, 'other'],
  ['ext8', 'c7020100ff', 'other'],
  ['ext32', 'c900000001ffff', 'other'],
  ['a map within', '82a16101a16281a16302', 'other'],
  ['map16 within', 'de0001a16101', 'other'],
] as const) {
  test(`read: ${name}`, () => {
    assert.deepEqual(read(withValue(value)), { k: expected })
    // What follows is still found.
    assert.equal(readMap(hex(`81a16b${value}00`), 0).end, 3 + value.length / 2)
  })
}

for (const [name, bytes, expected] of [
  ['map16', 'de0001a16b01', { k: 1 }],
  ['map32', 'df00000001a16b01', { k: 1 }],
  ['a key as bin', '81c4016b01', { k: 1 }],
  ['the last of two', '82a16b01a16b02', { k: 2 }],
  ['not a map', '9101', { drop: 'malformed' }],
  ['a key that is a number', '810101', { drop: 'malformed' }],
  ['the code nobody uses', '81a16bc1', { drop: 'malformed' }],
  ['a key beyond all names', `81d941${'6b'.repeat(65)}01`, { drop: 'too-large' }],
  ['8 arrays in a value', `81a16b${'91'.repeat(7)}01`, { k: [[[[[[[1]]]]]]] }],
  ['9 arrays in a value', `81a16b${'91'.repeat(8)}01`, { drop: 'too-large' }],
  ['9 maps in a value', `81a16b${'81a16b'.repeat(8)}01`, { drop: 'too-large' }],
  ['more elements than any message', '81a16bdc1001', { drop: 'too-large' }],
  ['more elements than memory', '81a16bddffffffff', { drop: 'too-large' }],
  ['more keys than any message', 'de1001', { drop: 'too-large' }],
  ['more keys than memory', 'dfffffffff', { drop: 'too-large' }],
] as const) {
  test(`read: ${name}`, () => assert.deepEqual(read(hex(bytes)), expected))
}

test('of a map cut short it is known how much is missing, at least', () => {
  const bytes = packMap({ a: 'x'.repeat(40), b: 70_000, c: new Uint8Array(300), d: null })
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(
      () => readMap(bytes.subarray(0, length), 0),
      (error) =>
        error instanceof Short && error.missing > 0 && length + error.missing <= bytes.length,
      `at ${length}`,
    )
  }
})

test('noise is read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.equal(typeof read(Uint8Array.of(0x83, ...bytes)), 'object')
    }),
  )
})
