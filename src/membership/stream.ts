// Streams: one message a connection and direction, read as the bytes come. A sealed one says its length
// first; a plain one ends where its msgpack does, so the reader tells at each point what it needs next.
import assert from 'node:assert/strict'
import { encodeMapMessage, nodeFrom, packNode, readerOf, TYPE } from './bodies.ts'
import { compress, inflate } from './compress.ts'
import { Drop, type DropReason, orDrop } from './drop.ts'
import { flag, integer } from './fields.ts'
import { Input } from './input.ts'
import type { PushPull, PushPullNode, StreamMessage } from './message.ts'
import { packMap, type ReadMap } from './msgpack.ts'
import {
  checkLabel,
  LABEL_HEADER_BYTES_MAX,
  labelHeader,
  openFrame,
  SEAL_BYTES,
  sealFrame,
} from './seal.ts'
import type { Receiving, Sending } from './wire.ts'

/** memberlist's own limit of a frame. Here of everything: plain streams and what they inflate to. */
const STREAM_BYTES_MAX = 20 * 1024 * 1024
/**
 * Kubernetes is made for 5,000 nodes. A table of three times that is not a cluster; with names and
 * metadata at their longest it would just fit the limit above.
 */
const NODES_MAX = 16_384
/** Type and length; sealed along with the frame that follows. */
const FRAME_HEAD_BYTES = 5
/** The largest frame, its head, and the longest label. */
const INPUT_BYTES_MAX = STREAM_BYTES_MAX + FRAME_HEAD_BYTES + LABEL_HEADER_BYTES_MAX

export type StreamProgress =
  /** At least so many more bytes until there is anything to tell. */
  | { readonly need: number }
  /** `drops`: nodes of a table that had to be left out. Bytes that follow are nobody's. */
  | { readonly message: StreamMessage; readonly drops: readonly DropReason[] }
  | { readonly drop: DropReason }

/** All that goes out on a connection in one direction. */
export function encodeStream(message: StreamMessage, sending: Sending): Uint8Array {
  const plain = encodeContent(message)
  const inner = sending.compress ? compress(plain) : plain
  const header = labelHeader(sending.label)
  if (!sending.seal) return Buffer.concat([header, inner])
  const head = Buffer.alloc(FRAME_HEAD_BYTES, TYPE.encrypted)
  assert(inner.length + SEAL_BYTES <= STREAM_BYTES_MAX, 'nobody reads a frame beyond 20 MiB')
  head.writeUInt32BE(inner.length + SEAL_BYTES, 1)
  const frame = sealFrame(inner, sending.seal, alsoSealed(head, sending.label))
  return Buffer.concat([header, head, frame])
}

const alsoSealed = (head: Uint8Array, label: Uint8Array | undefined): Uint8Array =>
  Buffer.concat([head, label ?? new Uint8Array()])

function encodeContent(message: StreamMessage): Uint8Array {
  if (message.kind === 'pushPull') return encodePushPull(message)
  if (message.kind !== 'user') return encodeMapMessage(message)
  const header = packMap({ UserMsgLen: { signed: message.payload.length } })
  return Buffer.concat([Uint8Array.of(TYPE.user), header, message.payload])
}

function encodePushPull({ join, nodes, userState }: PushPull): Uint8Array {
  const lengths = { Nodes: { signed: nodes.length }, UserStateLen: { signed: userState.length } }
  const header = packMap({ Join: join, ...lengths })
  return Buffer.concat([Uint8Array.of(TYPE.pushPull), header, ...nodes.map(packNode), userState])
}

/** For one direction of one connection. Never throws, whatever comes. */
export class StreamReader {
  readonly #input = new Input(INPUT_BYTES_MAX)
  readonly #reading: Reading<StreamMessage>
  readonly #drops: DropReason[] = []
  #progress: StreamProgress = { need: 1 }

  constructor(receiving: Receiving) {
    this.#reading = readStream(this.#input, receiving, this.#drops)
    this.#advance()
  }

  /** What came; whatever comes after the end is ignored. */
  push(chunk: Uint8Array): StreamProgress {
    if (!('need' in this.#progress)) return this.#progress
    const { need } = this.#progress
    const kept = orDrop(() => this.#input.append(chunk))
    if (kept) this.#progress = kept
    else if (chunk.length < need) this.#progress = { need: need - chunk.length }
    else this.#advance()
    return this.#progress
  }

  #advance(): void {
    const next = orDrop(() => this.#reading.next())
    if ('drop' in next) this.#progress = next
    else if (!next.done) this.#progress = { need: next.value }
    else this.#progress = { message: next.value, drops: this.#drops }
  }
}

/** A stream that is all there. */
export function decodeStream(bytes: Uint8Array, receiving: Receiving): StreamProgress {
  return new StreamReader(receiving).push(bytes)
}

/** Yields how many bytes are missing, and goes on when they are there. */
type Reading<T> = Generator<number, T, void>

function* readStream(input: Input, receiving: Receiving, drops: DropReason[]) {
  const { keys, label } = receiving
  yield* dropLabel(input, label)
  const [type] = yield* input.peek(1)
  if (type !== TYPE.encrypted) {
    if (keys.length > 0 && !receiving.acceptPlain) throw new Drop('not-sealed')
    return yield* readContent(input, drops)
  }
  if (keys.length === 0) throw new Drop('sealed')
  const head = yield* input.take(FRAME_HEAD_BYTES)
  const length = new DataView(head.buffer, head.byteOffset).getUint32(1)
  if (length > STREAM_BYTES_MAX) throw new Drop('too-large')
  const frame = yield* input.take(length)
  return complete(openFrame(frame, keys, alsoSealed(head, label)), (all) => readContent(all, drops))
}

function* dropLabel(input: Input, label: Uint8Array | undefined): Reading<void> {
  const { length } = labelHeader(label)
  // One byte more: it may begin a second label.
  const start = yield* input.peek(length + 1)
  yield* input.take(checkLabel(start, label))
}

/** Of bytes that are all there, nothing can be missing but by a mistake of the sender. */
function complete<T>(bytes: Uint8Array, read: (input: Input) => Reading<T>): T {
  const input = new Input(STREAM_BYTES_MAX)
  input.append(bytes)
  const next = read(input).next()
  if (!next.done) throw new Drop('truncated')
  return next.value
}

function* readContent(input: Input, drops: DropReason[]): Reading<StreamMessage> {
  const [type] = yield* input.peek(1)
  if (type !== TYPE.compress) return yield* readMessage(input, drops)
  yield* input.take(1)
  const inflated = inflate(yield* input.takeMap(), STREAM_BYTES_MAX)
  return complete(inflated, (all) => readMessage(all, drops))
}

function* readMessage(input: Input, drops: DropReason[]): Reading<StreamMessage> {
  const [type] = yield* input.take(1)
  if (type === TYPE.pushPull) return yield* readPushPull(input, drops)
  if (type === TYPE.user) {
    const size = lengthIn(yield* input.takeMap(), 'UserMsgLen')
    return { kind: 'user', payload: new Uint8Array(yield* input.take(size)) }
  }
  const read = readerOf(type)
  const message = read(yield* input.takeMap())
  const { kind } = message
  if (kind !== 'ping' && kind !== 'ack' && kind !== 'error') throw new Drop('misplaced')
  return message
}

function* readPushPull(input: Input, drops: DropReason[]): Reading<PushPull> {
  const header = yield* input.takeMap()
  const count = lengthIn(header, 'Nodes')
  const size = lengthIn(header, 'UserStateLen')
  if (count > NODES_MAX) throw new Drop('too-large')
  const nodes: PushPullNode[] = []
  for (let left = count; left > 0; left--) {
    const map = yield* input.takeMap()
    // One odd row must not keep us from the rest: every member's table has it, so we could never join.
    const node = orDrop(() => nodeFrom(map))
    if ('drop' in node) drops.push(node.drop)
    else nodes.push(node)
  }
  const userState = new Uint8Array(yield* input.take(size))
  return { kind: 'pushPull', join: flag(header, 'Join'), nodes, userState }
}

function lengthIn(map: ReadMap, key: string): number {
  const length = integer(map, key, Number.MAX_SAFE_INTEGER)
  if (length > STREAM_BYTES_MAX) throw new Drop('too-large')
  return length
}
