// What we answer for, and where: addresses found from a packet without an allocation, and interfaces.
// Apart from answer.ts because the gratuitous announcements go by the same table.
import assert from 'node:assert/strict'
import { type Address, widthOf } from '../net/address.ts'
import { readU32 } from './bytes.ts'
import type { Mac } from './mac.ts'

export interface Entry {
  readonly address: Address
  /** In network order: 4 or 16. */
  readonly bytes: Uint8Array
  /** Names, for an interface may appear after the address. Undefined: all. */
  readonly interfaces: ReadonlySet<string> | undefined
  /** Where its counters stand. */
  readonly slot: number
  /** When we began to answer, on the clock of whoever calls. */
  readonly sinceMs: number
}

/** An interface on which we answer. */
export interface Link {
  readonly index: number
  readonly name: string
  readonly mac: Mac
  readonly arp: boolean
  /** 16 bytes. Undefined: without a usable one there is no NDP here. */
  readonly linkLocal: Uint8Array | undefined
}

export interface EntryFields {
  readonly address: Address
  /** Empty: all. */
  readonly interfaces: readonly string[]
  readonly slot: number
  readonly sinceMs: number
}

export function entryOf({ address, interfaces, slot, sinceMs }: EntryFields): Entry {
  const names = interfaces.length === 0 ? undefined : new Set(interfaces)
  return { address, bytes: bytesOf(address), interfaces: names, slot, sinceMs }
}

export const isOn = (entry: Entry, link: Link): boolean =>
  entry.interfaces === undefined || entry.interfaces.has(link.name)

/** May we speak for this address on this interface? */
export function speaksOn(entry: Entry, link: Link): boolean {
  const isAble = entry.address.family === 4 ? link.arp : link.linkLocal !== undefined
  return isAble && isOn(entry, link)
}

export function bytesOf({ family, bits }: Address): Uint8Array {
  const bytes = new Uint8Array(widthOf(family) / 8)
  let rest = bits
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}

export class AddressTable {
  readonly #byText = new Map<string, Entry>()
  /** By the 32 bits as a signed number, which V8 keeps without a box. */
  readonly #v4 = new Map<number, Entry>()
  /** By a hash: a string of the 16 bytes would be garbage for every frame. */
  readonly #v6 = new Map<number, Entry[]>()

  get size(): number {
    return this.#byText.size
  }

  get(text: string): Entry | undefined {
    return this.#byText.get(text)
  }

  entries(): IterableIterator<Entry> {
    return this.#byText.values()
  }

  put(entry: Entry): void {
    this.remove(entry.address.text)
    this.#byText.set(entry.address.text, entry)
    if (entry.address.family === 4) {
      this.#v4.set(readU32(entry.bytes, 0) | 0, entry)
      return
    }
    const key = hashOf(entry.bytes)
    const bucket = this.#v6.get(key)
    if (bucket) bucket.push(entry)
    else this.#v6.set(key, [entry])
  }

  remove(text: string): Entry | undefined {
    const entry = this.#byText.get(text)
    if (!entry) return undefined
    this.#byText.delete(text)
    if (entry.address.family === 4) this.#v4.delete(readU32(entry.bytes, 0) | 0)
    else this.#removeV6(entry)
    return entry
  }

  findV4(address: number): Entry | undefined {
    return this.#v4.get(address | 0)
  }

  findV6(address: Uint8Array): Entry | undefined {
    const bucket = this.#v6.get(hashOf(address))
    if (bucket === undefined) return undefined
    for (const entry of bucket) if (isSame(entry.bytes, address)) return entry
    return undefined
  }

  #removeV6(entry: Entry): void {
    const key = hashOf(entry.bytes)
    const bucket = this.#v6.get(key)
    assert(bucket, `${entry.address.text} must stand under its hash`)
    const rest = bucket.filter((other) => other !== entry)
    if (rest.length === 0) this.#v6.delete(key)
    else this.#v6.set(key, rest)
  }
}

function hashOf(address: Uint8Array): number {
  let hash = 0
  for (let at = 0; at < 16; at += 4) hash = Math.imul(hash ^ readU32(address, at), 0x9e3779b1)
  return hash ^ (hash >>> 15)
}

/** From the end, where addresses of one pool differ. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 15; i >= 0; i--) if (a[i] !== b[i]) return false
  return true
}
