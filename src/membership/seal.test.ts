import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex, KEY, VECTORS } from '../../test/support/gossip-vectors.ts'
import { orDrop } from './drop.ts'
import { openFrame, SEAL_BYTES, sealFrame } from './seal.ts'

const NOTHING: Uint8Array = new Uint8Array()
const NONCE = hex('0102030405060708090a0b0c')
const opened = (frame: Uint8Array, keys: readonly Uint8Array[] = [KEY], also = NOTHING) => {
  const result = orDrop(() => openFrame(frame, keys, also))
  return 'drop' in result ? result : Buffer.from(result).toString('hex')
}

for (const { plainHex, encryptedHex } of VECTORS.encryptionVersion0) {
  test(`a padded frame of ${plainHex.length / 2} bytes, as old members send it`, () => {
    assert.equal(opened(hex(encryptedHex)), plainHex)
  })
}

test('AES-192', () => {
  const { plainHex, encryptedHex } = VECTORS.aes192
  const key = hex(VECTORS.keys.aes192)
  assert.equal(opened(hex(encryptedHex), [key]), plainHex)
  const nonce = hex(encryptedHex).subarray(1, 13)
  assert.equal(sealFrame(hex(plainHex), { key, nonce }, NOTHING).toString('hex'), encryptedHex)
})

test('any key of the ring opens; none of a foreign ring does', () => {
  const other = new Uint8Array(16).fill(7)
  const frame = sealFrame(hex('0a0b'), { key: KEY, nonce: NONCE }, NOTHING)
  assert.equal(frame.length, 2 + SEAL_BYTES)
  assert.equal(opened(frame, [other, KEY]), '0a0b')
  assert.equal(opened(frame, [KEY, other]), '0a0b')
  assert.deepEqual(opened(frame, [other]), { drop: 'no-key' })
})

test('what is sealed along must be the same', () => {
  const frame = sealFrame(hex('0a0b'), { key: KEY, nonce: NONCE }, hex('01'))
  assert.equal(opened(frame, [KEY], hex('01')), '0a0b')
  assert.deepEqual(opened(frame, [KEY], hex('02')), { drop: 'no-key' })
  assert.deepEqual(opened(frame), { drop: 'no-key' })
})

const frame = sealFrame(NOTHING, { key: KEY, nonce: NONCE }, NOTHING)
const ofVersion = (version: number, bytes: Uint8Array) =>
  Uint8Array.of(version, ...bytes.subarray(1))
for (const [name, bytes, expected] of [
  ['around nothing', frame, ''],
  ['too short', frame.subarray(0, -1), { drop: 'not-sealed' }],
  ['version 2', ofVersion(2, frame), { drop: 'not-sealed' }],
  ['version 0 without a block', ofVersion(0, frame), { drop: 'not-sealed' }],
  ['nothing', NOTHING, { drop: 'not-sealed' }],
] as const) {
  test(`a frame: ${name}`, () => assert.deepEqual(opened(bytes), expected))
}

// Both versions seal alike, only that the older pads first: so a bad padding is a frame of ours with
// another version.
for (const [name, plain, expected] of [
  ['as it should be', `${'aa'.repeat(13)}030303`, 'aa'.repeat(13)],
  ['of zero bytes', `${'aa'.repeat(15)}00`, { drop: 'malformed' }],
  ['longer than a block', `${'aa'.repeat(15)}${'11'.repeat(17)}`, { drop: 'malformed' }],
  ['of unequal bytes', `${'aa'.repeat(13)}010303`, { drop: 'malformed' }],
] as const) {
  test(`padding ${name}`, () => {
    const sealed = sealFrame(hex(plain), { key: KEY, nonce: NONCE }, NOTHING)
    assert.deepEqual(opened(ofVersion(0, sealed)), expected)
  })
}

test('a key or nonce of the wrong length is our mistake', () => {
  assert.throws(() => sealFrame(NOTHING, { key: hex('00'), nonce: NONCE }, NOTHING), /a key has/)
  assert.throws(() => sealFrame(NOTHING, { key: KEY, nonce: hex('00') }, NOTHING), /a nonce has/)
})
