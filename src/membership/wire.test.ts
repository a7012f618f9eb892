import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hex, KEY, packetMessageOf, RING, VECTORS } from '../../test/support/gossip-vectors.ts'
import { packetMessage, receiverOf, sending } from './arbitrary-message.ts'
import { encodeMapMessage } from './bodies.ts'
import type { Alive, PacketMessage } from './message.ts'
import { openFrame } from './seal.ts'
import { decodePacket, encodeMessage, encodePacket, encodeParts, type Packet } from './wire.ts'

const PLAIN = { keys: [] }
const all = (...messages: PacketMessage[]): Packet => ({ messages, drops: [] })
const dropped = (...drops: Packet['drops']): Packet => ({ messages: [], drops })
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const ack: PacketMessage = { kind: 'ack', seqNo: 1, payload: null }
const ACK = textOf(encodeMessage(ack))
const plain = (...parts: string[]) => decodePacket(hex(parts.join('')), PLAIN)

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

const ackFields = (payload: string, seqNo: string): string =>
  `a7${hexOf('Payload')}${payload}a5${hexOf('SeqNo')}${seqNo}`
for (const [name, ...bytes] of [
  ['str8 and int16', '0282', ackFields('d90161', 'd10001')],
  ['bin and 64 bits', '0282', ackFields('c40161', 'cf0000000000000001')],
  ['an array, int8', '0282', ackFields('9161', 'd001')],
  ['unknown keys', '0284a15881a15993cb3ff0000000000000c0c3a15ad4ff00', ackFields('a161', '01')],
  ['map16, and bytes after it', '02de0002', ackFields('a161', '01'), 'ff'],
] as const) {
  test(`liberal: ${name}`, () => {
    assert.deepEqual(plain(...bytes), all({ kind: 'ack', seqNo: 1, payload: hex('61') }))
  })
}

function hexOf(text: string): string {
  return Buffer.from(text).toString('hex')
}

test('liberal: missing keys are zero', () => {
  assert.deepEqual(plain('0280'), all({ kind: 'ack', seqNo: 0, payload: null }))
  assert.deepEqual(plain('0b81a5', hexOf('SeqNo'), 'c0'), all({ kind: 'nack', seqNo: 0 }))
  assert.deepEqual(plain('0080'), all({ kind: 'ping', node: '', seqNo: 0 }))
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

const messages = fc.array(packetMessage, { minLength: 1, maxLength: 5 })

test('whatever members say is heard as it was said', () => {
  fc.assert(
    fc.property(messages, sending, (said, how) => {
      const packet = decodePacket(encodePacket(said, how), receiverOf(how))
      assert.deepEqual(packet, all(...said))
    }),
  )
})

test('a packet that cannot be is our mistake', () => {
  assert.throws(() => encodePacket([], {}), /says something/)
  assert.throws(() => encodePacket(Array<PacketMessage>(256).fill(ack), {}), /at most 255 parts/)
})
