// The Kubernetes secret as the keys of the ring, exactly as MetalLB makes them. Separate from seal.ts:
// the protocol takes any key, this way to one is MetalLB's alone.
import { hash } from 'node:crypto'

/** MetalLB up to v0.13 seals with 16 bytes, since then with 32; the two cannot hear each other. */
export type KeyBytes = 16 | 32

/**
 * The secret itself, cut or filled up to length with the digest of nothing: MetalLB appends the secret
 * to the digest where it meant to feed it. Nothing is trimmed or decoded, a line end is part of the key.
 */
export function deriveKey(secret: Uint8Array, keyBytes: KeyBytes): Uint8Array {
  const filled = Buffer.concat([secret, hash('sha256', '', 'buffer')])
  return new Uint8Array(filled.subarray(0, keyBytes))
}

/** The keys to try, the first one to seal with. No secret: nothing is sealed. */
export function keyRing(secret: Uint8Array, keyBytes: KeyBytes = 32): readonly Uint8Array[] {
  return secret.length === 0 ? [] : [deriveKey(secret, keyBytes)]
}
