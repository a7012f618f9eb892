// Addresses as sockets and people write them, and as they stand on the wire. Apart from the sockets:
// the flags and the members need the same two ways.
import { addressOf, parseAddress } from '../net/address.ts'
import type { Endpoint } from './event.ts'
import type { WireAddress } from './message.ts'

const BITS = 8n

/** 4 or 16 bytes; a mapped IPv4 address becomes its 4. Undefined when it is no address. */
export function wireAddress(text: string): WireAddress | undefined {
  const parsed = parseAddress(text)
  if (!parsed) return undefined
  const bytes = new Uint8Array(parsed.family === 4 ? 4 : 16)
  let bits = parsed.bits
  for (let at = bytes.length - 1; at >= 0; at--) {
    bytes[at] = Number(bits & 0xffn)
    bits >>= BITS
  }
  return bytes
}

export function addressText(bytes: WireAddress): string {
  if (bytes.length === 4) return bytes.join('.')
  let bits = 0n
  for (const byte of bytes) bits = (bits << BITS) | BigInt(byte)
  return addressOf(6, bits).text
}

export function endpointText({ addr, port }: Endpoint): string {
  const address = addressText(addr)
  return addr.length === 4 ? `${address}:${port}` : `[${address}]:${port}`
}
