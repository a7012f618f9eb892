// How a member reads bytes and writes them: with which key, sealed or plain, compressed or not. The same
// for datagrams and streams.
import { randomBytes } from 'node:crypto'
import { type KeyBytes, keyRing } from './key.ts'
import { NONCE_BYTES } from './seal.ts'
import type { Settings } from './settings.ts'
import type { Receiving, Sending } from './wire.ts'

export interface Speech {
  readonly receiving: Receiving
  /** For one packet or stream: a nonce must not come twice. */
  readonly sending: () => Sending
}

export interface SpeechOptions {
  readonly secret: Uint8Array
  readonly keyBytes?: KeyBytes
  readonly settings: Settings
}

export function speechOf({ secret, keyBytes, settings }: SpeechOptions): Speech {
  const keys = keyRing(secret, keyBytes)
  const receiving = { keys, acceptPlain: !settings.verifyIncoming }
  const [key] = settings.verifyOutgoing ? keys : []
  const { compress } = settings
  // The seal is a checksum of its own.
  if (!key) return { receiving, sending: () => ({ compress, crc: true }) }
  const sending = () => ({ compress, seal: { key, nonce: randomBytes(NONCE_BYTES) } })
  return { receiving, sending }
}
