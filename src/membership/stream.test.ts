import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  hex,
  KEY,
  nodeOf,
  RING,
  streamMessageOf,
  VECTORS,
} from '../../test/support/gossip-vectors.ts'
import { receiverOf, sending, streamMessage } from './arbitrary-message.ts'
import {
  NODE_STATES,
  type PushPull,
  type PushPullNode,
  type StreamMessage,
  VSN,
} from './message.ts'
import { decodeStream, encodeStream, StreamReader } from './stream.ts'
import type { Sending } from './wire.ts'

const PLAIN = { keys: [] }
const NONCE = hex('0102030405060708090a0b0c')
const SEALED: Sending = { seal: { key: KEY, nonce: NONCE } }
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const said = (message: StreamMessage) => ({ message, drops: [] })
const ACK: StreamMessage = { kind: 'ack', seqNo: 1, payload: null }

for (const vector of VECTORS.streams) {
  const message = streamMessageOf(vector)
  const { plainHex, encryptedHex, compressedHex, compressedEncryptedHex } = vector
  const nonceOf = (sealed: string) => hex(sealed).subarray(6, 18)
  const seal = { key: KEY, nonce: nonceOf(encryptedHex) }
  const packed = { compress: true, seal: { key: KEY, nonce: nonceOf(compressedEncryptedHex) } }
  for (const [name, how, bytes, head] of [
    ['plain', {}, plainHex, ''],
    ['compressed', { compress: true }, compressedHex, ''],
    ['sealed', { seal }, encryptedHex, vector.aadOfEncryptedHex],
    ['compressed and sealed', packed, compressedEncryptedHex, vector.aadOfCompressedEncryptedHex],
  ] as const) {
    test(`${vector.name} ${name}, as Go writes it`, () => {
      const stream = textOf(encodeStream(message, how))
      assert.equal(stream, bytes)
      assert.ok(stream.startsWith(head), 'what is sealed along is the head')
      assert.deepEqual(decodeStream(hex(bytes), receiverOf(how)), said(message))
    })
  }
}

const row = (i: number): PushPullNode => ({
  ...{ name: `n${String(i).padStart(3, '0')}`, addr: Uint8Array.of(10, 1, 0, i), port: 7946 },
  ...{ incarnation: i + 1, meta: null, state: NODE_STATES[i % 4]!, vsn: VSN },
})
const tableOf = (nodes: readonly PushPullNode[]): PushPull => ({
  ...{ kind: 'pushPull', join: false, nodes, userState: new Uint8Array() },
})

test('a table of 200 nodes, as Go writes it', () => {
  const expected = VECTORS.pushpull200
  const table = tableOf(Array.from({ length: 200 }, (_, i) => row(i)))
  const bytes = encodeStream(table, {})
  assert.equal(textOf(bytes.subarray(0, 64)), expected.first64Hex)
  assert.equal(bytes.length, expected.plainLen)
  assert.equal(hash('sha256', bytes), expected.plainSha256)
  const compressed = encodeStream(table, { compress: true })
  assert.equal(compressed.length, expected.compressedLen)
  assert.equal(hash('sha256', compressed), expected.compressedSha256)
  assert.deepEqual(decodeStream(compressed, PLAIN), said(table))
})

for (const { what, rawHex, inflatedHex, header, nodes } of VECTORS.live.streams) {
  test(`caught: ${what}`, () => {
    const heard = decodeStream(hex(rawHex), RING)
    assert.ok('message' in heard)
    assert.equal(textOf(encodeStream(heard.message, {})), inflatedHex)
    const sent = { compress: true, seal: { key: KEY, nonce: hex(rawHex).subarray(6, 18) } }
    assert.equal(textOf(encodeStream(heard.message, sent)), rawHex)
    if (!nodes) return assert.deepEqual(heard, said({ kind: 'ack', seqNo: 77, payload: null }))
    const table = { ...tableOf(nodes.map(nodeOf)), join: header?.Join === true }
    assert.deepEqual(heard, said(table))
  })
}

test('a label', () => {
  const label = Buffer.from(VECTORS.label.label)
  const bytes = hex(VECTORS.label.streamEncryptedHex)
  const heard = decodeStream(bytes, { ...RING, label })
  assert.ok('message' in heard && heard.message.kind === 'ping')
  const how = { label, seal: { key: KEY, nonce: bytes.subarray(12, 24) } }
  assert.deepEqual(new Uint8Array(encodeStream(heard.message, how)), bytes)
  assert.deepEqual(decodeStream(bytes, RING), { drop: 'label' })
  assert.deepEqual(decodeStream(bytes.subarray(6), { ...RING, label }), { drop: 'label' })
  assert.deepEqual(decodeStream(bytes, { ...RING, label: Buffer.from('blur') }), { drop: 'label' })
})

test('a sealed stream says what it needs: its head, then all the rest', () => {
  const bytes = encodeStream(ACK, SEALED)
  const reader = new StreamReader(RING)
  assert.deepEqual(reader.push(bytes.subarray(0, 0)), { need: 1 })
  assert.deepEqual(reader.push(bytes.subarray(0, 1)), { need: 4 })
  assert.deepEqual(reader.push(bytes.subarray(1, 5)), { need: bytes.length - 5 })
  assert.deepEqual(reader.push(bytes.subarray(5, 7)), { need: bytes.length - 7 })
  assert.deepEqual(reader.push(bytes.subarray(7)), said(ACK))
  assert.deepEqual(reader.push(bytes), said(ACK), 'what follows changes nothing')
})

test('however a stream is cut, it is read the same and never waits for too much', () => {
  fc.assert(
    fc.property(streamMessage, sending, fc.integer({ min: 1, max: 64 }), (message, how, step) => {
      const bytes = encodeStream(message, how)
      const reader = new StreamReader(receiverOf(how))
      for (let at = 0; at < bytes.length; at += step) {
        const progress = reader.push(bytes.subarray(at, at + step))
        const left = Math.max(0, bytes.length - at - step)
        if (left === 0) assert.deepEqual(progress, said(message))
        else assert.ok('need' in progress && progress.need > 0 && progress.need <= left)
      }
    }),
  )
})

test('plain streams are read in a sealed ring where that is allowed', () => {
  const receiving = { ...RING, acceptPlain: true }
  assert.deepEqual(decodeStream(encodeStream(ACK, {}), receiving), said(ACK))
  assert.deepEqual(decodeStream(encodeStream(ACK, SEALED), receiving), said(ACK))
})

test('a table as large as we read', () => {
  const table = tableOf(
    Array.from({ length: 16_384 }, (_, i) => ({ ...row(i % 256), name: `node-${i}` })),
  )
  const heard = decodeStream(encodeStream(table, { ...SEALED, compress: true }), RING)
  assert.ok('message' in heard && heard.message.kind === 'pushPull')
  assert.deepEqual(heard.message.nodes.at(-1), table.nodes.at(-1))
  assert.equal(heard.message.nodes.length, 16_384)
})
