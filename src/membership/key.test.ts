import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex, VECTORS } from '../../test/support/gossip-vectors.ts'
import { deriveKey, keyRing } from './key.ts'

for (const { secretHex, keyV013Hex, keyV014Hex } of VECTORS.keyDerivation) {
  const secret = hex(secretHex)
  test(`the keys that MetalLB makes of ${JSON.stringify(Buffer.from(secret).toString())}`, () => {
    assert.deepEqual(deriveKey(secret, 16), hex(keyV013Hex))
    assert.deepEqual(deriveKey(secret, 32), hex(keyV014Hex))
  })
}

test('without a secret nothing is sealed', () => {
  assert.deepEqual(keyRing(new Uint8Array()), [])
})

test('the ring has one key, as long as that of MetalLB since v0.14', () => {
  assert.deepEqual(keyRing(Buffer.from('AAECAwQFBgcICQoLDA0ODw')), [hex(VECTORS.keys.aes256)])
})
