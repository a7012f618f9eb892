import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CAPTURED } from '../../test/support/captured-frames.ts'
import { type ArpPacket, emptyArp, readArp, writeArp, writeGratuitousArp } from './arp.ts'
import { DROP, DROP_NAMES } from './drops.ts'
import { frameOf } from './frame.ts'

const X = 0x020000000a01
const Y = 0x020000000a02
const BROADCAST = 0xffffffffffff
const mac = fc.integer({ min: 0, max: BROADCAST })
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const packet = fc.record(
  {
    destination: mac,
    source: mac,
    operation: fc.integer({ min: 0, max: 0xffff }),
    senderMac: mac,
    senderAddress: u32,
    targetMac: mac,
    targetAddress: u32,
  },
  { noNullPrototype: true },
)

function read(bytes: Uint8Array): ArpPacket | string {
  const into = emptyArp()
  const drop = readArp(frameOf(bytes), into)
  return drop === DROP.answered ? into : DROP_NAMES[drop]!
}

test('a packet survives its bytes, wherever in a buffer they stand', () => {
  fc.assert(
    fc.property(packet, fc.integer({ min: 0, max: 100 }), (written, at) => {
      const bytes = new Uint8Array(200).fill(0xaa)
      const length = writeArp(bytes, at, written)
      const again = emptyArp()
      assert.equal(readArp({ ...frameOf(bytes), at, length }, again), DROP.answered)
      assert.deepEqual(again, written)
      assert.ok(bytes.subarray(0, at).every((byte) => byte === 0xaa))
      assert.ok(bytes.subarray(at + length).every((byte) => byte === 0xaa))
    }),
  )
})

test('what Linux asks and answers', () => {
  assert.deepEqual(read(CAPTURED.arpRequest), {
    destination: BROADCAST,
    source: X,
    operation: 1,
    senderMac: X,
    senderAddress: 0xc0000201,
    targetMac: 0,
    targetAddress: 0xc0000202,
  })
  assert.deepEqual(read(CAPTURED.arpReply), {
    destination: X,
    source: Y,
    operation: 2,
    senderMac: Y,
    senderAddress: 0xc0000202,
    targetMac: X,
    targetAddress: 0xc0000201,
  })
})

for (const name of ['arpRequest', 'arpReply', 'gratuitousRequest'] as const) {
  test(`${name}: we write what Linux writes, padded with zeros`, () => {
    const bytes = new Uint8Array(60).fill(0xaa)
    assert.equal(writeArp(bytes, 0, read(CAPTURED[name]) as ArpPacket), 60)
    assert.deepEqual(bytes.subarray(0, 42), CAPTURED[name])
    assert.deepEqual(bytes.subarray(42), new Uint8Array(18))
  })
}

test('a gratuitous frame has both hardware addresses of its form', () => {
  const bytes = new Uint8Array(60)
  for (const operation of [1, 2]) {
    writeGratuitousArp(bytes, 0, { mac: X, address: 0xc6336401, operation })
    assert.deepEqual(read(bytes), {
      destination: BROADCAST,
      source: X,
      operation,
      senderMac: X,
      senderAddress: 0xc6336401,
      targetMac: BROADCAST,
      targetAddress: 0xc6336401,
    })
  }
})

test('a frame that ends early is too short, at every length', () => {
  for (let length = 0; length < 42; length++) {
    assert.equal(read(CAPTURED.arpRequest.slice(0, length)), 'too-short', `${length} bytes`)
  }
})

for (const [what, at, value] of [
  ['an EtherType', 12, 0x86],
  ['a hardware type', 15, 6],
  ['a protocol', 16, 0x86],
  ['a hardware address length', 18, 8],
  ['a protocol address length', 19, 16],
] as const) {
  test(`${what} that is not of ARP for IPv4 over Ethernet`, () => {
    const bytes = CAPTURED.arpRequest.slice()
    bytes[at] = value
    assert.equal(read(bytes), 'other-protocol')
  })
}

test('garbage has a reason and does not throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.ok(typeof read(bytes) === 'string')
    }),
  )
})
