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
import { pushPull, streamMessage } from './arbitrary-message.ts'
import { encodeMapMessage, TYPE } from './bodies.ts'
import { compress } from './compress.ts'
import type { DropReason } from './drop.ts'
import {
  NODE_STATES,
  type PushPull,
  type PushPullNode,
  type StreamMessage,
  VSN,
} from './message.ts'
import { packMap, type WrittenMap } from './msgpack.ts'
import { SEAL_BYTES, sealFrame } from './seal.ts'
import { decodeStream, encodeStream, StreamReader } from './stream.ts'
import type { Receiving, Sending } from './wire.ts'

const PLAIN = { keys: [] }
const NONCE = hex('0102030405060708090a0b0c')
const SEALED: Sending = { seal: { key: KEY, nonce: NONCE } }
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const said = (message: StreamMessage, drops: readonly DropReason[] = []) => ({ message, drops })
const ACK: StreamMessage = { kind: 'ack', seqNo: 1, payload: null }

for (const vector of VECTORS.streams) {
  const message = streamMessageOf(vector)
  const { plainHex, encryptedHex, compressedHex, compressedEncryptedHex } = vector
  const nonceOf = (sealed: string) => hex(sealed).subarray(6, 18)
  const seal = { key: KEY, nonce: nonceOf(encryptedHex) }
  const packed = { compress: true, seal: { key: KEY, nonce: nonceOf(compressedEncryptedHex) } }
  for (const [name, sending, bytes, head] of [
    ['plain', {}, plainHex, ''],
    ['compressed', { compress: true }, compressedHex, ''],
    ['sealed', { seal }, encryptedHex, vector.aadOfEncryptedHex],
    ['compressed and sealed', packed, compressedEncryptedHex, vector.aadOfCompressedEncryptedHex],
  ] as const) {
    test(`${vector.name} ${name}, as Go writes it`, () => {
      const stream = textOf(encodeStream(message, sending))
      assert.equal(stream, bytes)
      assert.ok(stream.startsWith(head), 'what is sealed along is the head')
      assert.deepEqual(decodeStream(hex(bytes), receivingOf(sending)), said(message))
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
  const sending = { label, seal: { key: KEY, nonce: bytes.subarray(12, 24) } }
  assert.deepEqual(new Uint8Array(encodeStream(heard.message, sending)), bytes)
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
    fc.property(
      streamMessage,
      sendings(),
      fc.integer({ min: 1, max: 64 }),
      (message, sending, step) => {
        const bytes = encodeStream(message, sending)
        const reader = new StreamReader(receivingOf(sending))
        for (let at = 0; at < bytes.length; at += step) {
          const progress = reader.push(bytes.subarray(at, at + step))
          const left = Math.max(0, bytes.length - at - step)
          if (left === 0) assert.deepEqual(progress, said(message))
          else assert.ok('need' in progress && progress.need > 0 && progress.need <= left)
        }
      },
    ),
  )
})

test('with any bit flipped, a stream throws nothing; a sealed one says nothing', () => {
  fc.assert(
    fc.property(streamMessage, sendings(), fc.nat(), (message, sending, at) => {
      const bytes = Buffer.from(encodeStream(message, sending))
      const bit = at % (bytes.length * 8)
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      const progress = decodeStream(bytes, receivingOf(sending))
      if (sending.seal) assert.ok(!('message' in progress))
    }),
    { numRuns: 1000 },
  )
})

test('noise throws nothing', () => {
  const noise = fc.uint8Array({ maxLength: 300 })
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(TYPE)), noise, (type, bytes) => {
      const progress = decodeStream(Uint8Array.of(type, ...bytes), PLAIN)
      assert.equal(Object.keys(progress).length, 'message' in progress ? 2 : 1)
    }),
    { numRuns: 2000 },
  )
})

test('what is inside a frame must be whole, there is nothing to wait for', () => {
  fc.assert(
    fc.property(pushPull, fc.boolean(), fc.nat(), (table, isCompressed, at) => {
      const whole = encodeStream(table, {})
      const cut = whole.subarray(0, at % whole.length)
      const inner = isCompressed ? compress(cut) : cut
      assert.deepEqual(decodeStream(framed(inner), RING), { drop: 'truncated' })
      if (isCompressed) assert.deepEqual(decodeStream(inner, PLAIN), { drop: 'truncated' })
    }),
  )
})

/** Any bytes as the content of a sealed stream. */
function framed(inner: Uint8Array): Uint8Array {
  const head = Buffer.alloc(5, TYPE.encrypted)
  head.writeUInt32BE(inner.length + SEAL_BYTES, 1)
  return Buffer.concat([head, sealFrame(inner, { key: KEY, nonce: NONCE }, head)])
}

const map = (type: number, fields: WrittenMap, ...rest: Uint8Array[]): Uint8Array =>
  Buffer.concat([Uint8Array.of(type), packMap(fields), ...rest])
const header = (nodes: number, state = 0): WrittenMap => ({
  Join: true,
  Nodes: nodes,
  UserStateLen: state,
})
for (const [name, bytes, receiving, reason] of [
  ['plain in a sealed ring', encodeStream(ACK, {}), RING, 'not-sealed'],
  ['sealed in a plain ring', encodeStream(ACK, SEALED), PLAIN, 'sealed'],
  ['of another ring', encodeStream(ACK, SEALED), { keys: [new Uint8Array(32)] }, 'no-key'],
  ['a frame beyond 20 MiB, by its head', hex('0a01400001'), RING, 'too-large'],
  ['a frame too short to be one', hex('0a0000001c'.padEnd(66, '0')), RING, 'not-sealed'],
  ['a table of too many nodes', map(6, header(16_385)), PLAIN, 'too-large'],
  [
    'a table of fewer than no nodes',
    hex(`0681a5${Buffer.from('Nodes').toString('hex')}ff`),
    PLAIN,
    'out-of-range',
  ],
  ['user state beyond all', map(6, header(0, 20 * 1024 * 1024 + 1)), PLAIN, 'too-large'],
  ['a user message beyond all', map(8, { UserMsgLen: 0xffffffff }), PLAIN, 'too-large'],
  ['gossip', map(3, { Node: 'a' }), PLAIN, 'misplaced'],
  ['a frame in a frame', framed(encodeStream(ACK, SEALED)), RING, 'misplaced'],
  ['compressed twice', compress(compress(encodeStream(ACK, {}))), PLAIN, 'misplaced'],
  ['an unknown type', hex('7780'), PLAIN, 'unknown-type'],
  ['a table whose rows are none', map(6, header(1), hex('01')), PLAIN, 'malformed'],
  ['more than 20 MiB inflated', compress(Buffer.alloc(20 * 1024 * 1024 + 1)), PLAIN, 'too-large'],
] as const) {
  test(`refused: ${name}`, () => assert.deepEqual(decodeStream(bytes, receiving), { drop: reason }))
}

test('plain streams are read in a sealed ring where that is allowed', () => {
  const receiving = { ...RING, acceptPlain: true }
  assert.deepEqual(decodeStream(encodeStream(ACK, {}), receiving), said(ACK))
  assert.deepEqual(decodeStream(encodeStream(ACK, SEALED), receiving), said(ACK))
})

test('a plain stream may not go on for ever', () => {
  const reader = new StreamReader(PLAIN)
  const start = map(6, header(16_384))
  assert.ok('need' in reader.push(start))
  // Announced, not sent: a map of one text of 4 GiB. It is waited for, but not beyond the limit.
  reader.push(hex('81a178dbffffffff'))
  const chunk = new Uint8Array(1 << 20)
  for (let i = 0; i < 20; i++) reader.push(chunk)
  assert.deepEqual(reader.push(chunk), { drop: 'too-large' })
})

test('an odd row costs that row only, or nobody could join a ring that has one', () => {
  const odd: WrittenMap = { Name: Uint8Array.of(0xff), Addr: hex('0a000001'), Vsn: VSN }
  const far: WrittenMap = { Name: 'far', Addr: hex('0a000001'), State: 4, Vsn: VSN }
  const whole = encodeStream(tableOf([row(1)]), {})
  const rest = whole.subarray(1 + packMap({ Join: false, Nodes: 1, UserStateLen: 0 }).length)
  const bytes = map(6, header(3), packMap(odd), packMap(far), rest)
  const table = { ...tableOf([row(1)]), join: true }
  assert.deepEqual(decodeStream(bytes, PLAIN), said(table, ['bad-name', 'out-of-range']))
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

test('an error is for people: cut to a length, mended where it is no text', () => {
  const long = encodeMapMessage({ kind: 'error', error: 'x'.repeat(5000) })
  assert.deepEqual(decodeStream(long, PLAIN), said({ kind: 'error', error: 'x'.repeat(1024) }))
  const odd = map(TYPE.error, { Error: Uint8Array.of(0x61, 0xff) })
  assert.deepEqual(decodeStream(odd, PLAIN), said({ kind: 'error', error: 'a\ufffd' }))
})

function sendings(): fc.Arbitrary<Sending> {
  const label = fc.constant(Buffer.from('blue'))
  const fields = { compress: fc.boolean(), seal: fc.constant({ key: KEY, nonce: NONCE }), label }
  return fc.record(fields, { requiredKeys: [] })
}

function receivingOf({ seal, label }: Sending): Receiving {
  return { keys: seal ? [seal.key] : [], ...(label && { label }) }
}
