// Datagrams: label, seal, checksum, compression, compound, messages, from the outside in. Every layer
// but the message is optional and the sender's choice; a receiver takes them all.
import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import { encodeMapMessage, readerOf, TYPE } from './bodies.ts'
import { compress, inflate } from './compress.ts'
import { Drop, type DropReason, orDrop } from './drop.ts'
import type { PacketMessage } from './message.ts'
import { readMap } from './msgpack.ts'
import { checkLabel, labelHeader, openFrame, type Seal, sealFrame } from './seal.ts'

/** For whoever fills a packet up to a budget: a compound costs its header and this for each part. */
export const COMPOUND_BYTES = 2
export const PART_BYTES = 2
export const CRC_BYTES = 5
/** The count of a compound has one byte. */
export const PARTS_MAX = 255

/** Go nests three deep at most: a compound in a compress in a checksum. */
const NESTING_MAX = 8
/**
 * For one datagram with all that is nested in it. What Go compresses has 1,400 bytes and so at most a
 * hundred messages; these are ample, and keep a packet from costing more than a few milliseconds.
 */
const INFLATED_MAX = 1 << 20
const MESSAGES_MAX = 1024

export interface Sending {
  /** Absent: as plain bytes. */
  readonly seal?: Seal
  readonly crc?: boolean
  /** In a datagram only where it makes it shorter. */
  readonly compress?: boolean
  readonly label?: Uint8Array
}

export interface Receiving {
  /** Tried in this order; empty: nothing is sealed. */
  readonly keys: readonly Uint8Array[]
  /** Beside sealed packets take plain ones: memberlist's GossipVerifyIncoming turned off. */
  readonly acceptPlain?: boolean
  readonly label?: Uint8Array
}

/** A compound may be good in part: what was read, and why the rest was not. */
export interface Packet {
  readonly messages: readonly PacketMessage[]
  readonly drops: readonly DropReason[]
}

export function encodeMessage(message: PacketMessage): Uint8Array {
  if (message.kind !== 'user') return encodeMapMessage(message)
  return Buffer.concat([Uint8Array.of(TYPE.user), message.payload])
}

/** One datagram; with several messages a compound. */
export function encodePacket(messages: readonly PacketMessage[], sending: Sending): Uint8Array {
  return encodeParts(messages.map(encodeMessage), sending)
}

/** For messages that are encoded once and sent many times. */
export function encodeParts(parts: readonly Uint8Array[], sending: Sending): Uint8Array {
  assert(parts.length > 0, 'a packet says something')
  const inner = parts.length === 1 ? parts[0]! : compound(parts)
  const deflated = sending.compress ? compress(inner) : inner
  const shorter = deflated.length < inner.length ? deflated : inner
  const checked = sending.crc ? withChecksum(shorter) : shorter
  const also = sending.label ?? new Uint8Array()
  const outer = sending.seal ? sealFrame(checked, sending.seal, also) : checked
  return Buffer.concat([labelHeader(sending.label), outer])
}

function compound(parts: readonly Uint8Array[]): Uint8Array {
  assert(parts.length <= PARTS_MAX, `a compound has at most ${PARTS_MAX} parts`)
  const head = Buffer.alloc(COMPOUND_BYTES + PART_BYTES * parts.length)
  head.set([TYPE.compound, parts.length])
  // A part beyond 65,535 bytes fits no datagram; writing its length throws.
  for (const [i, part] of parts.entries()) {
    head.writeUInt16BE(part.length, COMPOUND_BYTES + PART_BYTES * i)
  }
  return Buffer.concat([head, ...parts])
}

function withChecksum(bytes: Uint8Array): Uint8Array {
  const head = Buffer.alloc(CRC_BYTES, TYPE.crc)
  head.writeUInt32BE(crc32(bytes), 1)
  return Buffer.concat([head, bytes])
}

/** Never throws, whatever comes. */
export function decodePacket(bytes: Uint8Array, receiving: Receiving): Packet {
  const messages: PacketMessage[] = []
  const drops: DropReason[] = []
  const contents = new Contents(messages, drops)
  contents.attempt(() => contents.read(withoutChecksum(open(bytes, receiving)), 1))
  return { messages, drops }
}

function open(bytes: Uint8Array, { keys, acceptPlain, label }: Receiving): Uint8Array {
  const frame = bytes.subarray(checkLabel(bytes, label))
  if (keys.length === 0) return frame
  const opened = orDrop(() => openFrame(frame, keys, label ?? new Uint8Array()))
  if (!('drop' in opened)) return opened
  if (acceptPlain) return frame
  throw new Drop(opened.drop)
}

/** Go looks for a checksum once, here, and only where there is room for one. */
function withoutChecksum(bytes: Uint8Array): Uint8Array {
  if (bytes.length < CRC_BYTES || bytes[0] !== TYPE.crc) return bytes
  const rest = bytes.subarray(CRC_BYTES)
  if (viewOf(bytes).getUint32(1) !== crc32(rest)) throw new Drop('checksum')
  return rest
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** One datagram being read, and what of its allowance is left. */
class Contents {
  readonly #messages: PacketMessage[]
  readonly #drops: DropReason[]
  #inflatable = INFLATED_MAX
  #parts = MESSAGES_MAX

  constructor(messages: PacketMessage[], drops: DropReason[]) {
    this.#messages = messages
    this.#drops = drops
  }

  /** What is wrong in one part costs that part only. */
  attempt(read: () => void): void {
    const result = orDrop(read)
    if (result) this.#drops.push(result.drop)
  }

  read(bytes: Uint8Array, depth: number): void {
    if (depth > NESTING_MAX) throw new Drop('too-large')
    const type = bytes[0]
    const body = bytes.subarray(1)
    if (type === TYPE.compound) this.#readCompound(body, depth)
    else if (type === TYPE.compress) this.read(this.#inflate(body), depth + 1)
    else this.#messages.push(readMessage(type, body))
  }

  #inflate(body: Uint8Array): Uint8Array {
    const { map } = readMap(body, 0)
    // What turns out not to be LZW has cost its time as well, so it takes the whole allowance.
    const max = this.#inflatable
    this.#inflatable = 0
    const inflated = inflate(map, max)
    this.#inflatable = max - inflated.length
    return inflated
  }

  /** Count, lengths, parts. Cut short it is still good for the parts that are whole, as in Go. */
  #readCompound(body: Uint8Array, depth: number): void {
    const count = body[0] ?? 0
    let at = 1 + PART_BYTES * count
    if (body.length < Math.max(1, at)) throw new Drop('truncated')
    for (let i = 0; i < count; i++) {
      const end = at + viewOf(body).getUint16(1 + PART_BYTES * i)
      if (end > body.length) throw new Drop('truncated')
      if (this.#parts-- <= 0) throw new Drop('too-large')
      const part = body.subarray(at, end)
      this.attempt(() => this.read(part, depth + 1))
      at = end
    }
  }
}

function readMessage(type: number | undefined, body: Uint8Array): PacketMessage {
  if (type === TYPE.user) return { kind: 'user', payload: new Uint8Array(body) }
  const message = readerOf(type)(readMap(body, 0).map)
  if (message.kind === 'error') throw new Drop('misplaced')
  return message
}
