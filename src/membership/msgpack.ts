// The msgpack that Go's codec speaks here, and no more of it: maps with text keys, written as the first
// edition of msgpack (one "raw" family for text and bytes alike), read in every edition. A map as it
// stands, without meaning; what the keys are is bodies.ts's.
import assert from 'node:assert/strict'
import { Drop } from './drop.ts'

/** Go tells signed fields from unsigned ones: above 127 they differ on the wire. */
export interface Signed {
  readonly signed: number
}
export type Written = boolean | number | Signed | string | Uint8Array | null
/** What stands in a map, names by name; undefined ones are left out. */
export type WrittenMap = Readonly<Record<string, Written | undefined>>

/** Any form of what was read. Floats, extensions and nested maps have no use here: `'other'`. */
export type Read = boolean | number | Uint8Array | null | readonly Read[] | 'other'
export type ReadMap = ReadonlyMap<string, Read>

/** Deep and many enough for any message, small enough that no value costs more than its bytes. */
const NESTING_MAX = 8
const ELEMENTS_MAX = 4096
const KEY_BYTES_MAX = 64

/** More bytes may follow: a stream waits for them, everything else ends here. */
export class Short extends Drop {
  readonly missing: number

  constructor(missing: number) {
    super('truncated')
    this.missing = missing
  }
}

/** Keys sorted, as Go's codec is told to write them; all are ASCII, so by code unit is by byte. */
export function packMap(map: WrittenMap): Buffer {
  const keys = Object.keys(map)
    .filter((key) => map[key] !== undefined)
    .sort()
  assert(keys.length < 16, 'no message has more fields than the short form of a map can count')
  const parts: Uint8Array[] = [Uint8Array.of(0x80 | keys.length)]
  for (const key of keys) parts.push(...raw(Buffer.from(key)), ...pack(map[key]!))
  return Buffer.concat(parts)
}

function pack(value: Written): Uint8Array[] {
  if (value === null) return [Uint8Array.of(0xc0)]
  if (typeof value === 'boolean') return [Uint8Array.of(value ? 0xc3 : 0xc2)]
  if (typeof value === 'number') return [unsigned(value)]
  if (typeof value === 'string') return raw(Buffer.from(value))
  return value instanceof Uint8Array ? raw(value) : [signed(value.signed)]
}

function unsigned(value: number): Uint8Array {
  assert(Number.isInteger(value) && value >= 0 && value <= 0xffffffff, `${value} has not 32 bits`)
  if (value < 0x80) return Uint8Array.of(value)
  if (value < 0x100) return Uint8Array.of(0xcc, value)
  return value < 0x10000 ? sized(0xcd, 2, value) : sized(0xce, 4, value)
}

/** Go has no use for int8 above 127, and takes int16 where unsigned would take one byte. */
function signed(value: number): Uint8Array {
  assert(Number.isInteger(value) && value >= 0 && value <= 0x7fffffff, `${value} has not 31 bits`)
  if (value < 0x80) return Uint8Array.of(value)
  return value < 0x8000 ? sized(0xd1, 2, value) : sized(0xd2, 4, value)
}

function raw(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length < 32) return [Uint8Array.of(0xa0 | bytes.length), bytes]
  if (bytes.length < 0x10000) return [sized(0xda, 2, bytes.length), bytes]
  return [sized(0xdb, 4, bytes.length), bytes]
}

function sized(code: number, width: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(1 + width, code)
  bytes.writeUIntBE(value, 1, width)
  return bytes
}

/** A map at `at`, and where it ends. Byte strings are views of `bytes`: copy what is to be kept. */
export function readMap(bytes: Uint8Array, at: number): { map: ReadMap; end: number } {
  const cursor = new Cursor(bytes, at)
  const size = mapSize(cursor.uint(1), cursor)
  if (size === undefined) throw new Drop('malformed')
  const map = new Map<string, Read>()
  for (let left = cursor.count(size); left > 0; left--) {
    const key = cursor.value(1)
    if (!(key instanceof Uint8Array)) throw new Drop('malformed')
    if (key.length > KEY_BYTES_MAX) throw new Drop('too-large')
    map.set(Buffer.from(key).toString('latin1'), cursor.value(1))
  }
  return { map, end: cursor.at }
}

function mapSize(code: number, cursor: Cursor): number | undefined {
  if ((code & 0xf0) === 0x80) return code & 0x0f
  if (code === 0xde) return cursor.uint(2)
  return code === 0xdf ? cursor.uint(4) : undefined
}

class Cursor {
  readonly #bytes: Uint8Array
  at: number
  #elements = 0

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  uint(width: 1 | 2 | 4): number {
    let value = 0
    for (const byte of this.view(width)) value = value * 256 + byte
    return value
  }

  view(length: number): Uint8Array {
    const missing = this.at + length - this.#bytes.length
    if (missing > 0) throw new Short(missing)
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }

  /** So many more elements, if that is not too many for one map with all that is in it. */
  count(size: number): number {
    this.#elements += size
    if (this.#elements > ELEMENTS_MAX) throw new Drop('too-large')
    return size
  }

  value(depth: number): Read {
    if (depth > NESTING_MAX) throw new Drop('too-large')
    const code = this.uint(1)
    if (code < 0x80) return code
    if (code >= 0xe0) return code - 256
    if (code >= 0xa0 && code < 0xc0) return this.view(code & 0x1f)
    if (code >= 0x90 && code < 0xa0) return this.#array(code & 0x0f, depth)
    const size = mapSize(code, this)
    return size === undefined ? this.#coded(code, depth) : this.#skip(2 * size, depth)
  }

  /** Codes c0 to dd. */
  #coded(code: number, depth: number): Read {
    if (code === 0xc0) return null
    if (code === 0xc2 || code === 0xc3) return code === 0xc3
    if (code >= 0xcc && code <= 0xcf) return this.#integer(1 << (code - 0xcc), false)
    if (code >= 0xd0 && code <= 0xd3) return this.#integer(1 << (code - 0xd0), true)
    // str8 to str32, then bin8 to bin32.
    if (code >= 0xd9 && code <= 0xdb) return this.view(this.#size(code - 0xd9))
    if (code >= 0xc4 && code <= 0xc6) return this.view(this.#size(code - 0xc4))
    if (code === 0xdc || code === 0xdd) return this.#array(this.uint(code === 0xdc ? 2 : 4), depth)
    // float32, float64; fixext1 to 16; ext8 to 32, which have a type byte besides their length.
    if (code === 0xca || code === 0xcb) return this.#pass(code === 0xca ? 4 : 8)
    if (code >= 0xd4 && code <= 0xd8) return this.#pass(1 + (1 << (code - 0xd4)))
    if (code >= 0xc7 && code <= 0xc9) return this.#pass(1 + this.#size(code - 0xc7))
    throw new Drop('malformed')
  }

  /** Beyond 53 bits it is inexact, and out of range for every field we have. */
  #integer(width: number, isSigned: boolean): number {
    const view = this.view(width)
    let value = isSigned && view[0]! >= 0x80 ? -1 : 0
    for (const byte of view) value = value * 256 + byte
    return value
  }

  #size(power: number): number {
    return this.uint((1 << power) as 1 | 2 | 4)
  }

  #array(size: number, depth: number): readonly Read[] {
    return Array.from({ length: this.count(size) }, () => this.value(depth + 1))
  }

  #skip(size: number, depth: number): Read {
    for (let left = this.count(size); left > 0; left--) this.value(depth + 1)
    return 'other'
  }

  #pass(length: number): Read {
    this.view(length)
    return 'other'
  }
}
