// Streams that no member sends, and what of an odd one is still of use.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hex, KEY, RING } from '../../test/support/gossip-vectors.ts'
import { pushPull, receiverOf, sending, streamMessage } from './arbitrary-message.ts'
import { encodeMapMessage, TYPE } from './bodies.ts'
import { compress } from './compress.ts'
import type { DropReason } from './drop.ts'
import { type PushPull, type PushPullNode, type StreamMessage, VSN } from './message.ts'
import { packMap, type WrittenMap } from './msgpack.ts'
import { SEAL_BYTES, sealFrame } from './seal.ts'
import { decodeStream, encodeStream, StreamReader } from './stream.ts'

const PLAIN = { keys: [] }
const SEAL = { key: KEY, nonce: hex('0102030405060708090a0b0c') }
const ACK: StreamMessage = { kind: 'ack', seqNo: 1, payload: null }
const ROW: PushPullNode = {
  ...{ name: 'n001', addr: hex('0a010001'), port: 7946, incarnation: 2, state: 'suspect' },
  ...{ meta: null, vsn: VSN },
}
const TABLE: PushPull = { kind: 'pushPull', join: true, nodes: [ROW], userState: new Uint8Array() }
const said = (message: StreamMessage, drops: readonly DropReason[] = []) => ({ message, drops })

test('with any bit flipped, a stream throws nothing; a sealed one says nothing', () => {
  fc.assert(
    fc.property(streamMessage, sending, fc.nat(), (message, how, at) => {
      const bytes = Buffer.from(encodeStream(message, how))
      const bit = at % (bytes.length * 8)
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      const progress = decodeStream(bytes, receiverOf(how))
      if (how.seal) assert.ok(!('message' in progress))
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
  return Buffer.concat([head, sealFrame(inner, SEAL, head)])
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
  ['sealed in a plain ring', encodeStream(ACK, { seal: SEAL }), PLAIN, 'sealed'],
  ['of another ring', encodeStream(ACK, { seal: SEAL }), { keys: [new Uint8Array(32)] }, 'no-key'],
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
  ['a frame in a frame', framed(encodeStream(ACK, { seal: SEAL })), RING, 'misplaced'],
  ['compressed twice', compress(compress(encodeStream(ACK, {}))), PLAIN, 'misplaced'],
  ['an unknown type', hex('7780'), PLAIN, 'unknown-type'],
  ['a table whose rows are none', map(6, header(1), hex('01')), PLAIN, 'malformed'],
  ['more than 20 MiB inflated', compress(Buffer.alloc(20 * 1024 * 1024 + 1)), PLAIN, 'too-large'],
] as const) {
  test(`refused: ${name}`, () => assert.deepEqual(decodeStream(bytes, receiving), { drop: reason }))
}

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
  const whole = encodeStream(TABLE, {})
  const rest = whole.subarray(1 + packMap(header(1)).length)
  const bytes = map(6, header(3), packMap(odd), packMap(far), rest)
  assert.deepEqual(decodeStream(bytes, PLAIN), said(TABLE, ['bad-name', 'out-of-range']))
})

test('an error is for people: cut to a length, mended where it is no text', () => {
  const long = encodeMapMessage({ kind: 'error', error: 'x'.repeat(5000) })
  assert.deepEqual(decodeStream(long, PLAIN), said({ kind: 'error', error: 'x'.repeat(1024) }))
  const odd = map(TYPE.error, { Error: Uint8Array.of(0x61, 0xff) })
  assert.deepEqual(decodeStream(odd, PLAIN), said({ kind: 'error', error: 'a\ufffd' }))
})
