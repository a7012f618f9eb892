import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { hex, type LargeLzw, VECTORS } from '../../test/support/gossip-vectors.ts'
import { orDrop } from './drop.ts'
import { deflateLzw, inflateLzw } from './lzw.ts'

const MAX = 1 << 20
const inflated = (bytes: Uint8Array, max = MAX) => orDrop(() => inflateLzw(bytes, max))
const sha256 = (bytes: Uint8Array) => hash('sha256', bytes)

/** Numbers that do not repeat soon: every entry of the table is used up. */
function noise(n: number): Uint8Array {
  let x = 12345
  return Uint8Array.from({ length: n }, () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    return x >>> 24
  })
}

const isLarge = (one: object): one is LargeLzw => 'n' in one
for (const one of VECTORS.lzw) {
  if (isLarge(one)) continue
  test(`what Go makes of ${one.inHex.slice(0, 48)}`, () => {
    assert.deepEqual(deflateLzw(hex(one.inHex)), hex(one.lzwHex))
    assert.deepEqual(inflated(hex(one.lzwHex)), hex(one.inHex))
  })
}

for (const { n, inSha256, lzwLen, lzwSha256 } of VECTORS.lzw.filter(isLarge)) {
  test(`what Go makes of ${n} bytes of noise`, () => {
    const bytes = noise(n)
    assert.equal(sha256(bytes), inSha256, 'the generator makes what Go was given')
    const deflated = deflateLzw(bytes)
    assert.equal(deflated.length, lzwLen)
    assert.equal(sha256(deflated), lzwSha256)
    assert.deepEqual(inflated(deflated), bytes)
  })
}

test('whatever goes in comes out', () => {
  const few = fc.uint8Array({ maxLength: 6000, max: 3 })
  const any = fc.uint8Array({ maxLength: 6000 })
  fc.assert(
    fc.property(fc.oneof(few, any), (bytes) => {
      assert.deepEqual(inflated(deflateLzw(bytes)), bytes)
    }),
  )
})

test('what is cut short is refused, wherever', () => {
  const deflated = deflateLzw(noise(700))
  for (let length = 0; length < deflated.length; length++) {
    assert.deepEqual(inflated(deflated.subarray(0, length)), { drop: 'truncated' }, `at ${length}`)
  }
})

test('noise is read or refused, and never more than was allowed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat({ max: 5000 }), (bytes, max) => {
      const result = inflated(bytes, max)
      if (result instanceof Uint8Array) assert.ok(result.length <= max)
    }),
  )
})

test('the limit is the last size that passes', () => {
  const deflated = deflateLzw(new Uint8Array(5000))
  assert.deepEqual(inflated(deflated, 5000), new Uint8Array(5000))
  assert.deepEqual(inflated(deflated, 4999), { drop: 'too-large' })
})

/** Codes of one width, least significant bit first. */
function codes(width: number, ...all: number[]): Uint8Array {
  const bits = all.reduce((sum, code, i) => sum | (BigInt(code) << BigInt(width * i)), 0n)
  const size = Math.ceil((width * all.length) / 8)
  return Uint8Array.from({ length: size }, (_, i) => Number((bits >> BigInt(8 * i)) & 0xffn))
}

for (const [name, bytes, expected] of [
  ['a code that nothing defined yet', codes(9, 256, 97, 259, 257), { drop: 'malformed' }],
  ['an entry as the very first code', codes(9, 256, 258, 257), { drop: 'malformed' }],
  ['no clear at the start', codes(9, 97, 98, 257), Uint8Array.of(97, 98)],
  ['the code it defines itself', codes(9, 256, 97, 258, 257), Uint8Array.of(97, 97, 97)],
  ['nothing', codes(9, 256, 257), new Uint8Array()],
] as const) {
  test(`codes: ${name}`, () => assert.deepEqual(inflated(bytes), expected))
}

test('without a clear the full table stays as it is', () => {
  const bytes = noise(3838)
  const deflated = Uint8Array.from(withoutClear([...bytes, 1, 2, 1, 2, 257]))
  assert.deepEqual(inflated(deflated), Uint8Array.of(...bytes, 1, 2, 1, 2))
})

/** Literals only, never a clear: 9 bits until the table has 512, and so on, 12 for good. */
function* withoutClear(all: readonly number[]): Generator<number> {
  let bits = 256n
  let count = 9n
  let high = 257
  for (const code of all) {
    const width = high < 512 ? 9n : high < 1024 ? 10n : high < 2048 ? 11n : 12n
    bits |= BigInt(code) << count
    count += width
    high++
  }
  for (; count > 0n; count -= 8n) {
    yield Number(bits & 0xffn)
    bits >>= 8n
  }
}
