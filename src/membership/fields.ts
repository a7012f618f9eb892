// One field of a received map as the value a message needs, or why it cannot be. Liberal in form, as Go
// peers are: a missing field and nil are zero, text may come as bytes, bytes as an array of numbers.
import { Drop } from './drop.ts'
import type { Read, ReadMap } from './msgpack.ts'

/**
 * A Kubernetes node's name has at most 253 bytes. Twice that is no node of ours, yet still fits a
 * packet, so that whoever sends it is refused for this and nothing else.
 */
const NAME_BYTES_MAX = 512
const TEXT_BYTES_MAX = 1024

export function integer(map: ReadMap, key: string, max: number): number {
  const value = map.get(key) ?? 0
  if (typeof value !== 'number') throw new Drop('malformed')
  if (value < 0 || value > max) throw new Drop('out-of-range')
  return value
}

export const u32 = (map: ReadMap, key: string): number => integer(map, key, 0xffffffff)
export const u16 = (map: ReadMap, key: string): number => integer(map, key, 0xffff)

export function flag(map: ReadMap, key: string): boolean {
  const value = map.get(key) ?? false
  if (typeof value !== 'boolean') throw new Drop('malformed')
  return value
}

/** A copy, so that what is kept of a message does not keep the packet. Nil stays nil. */
export function bytesOrNull(map: ReadMap, key: string, max: number): Uint8Array | null {
  const value = viewOf(map.get(key) ?? null)
  if (value && value.length > max) throw new Drop('too-large')
  return value && new Uint8Array(value)
}

export function bytes(map: ReadMap, key: string, max: number): Uint8Array {
  return bytesOrNull(map, key, max) ?? new Uint8Array()
}

function viewOf(value: Read): Uint8Array | null {
  if (value === null || value instanceof Uint8Array) return value
  if (!Array.isArray(value)) throw new Drop('malformed')
  if (!value.every((one) => typeof one === 'number')) throw new Drop('malformed')
  if (!value.every((one) => one >= 0 && one <= 0xff)) throw new Drop('out-of-range')
  return Uint8Array.from(value)
}

export function addressField(map: ReadMap, key: string): Uint8Array {
  const value = bytes(map, key, 16)
  if (value.length !== 4 && value.length !== 16) throw new Drop('out-of-range')
  return value
}

/** Whatever it says, for people to read: a broken letter becomes a question mark, the rest is cut. */
export function text(map: ReadMap, key: string): string {
  const value = viewOf(map.get(key) ?? null) ?? new Uint8Array()
  return Buffer.from(value.subarray(0, TEXT_BYTES_MAX)).toString()
}

/**
 * A name is a key: two that differ in bytes must not become one by being read. So what is not UTF-8
 * is refused instead of mended.
 */
export function nameOrEmpty(map: ReadMap, key: string): string {
  const value = Buffer.from(viewOf(map.get(key) ?? null) ?? [])
  const name = value.toString()
  if (value.length > NAME_BYTES_MAX || !Buffer.from(name).equals(value)) throw new Drop('bad-name')
  return name
}

export function name(map: ReadMap, key: string): string {
  const given = nameOrEmpty(map, key)
  if (given === '') throw new Drop('bad-name')
  return given
}
