// The sealed frame of memberlist: version, nonce, AES-GCM ciphertext, tag. And the label, which stands
// in front of a frame and is sealed with it. Datagrams and streams both use these.
import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { Drop } from './drop.ts'

/** 12 bytes. Must never come twice under one key, so: fresh and random. */
export interface Seal {
  readonly key: Uint8Array
  readonly nonce: Uint8Array
}

export const NONCE_BYTES = 12
const TAG_BYTES = 16
const BLOCK_BYTES = 16
/** What sealing adds. */
export const SEAL_BYTES = 1 + NONCE_BYTES + TAG_BYTES

const LABEL = 0xf4
const LABEL_BYTES_MAX = 255
export const LABEL_HEADER_BYTES_MAX = 2 + LABEL_BYTES_MAX

const CIPHERS = { 16: 'aes-128-gcm', 24: 'aes-192-gcm', 32: 'aes-256-gcm' } as const

function cipherOf(key: Uint8Array): (typeof CIPHERS)[keyof typeof CIPHERS] {
  const cipher = CIPHERS[key.length as keyof typeof CIPHERS]
  assert(cipher, `a key has 16, 24 or 32 bytes, not ${key.length}`)
  return cipher
}

/** Version 1, which everybody reads who speaks protocol 2. */
export function sealFrame(plain: Uint8Array, { key, nonce }: Seal, also: Uint8Array): Buffer {
  assert(nonce.length === NONCE_BYTES, `a nonce has ${NONCE_BYTES} bytes, not ${nonce.length}`)
  const cipher = createCipheriv(cipherOf(key), key, nonce).setAAD(also)
  const sealed = [cipher.update(plain), cipher.final()]
  return Buffer.concat([Uint8Array.of(1), nonce, ...sealed, cipher.getAuthTag()])
}

/** Version 1, and 0, which pads. The first key that fits opens it. */
export function openFrame(
  frame: Uint8Array,
  keys: readonly Uint8Array[],
  also: Uint8Array,
): Uint8Array {
  const version = frame[0]
  if (version !== 0 && version !== 1) throw new Drop('not-sealed')
  if (frame.length < SEAL_BYTES + (version === 0 ? BLOCK_BYTES : 0)) throw new Drop('not-sealed')
  for (const key of keys) {
    const plain = openWith(key, frame, also)
    if (plain) return version === 0 ? withoutPadding(plain) : plain
  }
  throw new Drop('no-key')
}

function openWith(key: Uint8Array, frame: Uint8Array, also: Uint8Array): Uint8Array | undefined {
  const nonce = frame.subarray(1, 1 + NONCE_BYTES)
  const tag = frame.subarray(-TAG_BYTES)
  const options = { authTagLength: TAG_BYTES }
  const decipher = createDecipheriv(cipherOf(key), key, nonce, options).setAAD(also).setAuthTag(tag)
  const plain = decipher.update(frame.subarray(1 + NONCE_BYTES, -TAG_BYTES))
  try {
    decipher.final()
  } catch {
    // All that final() can say of GCM: the tag is not this key's. The next one may fit.
    return undefined
  }
  return plain
}

/** PKCS#7. */
function withoutPadding(plain: Uint8Array): Uint8Array {
  const count = plain.at(-1) ?? 0
  const padding = plain.subarray(plain.length - count)
  if (count === 0 || count > BLOCK_BYTES || count > plain.length) throw new Drop('malformed')
  if (!padding.every((byte) => byte === count)) throw new Drop('malformed')
  return plain.subarray(0, plain.length - count)
}

/** In front of a packet or stream; nothing without a label, as MetalLB has it. */
export function labelHeader(label: Uint8Array | undefined): Uint8Array {
  if (!label?.length) return new Uint8Array()
  assert(label.length <= LABEL_BYTES_MAX, 'the length of a label has one byte')
  return Uint8Array.of(LABEL, label.length, ...label)
}

/** How many bytes the label takes; refused unless it is exactly ours. */
export function checkLabel(bytes: Uint8Array, label: Uint8Array | undefined): number {
  const header = labelHeader(label)
  const isOurs = header.every((byte, i) => byte === bytes[i])
  if (!isOurs || bytes[header.length] === LABEL) throw new Drop('label')
  return header.length
}
