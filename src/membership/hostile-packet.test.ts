// Packets that no member sends: each costs its sender a drop reason, and us next to nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hex, packetMessageOf, VECTORS } from '../../test/support/gossip-vectors.ts'
import { packetMessage, receiverOf, sending } from './arbitrary-message.ts'
import { compress } from './compress.ts'
import { type Alive, type PacketMessage, VSN } from './message.ts'
import { decodePacket, encodeMessage, encodePacket, encodeParts, type Packet } from './wire.ts'

const PLAIN = { keys: [] }
const dropped = (...drops: Packet['drops']): Packet => ({ messages: [], drops })
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const hexOf = (text: string): string => textOf(Buffer.from(text))
const ack: PacketMessage = { kind: 'ack', seqNo: 1, payload: null }
const ACK = textOf(encodeMessage(ack))
const plain = (...parts: string[]) => decodePacket(hex(parts.join('')), PLAIN)
const compound = (...parts: Uint8Array[]) => encodeParts(parts, {})

const seqNo = (value: string) => plain('0b81a5', hexOf('SeqNo'), value)
const node = (value: string) => plain('0381a4', hexOf('Node'), value)
const target = (value: string) => plain('0181a6', hexOf('Target'), value)
for (const [name, packet, reason] of [
  ['nothing at all', plain(), 'unknown-type'],
  ['an unknown type', plain('7780'), 'unknown-type'],
  ['a table', plain('0680'), 'misplaced'],
  ['a frame of a stream', plain('0a80'), 'misplaced'],
  ['a checksum without room', plain('0c000000'), 'misplaced'],
  ['a wrong checksum', plain('0c00000000', ACK), 'checksum'],
  ['no map', plain('0b01'), 'malformed'],
  ['a number that is a text', seqNo('a131'), 'malformed'],
  ['a number that is a float', seqNo('ca3f800000'), 'malformed'],
  ['a number beyond 32 bits', seqNo('cf0000000100000000'), 'out-of-range'],
  ['a number beyond all', seqNo('cfffffffffffffffff'), 'out-of-range'],
  ['a number below zero', seqNo('ff'), 'out-of-range'],
  ['a port beyond 16 bits', plain('0181a4', hexOf('Port'), 'ce00010000a6'), 'out-of-range'],
  [
    'a flag that is a number',
    plain('0182a6', hexOf('Target'), 'a47f000001a4', hexOf('Nack'), '01'),
    'malformed',
  ],
  ['no name', node('a0'), 'bad-name'],
  ['a name of another alphabet', node('a2c328'), 'bad-name'],
  ['half a surrogate pair', node('a3eda080'), 'bad-name'],
  ['a name that is a number', node('05'), 'malformed'],
  ['a name beyond all', node(`da0201${'61'.repeat(513)}`), 'bad-name'],
  ['an address of 5 bytes', target('a50000000000'), 'out-of-range'],
  ['an address of no bytes', target('c0'), 'out-of-range'],
  ['an address of 17 bytes', target(`b1${'00'.repeat(17)}`), 'too-large'],
  ['an address of large numbers', target('94cd0100000000'), 'out-of-range'],
  ['an address of texts', target('94a0a0a0a0'), 'malformed'],
  [
    'another compression',
    plain('0982a4', hexOf('Algo'), '01a3', hexOf('Buf'), 'a100'),
    'malformed',
  ],
  [
    'compressed nothing',
    plain('0982a4', hexOf('Algo'), '00a3', hexOf('Buf'), 'a3000302'),
    'unknown-type',
  ],
  ['no compressed bytes', plain('0980'), 'malformed'],
] as const) {
  test(`refused: ${name}`, () => assert.deepEqual(packet, dropped(reason)))
}

for (const [field, max] of [
  ['meta', 512],
  ['vsn', 6],
] as const) {
  test(`${field} has at most ${max} bytes`, () => {
    const alive: Alive = {
      ...{ kind: 'alive', node: 'n', incarnation: 1, port: 7946, addr: hex('0a000001') },
      ...{ meta: null, vsn: VSN },
    }
    const ofLength = (length: number) => ({ ...alive, [field]: new Uint8Array(length) })
    const heard = (length: number) => decodePacket(encodeMessage(ofLength(length)), PLAIN)
    assert.deepEqual(heard(max), { messages: [ofLength(max)], drops: [] })
    assert.deepEqual(heard(max + 1), dropped('too-large'))
  })
}

test('a compound is good for the parts that are', () => {
  const suspect = packetMessageOf(VECTORS.messages.find(({ name }) => name === 'suspect')!)
  const mixed = compound(hex(ACK), hex('7780'), encodeMessage(suspect), hex('0c0000000080'))
  const expected = { messages: [ack, suspect], drops: ['unknown-type', 'misplaced'] }
  assert.deepEqual(decodePacket(mixed, PLAIN), expected)
  const cut = compound(hex(ACK), encodeMessage(suspect)).subarray(0, -1)
  assert.deepEqual(decodePacket(cut, PLAIN), { messages: [ack], drops: ['truncated'] })
})

test('compounds and compression nest in any order, up to a limit', () => {
  const nested = (times: number) => {
    let bytes: Uint8Array = hex(ACK)
    for (let i = 0; i < times; i++) bytes = i % 2 ? compress(bytes) : compound(bytes, bytes)
    return decodePacket(bytes, PLAIN)
  }
  // Two compounds of one message each are one compound of two; a compound of one is none.
  assert.equal(nested(7).messages.length, 16)
  assert.deepEqual(nested(7).drops, [])
  assert.deepEqual(nested(8).messages, [])
  assert.deepEqual(new Set(nested(8).drops), new Set(['too-large']))
})

test('a packet that inflates without end', () => {
  const user = Buffer.alloc(2 << 20)
  user[0] = 8
  assert.deepEqual(decodePacket(compress(user), PLAIN), dropped('too-large'))
  // Nor may many small ones do together what one may not.
  const half = compress(user.subarray(0, 600 << 10))
  const { messages, drops } = decodePacket(compound(half, half, half), PLAIN)
  assert.equal(messages.length, 1)
  assert.deepEqual(drops, ['too-large', 'too-large'])
})

test('a packet of more parts than any member has to say', () => {
  const few = compound(...Array.from({ length: 255 }, () => hex(ACK)))
  const { messages, drops } = decodePacket(
    compound(...Array.from({ length: 30 }, () => few)),
    PLAIN,
  )
  // Each compound within is a part as well.
  assert.equal(messages.length, 1024 - 4)
  assert.equal(new Set(drops).size, 1)
  assert.ok(drops.length < 40, 'and the refusals are few')
})

const messages = fc.array(packetMessage, { minLength: 1, maxLength: 5 })

test('cut anywhere, a packet throws nothing and says nothing that was not said', () => {
  fc.assert(
    fc.property(messages, sending, (said, how) => {
      const bytes = encodePacket(said, how)
      for (let length = 0; length < bytes.length; length++) {
        const packet = decodePacket(bytes.subarray(0, length), receiverOf(how))
        const known = packet.messages.filter(({ kind }) => kind !== 'user')
        for (const one of known) assert.ok(said.some((own) => sameMessage(own, one)))
        if (how.seal || how.crc) assert.equal(packet.messages.length, 0)
      }
    }),
    { numRuns: 20 },
  )
})

const sameMessage = (a: PacketMessage, b: PacketMessage): boolean =>
  textOf(encodeMessage(a)) === textOf(encodeMessage(b))

test('with any bit flipped, a packet throws nothing; a sealed one says nothing', () => {
  fc.assert(
    fc.property(messages, sending, fc.nat(), (said, how, at) => {
      const bytes = Buffer.from(encodePacket(said, how))
      const bit = at % (bytes.length * 8)
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      const packet = decodePacket(bytes, receiverOf(how))
      if (how.seal) assert.deepEqual(packet.messages, [])
    }),
    { numRuns: 1000 },
  )
})

test('noise throws nothing', () => {
  const types = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12]
  const noise = fc.uint8Array({ maxLength: 300 })
  fc.assert(
    fc.property(fc.constantFrom(...types), noise, (type, bytes) => {
      const { messages, drops } = decodePacket(Uint8Array.of(type, ...bytes), PLAIN)
      assert.ok(messages.length + drops.length > 0 || type === 7)
    }),
    { numRuns: 2000 },
  )
})
