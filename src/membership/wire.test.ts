import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hex, KEY, packetMessageOf, RING, VECTORS } from '../../test/support/gossip-vectors.ts'
import { packetMessage } from './arbitrary-message.ts'
import { encodeMapMessage } from './bodies.ts'
import { compress } from './compress.ts'
import type { Alive, PacketMessage } from './message.ts'
import { openFrame } from './seal.ts'
import {
  decodePacket,
  encodeMessage,
  encodePacket,
  encodeParts,
  type Packet,
  type Sending,
} from './wire.ts'

const PLAIN = { keys: [] }
const NONCE = hex('0102030405060708090a0b0c')
const all = (...messages: PacketMessage[]): Packet => ({ messages, drops: [] })
const dropped = (...drops: Packet['drops']): Packet => ({ messages: [], drops })
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const ack: PacketMessage = { kind: 'ack', seqNo: 1, payload: null }
const ACK = textOf(encodeMessage(ack))
const plain = (...parts: string[]) => decodePacket(hex(parts.join('')), PLAIN)
const compound = (...parts: Uint8Array[]) => encodeParts(parts, {})

const LAYERED = ['compound', 'compressed-compound', 'err']
for (const vector of VECTORS.messages.filter(({ name }) => !LAYERED.includes(name))) {
  const message = packetMessageOf(vector)
  const { plainHex, encryptedHex, aes128Hex, crcPlainHex, crcEncryptedHex } = vector
  const nonce = hex(vector.nonceHex)
  const aes128 = hex(VECTORS.keys.aes128)
  for (const [name, sending, keys, bytes] of [
    ['plain', {}, [], plainHex],
    ['with checksum', { crc: true }, [], crcPlainHex],
    ['sealed', { seal: { key: KEY, nonce } }, [KEY], encryptedHex],
    ['sealed with AES-128', { seal: { key: aes128, nonce } }, [KEY, aes128], aes128Hex],
    ['with checksum, sealed', { crc: true, seal: { key: KEY, nonce } }, [KEY], crcEncryptedHex],
  ] as const) {
    test(`${vector.name} ${name}, as Go writes it`, () => {
      assert.equal(textOf(encodePacket([message], sending)), bytes)
      assert.deepEqual(decodePacket(hex(bytes), { keys }), all(message))
    })
  }
}

for (const name of ['compound', 'compressed-compound']) {
  test(`a ${name} as Go writes it`, () => {
    const vector = VECTORS.messages.find((one) => one.name === name)!
    const { messages, drops } = decodePacket(hex(vector.encryptedHex), RING)
    assert.deepEqual(drops, [])
    assert.equal(messages.length, name === 'compound' ? 2 : 5)
    const sending = { compress: true, seal: { key: KEY, nonce: hex(vector.nonceHex) } }
    assert.equal(textOf(encodePacket(messages, { compress: true })), vector.plainHex)
    assert.equal(textOf(encodePacket(messages, sending)), vector.encryptedHex)
    assert.equal(textOf(encodePacket(messages, { ...sending, crc: true })), vector.crcEncryptedHex)
  })
}

test('an error in a datagram is readable and refused', () => {
  const vector = VECTORS.messages.find((one) => one.name === 'err')!
  const body = encodeMapMessage({ kind: 'error', error: 'boom' })
  const seal = { key: KEY, nonce: hex(vector.nonceHex) }
  assert.equal(textOf(encodeParts([body], { seal })), vector.encryptedHex)
  assert.deepEqual(decodePacket(hex(vector.encryptedHex), RING), dropped('misplaced'))
})

for (const [i, { layers, leaves, rawHex, plainHex }] of VECTORS.live.packets.entries()) {
  test(`caught packet ${i}: ${[...layers, ...leaves.map(({ name }) => name)].join(' ')}`, () => {
    assert.equal(textOf(openFrame(hex(rawHex), [KEY], new Uint8Array())), plainHex)
    const messages = leaves.map(packetMessageOf)
    assert.deepEqual(decodePacket(hex(rawHex), RING), all(...messages))
    const sending = { crc: layers.includes('crc'), compress: layers.includes('compress') }
    assert.equal(textOf(encodePacket(messages, sending)), plainHex)
  })
}

test('a label', () => {
  const { packetPlainHex, packetEncryptedHex } = VECTORS.label
  const label = Buffer.from(VECTORS.label.label)
  const ping = packetMessageOf(VECTORS.messages[0]!)
  const nonce = hex(packetEncryptedHex).subarray(7, 19)
  assert.equal(textOf(encodePacket([ping], { label })), packetPlainHex)
  const sealed = encodePacket([ping], { label, seal: { key: KEY, nonce } })
  assert.equal(textOf(sealed), packetEncryptedHex)
  assert.deepEqual(decodePacket(sealed, { ...RING, label }), all(ping))
  assert.deepEqual(decodePacket(hex(packetPlainHex), { ...PLAIN, label }), all(ping))
  const other = Buffer.from('blur')
  for (const [what, bytes, receiving] of [
    ['nobody expects', sealed, RING],
    ['nobody expects on a plain packet', hex(packetPlainHex), PLAIN],
    ['of another ring', sealed, { ...RING, label: other }],
    ['that is missing', sealed.subarray(6), { ...RING, label }],
    ['twice', hex(`f404626c7565${packetPlainHex}`), { ...PLAIN, label }],
    ['cut short', sealed.subarray(0, 3), { ...RING, label }],
  ] as const) {
    assert.deepEqual(decodePacket(bytes, receiving), dropped('label'), what)
  }
})

test('plain packets are read in a sealed ring only where that is allowed', () => {
  assert.deepEqual(decodePacket(hex(ACK), RING), dropped('not-sealed'))
  assert.deepEqual(decodePacket(hex(ACK), { ...RING, acceptPlain: true }), all(ack))
  // A ping's type byte reads as the version of a frame.
  const ping = encodePacket([packetMessageOf(VECTORS.messages[0]!)], {})
  assert.deepEqual(decodePacket(ping, RING), dropped('no-key'))
})

test('only what gets shorter is compressed', () => {
  assert.equal(textOf(encodePacket([ack], { compress: true })), ACK)
})

for (const [name, packet, expected] of [
  ['str8 and int16', plain('0282a7', hexOf('Payload'), 'd90161a5', hexOf('SeqNo'), 'd10001')],
  [
    'bin and 64 bits',
    plain('0282c407', hexOf('Payload'), 'c40161a5', hexOf('SeqNo'), `cf${'0'.repeat(15)}1`),
  ],
  ['an array', plain('0282a7', hexOf('Payload'), '9161a5', hexOf('SeqNo'), 'd001')],
  [
    'unknown keys',
    plain(
      '0283a158',
      '81a15993cb3ff0000000000000c0c3',
      'a7',
      hexOf('Payload'),
      'a161a5',
      hexOf('SeqNo'),
      '01',
    ),
  ],
  ['nothing after it', plain('0282a7', hexOf('Payload'), 'a161a5', hexOf('SeqNo'), '01', 'ff')],
].map(
  ([name, packet]) => [name, packet, all({ kind: 'ack', seqNo: 1, payload: hex('61') })] as const,
)) {
  test(`liberal: ${name}`, () => assert.deepEqual(packet, expected))
}

function hexOf(text: string): string {
  return Buffer.from(text).toString('hex')
}

test('liberal: missing keys are zero', () => {
  assert.deepEqual(plain('0280'), all({ kind: 'ack', seqNo: 0, payload: null }))
  assert.deepEqual(plain('0b81a5', hexOf('SeqNo'), 'c0'), all({ kind: 'nack', seqNo: 0 }))
  assert.deepEqual(plain('0080'), all({ kind: 'ping', node: '', seqNo: 0 }))
})

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

test('what is kept of a message does not keep the packet', () => {
  const bytes = Buffer.from(encodeMessage(ALIVE))
  const [alive] = decodePacket(bytes, PLAIN).messages as [Alive]
  bytes.fill(0)
  assert.deepEqual(alive, ALIVE)
})

const ALIVE: Alive = {
  ...{ kind: 'alive', node: 'n', incarnation: 1, port: 7946 },
  ...{ addr: hex('0a000001'), meta: hex('01'), vsn: hex('010502000000') },
}

const sendings: fc.Arbitrary<Sending> = fc.record(
  {
    crc: fc.boolean(),
    compress: fc.boolean(),
    seal: fc.constant({ key: KEY, nonce: NONCE }),
    label: fc.constant(Buffer.from('blue')),
  },
  { requiredKeys: [] },
)
const messages = fc.array(packetMessage, { minLength: 1, maxLength: 5 })
const receivingOf = ({ seal, label }: Sending) => ({
  keys: seal ? [seal.key] : [],
  ...(label && { label }),
})

test('whatever members say is heard as it was said', () => {
  fc.assert(
    fc.property(messages, sendings, (said, sending) => {
      const packet = decodePacket(encodePacket(said, sending), receivingOf(sending))
      assert.deepEqual(packet, all(...said))
    }),
  )
})

test('cut anywhere, a packet throws nothing and says nothing that was not said', () => {
  fc.assert(
    fc.property(messages, sendings, (said, sending) => {
      const bytes = encodePacket(said, sending)
      for (let length = 0; length < bytes.length; length++) {
        const packet = decodePacket(bytes.subarray(0, length), receivingOf(sending))
        const known = packet.messages.filter(({ kind }) => kind !== 'user')
        for (const one of known) assert.ok(said.some((own) => sameMessage(own, one)))
        if (sending.seal || sending.crc) assert.equal(packet.messages.length, 0)
      }
    }),
    { numRuns: 20 },
  )
})

const sameMessage = (a: PacketMessage, b: PacketMessage): boolean =>
  textOf(encodeMessage(a)) === textOf(encodeMessage(b))

test('with any bit flipped, a packet throws nothing; a sealed one says nothing', () => {
  fc.assert(
    fc.property(messages, sendings, fc.nat(), (said, sending, at) => {
      const bytes = Buffer.from(encodePacket(said, sending))
      const bit = at % (bytes.length * 8)
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      const packet = decodePacket(bytes, receivingOf(sending))
      if (sending.seal) assert.deepEqual(packet.messages, [])
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

test('a packet that cannot be is our mistake', () => {
  assert.throws(() => encodePacket([], {}), /says something/)
  assert.throws(() => encodePacket(Array<PacketMessage>(256).fill(ack), {}), /at most 255 parts/)
})
