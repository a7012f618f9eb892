// The few values of ASN.1's distinguished encoding (X.690) that a certificate is made of.

export type Der = Uint8Array

/** Tag, length, content; the length in as few bytes as possible, as DER wants it. */
function tagged(tag: number, ...content: readonly Uint8Array[]): Der {
  const body = Buffer.concat(content)
  return Buffer.concat([Uint8Array.of(tag), lengthOf(body.length), body])
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length)
  const bytes = bytesOf(BigInt(length))
  return Uint8Array.of(0x80 | bytes.length, ...bytes)
}

function bytesOf(value: bigint): Uint8Array {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

export const sequence = (...content: readonly Der[]): Der => tagged(0x30, ...content)
export const set = (...content: readonly Der[]): Der => tagged(0x31, ...content)
export const octets = (content: Uint8Array): Der => tagged(0x04, content)
export const utf8 = (text: string): Der => tagged(0x0c, Buffer.from(text))
export const truth = (value: boolean): Der => tagged(0x01, Uint8Array.of(value ? 0xff : 0))

/** `[n]` around something whole. */
export const explicit = (n: number, content: Der): Der => tagged(0xa0 | n, content)
/** `[n]` in place of the type's own tag. */
export const implicit = (n: number, content: Uint8Array): Der => tagged(0x80 | n, content)

/** Not negative. */
export function integer(value: bigint): Der {
  const bytes = bytesOf(value)
  // A first bit would be the sign.
  return tagged(0x02, Uint8Array.of(...(bytes[0]! >= 0x80 ? [0] : [])), bytes)
}

export const bits = (content: Uint8Array): Der => tagged(0x03, Uint8Array.of(0), content)

/** Flags by their number, as a bit string without trailing zeros. */
export function flags(...numbers: readonly number[]): Der {
  const last = Math.max(...numbers)
  const bytes = new Uint8Array(Math.floor(last / 8) + 1)
  for (const n of numbers) bytes[n >> 3]! |= 0x80 >> (n % 8)
  return tagged(0x03, Uint8Array.of(7 - (last % 8)), bytes)
}

export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tagged(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)))
}

function base128(value: number): number[] {
  const low = value % 128
  const high = Math.floor(value / 128)
  return high === 0 ? [low] : [...base128(high).map((byte) => byte | 0x80), low]
}

/** In seconds; RFC 5280 §4.1.2.5: two digits of the year up to 2049, then four. */
export function time(ms: number): Der {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return Number(text.slice(0, 4)) < 2050
    ? tagged(0x17, Buffer.from(text.slice(2)))
    : tagged(0x18, Buffer.from(text))
}

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
